// Reads with a filter that asks the records: what passes, where the next read begins, how much one read looks at.
import { RecordView } from 'rocketmq-core/message';
import type { TagCodeFilter } from 'rocketmq-core/store';
import { bodyOf, emptyResult, GatherBuffer, putMessage, temporaryDirectory, testStore } from '../support/store-harness.js';

const MIB = 1024 * 1024;

describe('a filter that asks records', () => {
  let directory: ReturnType<typeof temporaryDirectory>;
  let opened: ReturnType<typeof testStore>;
  beforeEach(() => (directory = temporaryDirectory()));
  afterEach(async () => {
    await opened.store.close();
    directory.remove();
  });

  /** Wants bodies that end with one of the letters; notes what it was asked. */
  function endingWith(letters: string, asked: string[] = []): TagCodeFilter {
    const record = new RecordView();
    return {
      matches: () => true,
      matchesRecord: (bytes, start, length) => {
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        expect(record.read(view, start, start + length)).toBeUndefined();
        const last = String.fromCharCode(bytes[record.bodyStart + record.bodyLength - 1]!);
        asked.push(last);
        return letters.includes(last);
      },
    };
  }

  async function fill(bodies: readonly string[], config = {}): Promise<void> {
    opened = testStore({ root: directory.path, config });
    await opened.store.open();
    for (const body of bodies) expect((await opened.store.put(putMessage('T', 0, body))).status).toBe('PUT_OK');
  }

  function read(from: number, filter: TagCodeFilter, max = 32) {
    const target = new GatherBuffer();
    const result = emptyResult();
    opened.store.get(opened.store.findQueue('T', 0), from, max, filter, target, result);
    const bodies: string[] = [];
    const record = new RecordView();
    const view = new DataView(target.outBytes.buffer, 0, target.outEnd);
    for (let at = 0; at < target.outEnd; at += record.totalSize) {
      record.read(view, at, target.outEnd);
      bodies.push(bodyOf(Buffer.from(target.outBytes.slice(at, at + record.totalSize))));
    }
    expect([result.messageCount, result.byteCount]).toEqual([bodies.length, target.outEnd]);
    return { status: result.status, next: result.nextBeginOffset, bodies };
  }

  it('gathers what it wants, in order, across files, up to the number asked for', async () => {
    const bodies = Array.from({ length: 200 }, (_, i) => `${i}${'abc'[i % 3]}`);
    await fill(bodies);
    expect(read(0, endingWith('b'), 1000)).toEqual({ status: 'FOUND', next: expect.any(Number), bodies: expect.any(Array) });
    const all: string[] = [];
    for (let from = 0; from < 200;) {
      const { next, bodies: some } = read(from, endingWith('b'), 10);
      expect(next).toBeGreaterThan(from);
      all.push(...some);
      from = next;
    }
    expect(all).toEqual(bodies.filter((body) => body.endsWith('b')));
    expect(read(0, endingWith('x'))).toEqual({ status: 'NO_MATCHED_MESSAGE', next: 200, bodies: [] });
    expect(read(200, endingWith('b'))).toEqual({ status: 'OFFSET_OVERFLOW_ONE', next: 200, bodies: [] });
  });

  it('looks at no more than 8 MiB in one read, and goes on behind', async () => {
    const bodies = Array.from({ length: 12 }, (_, i) => `${'.'.repeat(MIB)}${i < 11 ? 'a' : 'b'}`);
    await fill(bodies, { mappedFileSizeCommitLog: 16 * MIB });
    const asked: string[] = [];
    expect(read(0, endingWith('b', asked))).toEqual({ status: 'NO_MATCHED_MESSAGE', next: 8, bodies: [] });
    expect(asked).toHaveLength(8);
    expect(read(8, endingWith('b'))).toEqual({ status: 'FOUND', next: 12, bodies: [bodies[11]] });
  });

  it('is not asked where the tag code says no', async () => {
    await fill(['1a', '2a']);
    const asked: string[] = [];
    expect(read(0, { ...endingWith('a', asked), matches: () => false })).toEqual({ status: 'NO_MATCHED_MESSAGE', next: 2, bodies: [] });
    expect(asked).toEqual([]);
  });
});
