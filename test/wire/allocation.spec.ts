// Queues are shared out and picked as Apache's classes do it, for every captured input.
import {
  AllocateMachineRoomNearby,
  AllocateMessageQueueAveragely,
  AllocateMessageQueueAveragelyByCircle,
  AllocateMessageQueueByMachineRoom,
  AllocateMessageQueueConsistentHash,
  type AllocateMessageQueueStrategy,
  Message,
  type MessageQueue,
  SelectMessageQueueByHash,
} from 'rocketmq-core';
import { goldenData } from '../support/golden-data.js';

interface AllocateRow {
  strategy: string;
  queues?: number;
  queueNames?: string[];
  consumerIdcs?: string[];
  members: string[];
  result: Record<string, number[]>;
}

interface SelectRow {
  arg: string | number;
  argType: 'String' | 'Integer' | 'Long';
  queues: number;
  index: number;
}

const values = goldenData<{ allocate: Array<AllocateRow | { case: string }>; selectByHash: SelectRow[] }>('values');
const allocations = values.allocate.filter((row): row is AllocateRow => 'strategy' in row);

const resolver = {
  brokerDeployIn: (queue: MessageQueue) => queue.brokerName.split('@')[0]!,
  consumerDeployIn: (clientId: string) => clientId.split('-')[0]!,
};

function strategyOf(row: AllocateRow): AllocateMessageQueueStrategy {
  const plain = [
    new AllocateMessageQueueAveragely(),
    new AllocateMessageQueueAveragelyByCircle(),
    new AllocateMessageQueueConsistentHash(),
  ];
  const nearby = plain.map((inner) => new AllocateMachineRoomNearby(inner, resolver));
  const found = [...plain, ...nearby, new AllocateMessageQueueByMachineRoom(row.consumerIdcs ?? [])].find(
    (strategy) => strategy.name === row.strategy,
  );
  if (found === undefined) throw new Error(`no strategy is called ${row.strategy}`);
  return found;
}

/** By name, or by the rule of the rows: topic T; the first half, rounded up, is broker-a's, the rest broker-b's, ids from 0. */
function queuesOf(row: AllocateRow): MessageQueue[] {
  if (row.queueNames !== undefined) {
    return row.queueNames.map((name) => {
      const [topic, brokerName, queueId] = name.split('/');
      return { topic: topic!, brokerName: brokerName!, queueId: Number(queueId) };
    });
  }
  const half = Math.ceil(row.queues! / 2);
  return Array.from({ length: row.queues! }, (_, i) =>
    i < half ? { topic: 'T', brokerName: 'broker-a', queueId: i } : { topic: 'T', brokerName: 'broker-b', queueId: i - half },
  );
}

describe('allocation as in Apache classes', () => {
  it.each(
    allocations.map(
      (row) => [`${row.strategy} ${row.queues ?? row.queueNames?.length} queues, ${row.members.length} members`, row] as const,
    ),
  )('%s', (_title, row) => {
    const queues = queuesOf(row);
    const strategy = strategyOf(row);
    const got = row.members.map((me) => [me, strategy.allocate('cg', me, queues, row.members).map((queue) => queues.indexOf(queue))]);
    expect(Object.fromEntries(got)).toEqual(row.result);
  });

  it('covers the cases without a strategy: strangers get nothing, a list or id that is empty is refused', () => {
    expect(values.allocate.length - allocations.length).toBe(3);
    const queues = [{ topic: 'T', brokerName: 'b', queueId: 0 }];
    for (const strategy of [
      new AllocateMessageQueueAveragely(),
      new AllocateMessageQueueAveragelyByCircle(),
      new AllocateMessageQueueConsistentHash(),
    ]) {
      expect(strategy.allocate('cg', 'me', queues, ['you'])).toEqual([]);
      expect(() => strategy.allocate('cg', 'me', queues, [])).toThrow(/the list of members is empty/);
      expect(() => strategy.allocate('cg', '', queues, ['me'])).toThrow(/the client id is empty/);
    }
  });

  it.each(values.selectByHash.map((row) => [`${row.argType} ${JSON.stringify(row.arg)} of ${row.queues}`, row] as const))(
    'selectByHash %s',
    (_title, { arg, argType, queues, index }) => {
      const all = Array.from({ length: queues }, (_, queueId) => ({ topic: 'T', brokerName: 'b', queueId }));
      const key = argType === 'Long' ? BigInt(arg) : arg;
      expect(new SelectMessageQueueByHash().select(all, new Message('T', 'x'), key)?.queueId).toBe(index);
    },
  );
});
