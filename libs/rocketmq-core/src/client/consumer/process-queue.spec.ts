import fc from 'fast-check';
import { receivedMessage } from '../../../../../test/support/received-message.js';
import { ProcessQueue } from './process-queue.js';

const message = (queueOffset: number) => receivedMessage({ queueOffset });
const filled = (...offsets: number[]): ProcessQueue => {
  const queue = new ProcessQueue({ topic: 'T', brokerName: 'a', queueId: 0 });
  queue.put(offsets.map(message));
  return queue;
};
const offsetsOf = (entries: ReadonlyArray<{ message: { queueOffset: number } }>): number[] =>
  entries.map((entry) => entry.message.queueOffset);

describe('ProcessQueue', () => {
  it('takes in the order of offsets, leaving out messages it has seen', () => {
    const queue = filled(3, 5);
    expect(offsetsOf(queue.put([4, 5, 6].map(message)))).toEqual([6]);
    expect(offsetsOf(queue.take(2))).toEqual([3, 5]);
    expect(offsetsOf(queue.take(2))).toEqual([6]);
    expect(queue.take(2)).toEqual([]);
    expect(queue.messageCount).toBe(3);
    expect(queue.commitTaken()).toBe(7);
    expect([queue.messageCount, queue.byteCount]).toEqual([0, 0]);
  });

  it('takes again what was put back, before anything else', () => {
    const queue = filled(0, 1, 2, 3);
    queue.take(1);
    const second = queue.take(2);
    queue.putBack(second);
    expect(queue.take(3)).toEqual([...second, expect.objectContaining({ done: false })]);
  });

  it('rolls back to the first message that is not committed', () => {
    const queue = filled(0, 1, 2);
    queue.take(1);
    expect(queue.commitTaken()).toBe(1);
    queue.take(2);
    queue.rollback();
    expect(offsetsOf(queue.take(9))).toEqual([1, 2]);
  });

  it('leaves out finished messages when others around them are taken again', () => {
    const queue = filled(0, 1, 2);
    const taken = queue.take(3);
    expect(queue.remove([taken[1]!])).toBe(0);
    queue.rollback();
    expect(offsetsOf(queue.take(3))).toEqual([0, 2]);
    expect(queue.commitTaken()).toBe(3);
  });

  it('never gives an offset above an unfinished message, whatever is taken, put back, committed and added', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), count: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constant('take' as const), count: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constantFrom('commit' as const, 'rollback' as const, 'putBack' as const), count: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 3000, size: 'max' }), (steps) => {
        const queue = filled();
        let added = 0;
        let committed = 0;
        /** What a plain list would say was taken and not committed. */
        let taken: number[] = [];
        let last: ReturnType<ProcessQueue['take']> = [];
        for (const { kind, count } of steps) {
          if (kind === 'put') {
            queue.put(Array.from({ length: count }, () => message(added++)));
          } else if (kind === 'take') {
            last = queue.take(count);
            const from = committed + taken.length;
            expect(offsetsOf(last)).toEqual(Array.from({ length: Math.min(count, added - from) }, (_, i) => from + i));
            taken = [...taken, ...offsetsOf(last)];
          } else if (kind === 'commit') {
            committed += taken.length;
            const offset = queue.commitTaken();
            if (added > committed || taken.length > 0) expect(offset).toBe(committed);
            [taken, last] = [[], []];
          } else if (kind === 'rollback') {
            queue.rollback();
            [taken, last] = [[], []];
          } else {
            queue.putBack(last);
            taken = taken.slice(0, taken.length - last.length);
            last = [];
          }
          expect(queue.messageCount).toBe(added - committed);
        }
      }),
      { numRuns: 20 },
    );
  });
});
