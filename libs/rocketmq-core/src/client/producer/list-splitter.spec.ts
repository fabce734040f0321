import fc from 'fast-check';
import { BatchPartlySentError, IllegalMessageError } from '../../errors/index.js';
import { Message } from '../../message/index.js';
import { batchBytesOf, ListSplitter } from './list-splitter.js';
import type { SendResult } from './send-result.js';
import { sendInParts } from './split-send.js';

const message = (bytes: number): Message => new Message('orders', Buffer.alloc(bytes, 'x'));

describe('ListSplitter', () => {
  it('keeps order and loses nothing, no batch is too large, and none could take the next message', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3000), { maxLength: 40 }), fc.integer({ min: 4000, max: 9000 }), (sizes, maxMessageSize) => {
        const messages = sizes.map(message);
        const batches = [...new ListSplitter(messages, maxMessageSize)];
        expect(batches.flat()).toEqual(messages);
        const total = (batch: readonly Message[]): number => batch.reduce((sum, each) => sum + batchBytesOf(each), 0);
        for (const [i, batch] of batches.entries()) {
          expect(batch.length).toBeGreaterThan(0);
          expect(total(batch)).toBeLessThanOrEqual(maxMessageSize);
          const next = batches[i + 1]?.[0];
          if (next !== undefined) expect(total(batch) + batchBytesOf(next)).toBeGreaterThan(maxMessageSize);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('counts topic, properties and the fixed fields of a record, in UTF-8', () => {
    const plain = batchBytesOf(message(100));
    const keyed = new Message('orders', undefined, 'schlüssel', Buffer.alloc(100));
    expect(plain).toBeGreaterThan(100 + 'orders'.length + 91);
    expect(batchBytesOf(keyed) - plain).toBe(Buffer.byteLength('KEYS\u0001schlüssel\u0002'));
    const sent = message(100);
    sent.properties.set('UNIQ_KEY', '0'.repeat(32));
    expect(batchBytesOf(sent)).toBe(plain);
  });

  it('throws for a message too large alone, or leaves it out and says so', () => {
    const messages = [message(10), message(5000), message(20)];
    expect(() => [...new ListSplitter(messages, 4000)]).toThrow(/message 1 of 3 takes \d+ bytes of a batch, above maxMessageSize 4000/);
    const skipped: Array<[Message, number]> = [];
    const options = {
      maxMessageSize: 4000,
      tooLarge: 'skip',
      onSkipped: (each: Message, bytes: number) => skipped.push([each, bytes]),
    } as const;
    expect([...new ListSplitter(messages, options)]).toEqual([[messages[0], messages[2]]]);
    expect(skipped).toEqual([[messages[1], batchBytesOf(messages[1]!)]]);
  });

  it('can limit the number of messages, and refuses limits that are none', () => {
    const messages = Array.from({ length: 7 }, () => message(1));
    expect([...new ListSplitter(messages, { maxMessages: 3 })].map(({ length }) => length)).toEqual([3, 3, 1]);
    expect([...new ListSplitter([])]).toEqual([]);
    for (const maxMessageSize of [0, -1, 1.5, NaN]) expect(() => new ListSplitter([], maxMessageSize)).toThrow(IllegalMessageError);
  });
});

describe('sendInParts', () => {
  const resultOf = (id: string, sendStatus = 'SEND_OK'): SendResult => ({ sendStatus, msgId: id, offsetMsgId: `o${id}` }) as SendResult;

  it('joins the ids, takes the first status that is not SEND_OK, and has the parts', async () => {
    const results = [resultOf('1,2'), resultOf('3', 'FLUSH_DISK_TIMEOUT'), resultOf('4')];
    const sizes: number[] = [];
    const joined = await sendInParts([message(900), message(900), message(2900), message(900)], 3500, async (part) => {
      sizes.push(part.length);
      return results[sizes.length - 1]!;
    });
    expect(sizes).toEqual([2, 1, 1]);
    expect(joined).toMatchObject({ msgId: '1,2,3,4', offsetMsgId: 'o1,2,o3,o4', sendStatus: 'FLUSH_DISK_TIMEOUT', parts: results });
  });

  it('sends nothing when a message does not fit, and says how far it came when a part fails', async () => {
    const sent: number[] = [];
    const failing = async (part: readonly Message[]): Promise<SendResult> => {
      if (sent.length === 2) throw new Error('down');
      sent.push(part.length);
      return resultOf(String(sent.length));
    };
    await expect(sendInParts([message(10), message(9000)], 4000, failing)).rejects.toThrow(/message 1 of 2 takes/);
    expect(sent).toEqual([]);
    const failure = await sendInParts([message(3000), message(3000), message(3000)], 4000, failing).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BatchPartlySentError);
    expect(failure).toMatchObject({
      sentCount: 2,
      results: [{ msgId: '1' }, { msgId: '2' }],
      message: '2 of 3 messages are sent, then: down',
    });
    await expect(sendInParts([message(1)], 4000, failing)).rejects.toThrow(new Error('down'));
  });
});
