import type { MessageQueue } from 'rocketmq-core/message';
import { type AssignmentWish, assignedQueues } from './assignment.js';

const queues: MessageQueue[] = ['b', 'a'].flatMap((brokerName) => [3, 1, 0, 2].map((queueId) => ({ topic: 'T', brokerName, queueId })));
const wish = (change: Partial<AssignmentWish> = {}): AssignmentWish => ({
  consumerGroup: 'g',
  clientId: 'c1',
  strategyName: 'AVG',
  mode: 'PULL',
  popShareQueueNum: 0,
  ...change,
});
const names = (assigned: MessageQueue[] | undefined): string[] | undefined =>
  assigned?.map(({ brokerName, queueId }) => `${brokerName}${queueId}`);

describe('assignment by the broker', () => {
  it('shares queues out among members that pull', () => {
    const members = ['c2', 'c1', 'c2'];
    expect(names(assignedQueues(wish(), queues, members))).toEqual(['a0', 'a1', 'a2', 'a3']);
    expect(names(assignedQueues(wish({ clientId: 'c2', strategyName: 'AVG_BY_CIRCLE' }), queues, members))).toEqual([
      'a1',
      'a3',
      'b1',
      'b3',
    ]);
    expect(names(assignedQueues(wish({ clientId: 'unknown' }), queues, members))).toEqual([]);
    expect(assignedQueues(wish({ strategyName: 'MACHINE_ROOM' }), queues, members)).toBeUndefined();
  });

  it('gives all queues of each broker to everybody who pops', () => {
    for (const popShareQueueNum of [-1, 0, 2]) {
      expect(names(assignedQueues(wish({ mode: 'POP', popShareQueueNum }), queues, ['c1', 'c2', 'c3']))).toEqual(['a-1', 'b-1']);
    }
  });

  it('lets so many others share the queues of a member that pops', () => {
    const members = ['c1', 'c2', 'c3', 'c4'];
    const shared = (clientId: string) => names(assignedQueues(wish({ mode: 'POP', popShareQueueNum: 1, clientId }), queues, members));
    expect(shared('c1')).toEqual(['a0', 'a1', 'a2', 'a3']);
    expect(shared('c4')).toEqual(['b2', 'b3', 'a0', 'a1']);
    expect(shared('unknown')).toEqual([]);
  });

  it('leaves nobody without a queue', () => {
    const members = Array.from({ length: 10 }, (_, i) => `c${i}`);
    const got = members.map((clientId) => names(assignedQueues(wish({ mode: 'POP', popShareQueueNum: 1, clientId }), queues, members)));
    expect(got.map((assigned) => assigned?.length)).toEqual(members.map(() => 1));
    expect(new Set(got.flat()).size).toBe(queues.length);
  });
});
