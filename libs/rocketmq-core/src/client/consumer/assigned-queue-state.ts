// How far a running push consumer has got on each of its queues, for those who watch it. Must never ask a broker.
import { type MessageQueue, RETRY_PREFIX } from '../../message/index.js';
import type { ConsumerContext } from './consumer-context.js';
import { queueOnApplicationSide } from './message-sides.js';
import type { ProcessQueue } from './process-queue.js';

export interface AssignedQueueState {
  /** As the application names its topic. */
  readonly queue: MessageQueue;
  /** The group's own queue of messages to be delivered again. */
  readonly isRetry: boolean;
  /** Everything below it is done; what is committed follows within 5 s. Undefined: not known yet. */
  readonly consumerOffset: number | undefined;
  /** Next offset the broker will write, as the last pull told it. Undefined: no pull has been answered yet. */
  readonly brokerOffset: number | undefined;
  /** Messages that were pulled and are not done, and the bytes of their bodies. */
  readonly cachedMessages: number;
  readonly cachedBytes: number;
  /** Ms since 1970; 0: never. */
  readonly lastPullTimestamp: number;
  readonly lastConsumeTimestamp: number;
}

export interface WatchedConsumer {
  readonly context: ConsumerContext;
  readonly rebalancer: { processQueues(): ProcessQueue[] };
}

export function assignedQueuesOf({ context, rebalancer }: WatchedConsumer): AssignedQueueState[] {
  return rebalancer.processQueues().map((processQueue) => ({
    queue: queueOnApplicationSide(processQueue.queue, context.settings.namespace),
    isRetry: processQueue.queue.topic.startsWith(RETRY_PREFIX),
    consumerOffset: context.offsets.get(processQueue.queue),
    brokerOffset: processQueue.brokerMaxOffset,
    cachedMessages: processQueue.messageCount,
    cachedBytes: processQueue.byteCount,
    lastPullTimestamp: processQueue.lastPullTimestamp,
    lastConsumeTimestamp: processQueue.lastConsumeTimestamp,
  }));
}
