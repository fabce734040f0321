import type { MessageQueue } from '../../message/index.js';
import { AllocateMachineRoomNearby, AllocateMessageQueueByConfig, AllocateMessageQueueByMachineRoom } from './allocate-by-place.js';
import { AllocateMessageQueueConsistentHash } from './allocate-consistent-hash.js';
import {
  AllocateMessageQueueAveragely,
  AllocateMessageQueueAveragelyByCircle,
  type AllocateMessageQueueStrategy,
} from './allocate-strategies.js';

const queuesOf = (topic: string, brokerNames: readonly string[], each: number): MessageQueue[] =>
  brokerNames.flatMap((brokerName) => Array.from({ length: each }, (_, queueId) => ({ topic, brokerName, queueId })));

const queues = queuesOf('T', ['broker-a', 'broker-b'], 4);
const byRoom = { brokerDeployIn: (queue: MessageQueue) => queue.brokerName, consumerDeployIn: (id: string) => id.slice(0, 8) };

describe.each<[string, AllocateMessageQueueStrategy]>([
  ['AVG', new AllocateMessageQueueAveragely()],
  ['AVG_BY_CIRCLE', new AllocateMessageQueueAveragelyByCircle()],
  ['CONSISTENT_HASH', new AllocateMessageQueueConsistentHash()],
  ['MACHINE_ROOM_NEARBY-AVG', new AllocateMachineRoomNearby(new AllocateMessageQueueAveragely(), byRoom)],
])('%s', (name, strategy) => {
  it('gives every queue to exactly one member, and nothing to strangers', () => {
    expect(strategy.name).toBe(name);
    for (let count = 1; count <= 10; count++) {
      const members = Array.from({ length: count }, (_, i) => `broker-${'abc'[i % 3]}#${i}`);
      const shares = members.map((me) => strategy.allocate('cg', me, queues, members));
      expect(shares.flat().length).toBe(queues.length);
      expect(new Set(shares.flat())).toEqual(new Set(queues));
      expect(strategy.allocate('cg', 'stranger', queues, members)).toEqual([]);
    }
    expect(strategy.allocate('cg', 'broker-a#0', [], ['broker-a#0'])).toEqual([]);
  });
});

describe('consistent hashing', () => {
  it('moves only queues of the member that leaves', () => {
    const strategy = new AllocateMessageQueueConsistentHash();
    const many = queuesOf('T', ['broker-a', 'broker-b', 'broker-c'], 16);
    const before = ['m1', 'm2', 'm3', 'm4'];
    const after = ['m1', 'm2', 'm4'];
    for (const me of after) {
      const kept = strategy.allocate('cg', me, many, before);
      expect(strategy.allocate('cg', me, many, after)).toEqual(expect.arrayContaining(kept));
    }
  });

  it('takes an own hash function, and gives nothing without virtual nodes', () => {
    const allToOne = new AllocateMessageQueueConsistentHash(1, (text) => (text === 'm2-0' ? 5 : 9));
    expect(allToOne.allocate('cg', 'm2', [{ topic: 'T', brokerName: 'b', queueId: 0 }], ['m1', 'm2'])).toEqual([]);
    expect(new AllocateMessageQueueConsistentHash(0).allocate('cg', 'm1', queues, ['m1'])).toEqual([]);
    expect(() => new AllocateMessageQueueConsistentHash(-1)).toThrow(/virtualNodeCnt: -1 is no integer/);
  });
});

describe('strategies by place', () => {
  it('gives the configured queues of the topic asked for', () => {
    const strategy = new AllocateMessageQueueByConfig([queues[1]!, ...queuesOf('other', ['broker-a'], 2)]);
    expect(strategy.allocate('cg', 'm1', queues, ['m1', 'm2'])).toEqual([queues[1]]);
    expect(strategy.allocate('cg', 'm1', queuesOf('none', ['broker-a'], 2), ['m1', 'm2'])).toEqual([]);
  });

  it('shares out a retry topic that is not configured, so that failed messages come again', () => {
    const strategy = new AllocateMessageQueueByConfig([queues[1]!]);
    const retry = queuesOf('%RETRY%cg', ['broker-a', 'broker-b'], 1);
    expect(['m1', 'm2'].flatMap((me) => strategy.allocate('cg', me, retry, ['m1', 'm2']))).toEqual(retry);
  });

  it('leaves out brokers of other rooms and those whose name tells none', () => {
    const strategy = new AllocateMessageQueueByMachineRoom(['r1']);
    const mixed = queuesOf('T', ['b', 'r1@b', 'r1@b@c', 'r2@b'], 1);
    expect(strategy.allocate('cg', 'm1', mixed, ['m1'])).toEqual([mixed[1]]);
  });

  it('refuses a resolver that does not know a room', () => {
    const strategy = new AllocateMachineRoomNearby(new AllocateMessageQueueAveragely(), { ...byRoom, brokerDeployIn: () => '' });
    expect(() => strategy.allocate('cg', 'm1', queues, ['m1'])).toThrow(
      'the machine room of MessageQueue [topic=T, brokerName=broker-a, queueId=0] is unknown to the resolver',
    );
  });
});
