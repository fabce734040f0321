import { ManualClock, silentLogger } from 'rocketmq-core/common';
import { receivedMessage } from '../../../../test/support/received-message.js';
import { DefaultMessageConverter } from '../messaging/index.js';
import { BATCH_GATHER_MS } from './batch-gathering.js';
import type { ConsumeInterceptor } from './consume-interceptor.js';
import type { BatchContext } from './listener.js';
import { withListenerDefaults, type RocketMQMessageListenerOptions } from './listener-options.js';
import { createMessagesHandler } from './messages-handler.js';
import { DeadLetter, Discard, ReconsumeLater } from './outcome.js';
import { currentBatchContext, currentMessageContext } from './current-context.js';

type OnMessages = (payloads: unknown[], context: BatchContext) => unknown;

/** Bodies are JSON; `handle` gives what becomes of each, as text. */
async function setUp(
  onMessages: OnMessages,
  options: Partial<RocketMQMessageListenerOptions> = {},
  interceptors: ConsumeInterceptor[] = [],
) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const handle = await createMessagesHandler(
    {
      id: 'Bulk',
      className: 'Bulk',
      mode: 'BATCH',
      options: withListenerDefaults({ topic: 'orders', consumerGroup: 'bulk', ...options }),
      handlers: [
        {
          method: 'onMessages',
          messageType: Object,
          invoke: async (all, context) => onMessages(all as unknown[], context as BatchContext),
        },
      ],
    },
    {
      clock,
      interceptors,
      converter: new DefaultMessageConverter(),
      sendReply: () => Promise.reject(new Error('unused')),
      logger: { ...silentLogger, warn: (line) => void lines.push(line) },
    },
  );
  return {
    clock,
    lines,
    async handle(...bodies: string[]): Promise<string[]> {
      const verdicts = await handle(
        bodies.map((body) => receivedMessage({ body })),
        () => new AbortController().signal,
      );
      return verdicts.map((verdict) => (verdict.kind === 'CONSUMED' ? 'consumed' : `again ${verdict.delayLevel}`));
    },
  };
}

describe('BatchHandler', () => {
  it('gives every payload to one call, with the context of each', async () => {
    const calls: unknown[] = [];
    const { handle } = await setUp((payloads, context) => {
      calls.push([payloads, context.items.map(({ message }) => message.text()), context.messages.length, context.topic]);
      expect(currentBatchContext()).toBe(context);
      expect(currentMessageContext()).toBeUndefined();
    });
    expect(await handle('1', '2', '3')).toEqual(['consumed', 'consumed', 'consumed']);
    expect(calls).toEqual([[[1, 2, 3], ['1', '2', '3'], 3, expect.any(String)]]);
  });

  it('judges each item by its own result', async () => {
    const { handle } = await setUp(() => [undefined, ReconsumeLater(4), DeadLetter('bad'), Discard('old'), new Error('no'), null]);
    expect(await handle('1', '2', '3', '4', '5', '6')).toEqual(['consumed', 'again 4', 'again -1', 'consumed', 'again 0', 'consumed']);
  });

  it('takes the results of Promise.allSettled', async () => {
    const { handle } = await setUp((payloads) =>
      Promise.allSettled(
        payloads.map(async (payload) => {
          if (payload === 2) throw new Error('no');
          return payload === 3 ? ReconsumeLater(7) : payload;
        }),
      ),
    );
    expect(await handle('1', '2', '3')).toEqual(['consumed', 'again 0', 'again 7']);
  });

  it('takes what is thrown, and one outcome, for all', async () => {
    const throwing = await setUp(() => {
      throw new Error('database is gone');
    });
    expect(await throwing.handle('1', '2')).toEqual(['again 0', 'again 0']);
    expect(throwing.lines).toHaveLength(2);
    expect(await (await setUp(() => DeadLetter('all bad'))).handle('1', '2')).toEqual(['again -1', 'again -1']);
  });

  it('fails the batch when the results are not as many as the messages', async () => {
    const { handle, lines } = await setUp(() => [undefined]);
    expect(await handle('1', '2')).toEqual(['again 0', 'again 0']);
    expect(lines[0]).toContain('returned 1 results for 2 messages');
  });

  it('leaves out what cannot be converted, and calls nobody for nothing', async () => {
    const calls: unknown[] = [];
    const { handle } = await setUp((payloads) => void calls.push(payloads), { invalidMessage: 'DISCARD' });
    expect(await handle('1', '{', '3')).toEqual(['consumed', 'consumed', 'consumed']);
    expect(await handle('{')).toEqual(['consumed']);
    expect(calls).toEqual([[1, 3]]);
    expect(await (await setUp(() => [new Error('no')])).handle('1', '{')).toEqual(['again 0', 'again -1']);
  });
});

describe('Interceptors around the items of a batch', () => {
  it('stand around each by itself, and may keep one from the batch or change its verdict', async () => {
    const seen: string[] = [];
    const calls: unknown[] = [];
    const interceptor: ConsumeInterceptor = {
      async interceptConsume({ context, payload }, next) {
        expect(currentMessageContext()).toBe(context);
        const value = await payload();
        if (value === 2) return { kind: 'CONSUMED' };
        const verdict = await next();
        seen.push(`${String(value)} ${verdict.kind}`);
        return value === 3 ? { kind: 'AGAIN', delayLevel: 9 } : verdict;
      },
    };
    const { handle } = await setUp((payloads) => void calls.push(payloads), {}, [interceptor]);
    expect(await handle('1', '2', '3')).toEqual(['consumed', 'consumed', 'again 9']);
    expect([calls, seen]).toEqual([[[1, 3]], ['1 CONSUMED', '3 CONSUMED']]);
  });

  it('do not stop the batch for ever when one item waits for another', async () => {
    const calls: unknown[] = [];
    let free: Promise<unknown> = Promise.resolve();
    const oneByOne: ConsumeInterceptor = {
      async interceptConsume(_delivery, next) {
        const before = free;
        let done = (): void => {};
        free = new Promise<void>((resolve) => (done = resolve));
        await before;
        const verdict = await next();
        done();
        return verdict;
      },
    };
    const { clock, handle } = await setUp((payloads) => void calls.push(payloads), {}, [oneByOne]);
    const handled = handle('1', '2');
    await clock.advance(BATCH_GATHER_MS - 1);
    expect(calls).toEqual([]);
    await clock.advance(1);
    expect(await handled).toEqual(['consumed', 'consumed']);
    expect([calls, clock.pendingTimers]).toEqual([[[1], [2]], 0]);
  });

  it('may ask again', async () => {
    let calls = 0;
    const twice: ConsumeInterceptor = {
      async interceptConsume(_delivery, next) {
        const first = await next();
        return first.kind === 'AGAIN' ? next() : first;
      },
    };
    const { handle } = await setUp(
      () => (++calls === 1 ? [undefined, new Error('no'), new Error('no')] : [undefined, new Error('no')]),
      {},
      [twice],
    );
    expect(await handle('1', '2', '3')).toEqual(['consumed', 'consumed', 'again 0']);
    expect(calls).toBe(2);
  });
});
