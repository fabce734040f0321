// Whether anything is left to do for the listeners of an application. Must never change anything.
import type { RocketMQListenerContainer } from '../listener/index.js';
import type { TestCluster } from './test-cluster.js';

interface Position {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
  readonly consumerGroup: string;
  /** Members of this application that work on it: one, or each of a broadcasting group. */
  members: number;
  offset: number;
  cached: number;
}

/** Why it is not settled, one line each; empty: it is. */
export function openWork(containers: readonly RocketMQListenerContainer[], cluster: TestCluster, pending: number): string[] {
  const lines: string[] = [];
  if (pending > 0) lines.push(`${pending} sends or deliveries are under way`);
  for (const { id, inFlightMessages } of containers) {
    if (inFlightMessages > 0) lines.push(`${id}: ${inFlightMessages} messages are in process`);
  }
  for (const position of positionsOf(containers)) {
    const reason = behind(position, cluster);
    const { consumerGroup, topic, brokerName, queueId } = position;
    if (reason !== undefined) lines.push(`group ${consumerGroup}, ${topic} ${brokerName}/${queueId}: ${reason}`);
  }
  return lines;
}

function positionsOf(containers: readonly RocketMQListenerContainer[]): Iterable<Position> {
  const positions = new Map<string, Position>();
  // Listeners of a merged group share a consumer.
  const consumers = new Map(containers.filter(({ isRunning }) => isRunning).map(({ consumer, options }) => [consumer, options]));
  for (const [consumer, { consumerGroup }] of consumers) {
    for (const { queue, consumerOffset = 0, cachedMessages } of consumer?.assignedQueues ?? []) {
      const { topic, brokerName, queueId } = queue;
      const key = JSON.stringify([consumerGroup, topic, brokerName, queueId]);
      const known = positions.get(key);
      if (known === undefined) {
        positions.set(key, { topic, brokerName, queueId, consumerGroup, members: 1, offset: consumerOffset, cached: cachedMessages });
        continue;
      }
      known.members++;
      known.offset = Math.min(known.offset, consumerOffset);
      known.cached += cachedMessages;
    }
  }
  return positions.values();
}

function behind(
  { topic, brokerName, queueId, consumerGroup, members, offset, cached }: Position,
  cluster: TestCluster,
): string | undefined {
  const broker = cluster.brokers.find(({ name }) => name === brokerName);
  if (broker === undefined) return undefined;
  if (!broker.isRunning) return 'the broker is not running';
  if (cached > 0) return `${cached} messages wait for the listener`;
  // A pull that waits has seen that nothing beyond its offset is for this group.
  if (broker.waitingPulls(topic, queueId, consumerGroup) >= members) return undefined;
  const maxOffset = broker.maxOffset(topic, queueId);
  return offset < maxOffset ? `at offset ${offset} of ${maxOffset}` : undefined;
}
