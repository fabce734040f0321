// topicQueueTable: which brokers hold queues of a topic. Must never know addresses or whether a broker is alive.
import type { QueueData } from 'rocketmq-core/protocol';

export class TopicQueueTable {
  private readonly topics = new Map<string, Map<string, QueueData>>();

  get topicCount(): number {
    return this.topics.size;
  }

  topicNames(): IterableIterator<string> {
    return this.topics.keys();
  }

  /** Queues of a topic by broker name. */
  queuesOf(topic: string): ReadonlyMap<string, QueueData> | undefined {
    return this.topics.get(topic);
  }

  has(topic: string, brokerName: string): boolean {
    return this.topics.get(topic)?.has(brokerName) ?? false;
  }

  /** Says what it did; an equal entry is left as it is. */
  put(topic: string, queueData: QueueData): 'new' | 'changed' | 'same' {
    const queues = this.topics.get(topic);
    if (queues === undefined) {
      this.topics.set(topic, new Map([[queueData.brokerName, queueData]]));
      return 'new';
    }
    const old = queues.get(queueData.brokerName);
    if (old !== undefined && sameQueues(old, queueData)) return 'same';
    queues.set(queueData.brokerName, queueData);
    return 'changed';
  }

  topicsOfBroker(brokerName: string): string[] {
    return [...this.topics].filter(([, queues]) => queues.has(brokerName)).map(([topic]) => topic);
  }

  remove(topic: string, brokerName: string): void {
    const queues = this.topics.get(topic);
    if (queues?.delete(brokerName) && queues.size === 0) this.topics.delete(topic);
  }

  /** Removes the topic everywhere. */
  removeTopic(topic: string): boolean {
    return this.topics.delete(topic);
  }

  removeBroker(brokerName: string): void {
    for (const topic of this.topicsOfBroker(brokerName)) this.remove(topic, brokerName);
  }

  /** Replaces the permission of every topic of a broker; returns how many topics the broker has. */
  changePermissions(brokerName: string, change: (perm: number) => number): number {
    const names = this.topicsOfBroker(brokerName);
    for (const topic of names) {
      const queues = this.topics.get(topic)!;
      const queueData = queues.get(brokerName)!;
      queues.set(brokerName, { ...queueData, perm: change(queueData.perm) });
    }
    return names.length;
  }
}

function sameQueues(a: QueueData, b: QueueData): boolean {
  return (
    a.readQueueNums === b.readQueueNums && a.writeQueueNums === b.writeQueueNums && a.perm === b.perm && a.topicSysFlag === b.topicSysFlag
  );
}
