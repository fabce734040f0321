// One queue of one topic on one broker name: what producers choose and consumers own.

export interface MessageQueue {
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
}

/** A Map key for a queue; topic names hold no blank, so the parts cannot run together. */
export function messageQueueKey(queue: MessageQueue): string {
  return `${queue.topic} ${queue.brokerName} ${queue.queueId}`;
}

/** Order of Java's MessageQueue#compareTo: topic, broker name, queue id. */
export function compareMessageQueues(a: MessageQueue, b: MessageQueue): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  if (a.brokerName !== b.brokerName) return a.brokerName < b.brokerName ? -1 : 1;
  return a.queueId - b.queueId;
}

/** [java MessageQueue#toString]: consistent hashing and `$ref` paths depend on it. */
export function messageQueueText(queue: MessageQueue): string {
  return `MessageQueue [topic=${queue.topic}, brokerName=${queue.brokerName}, queueId=${queue.queueId}]`;
}
