// How a group of listeners gets its consumer: the seam where tests put their own. Types only.
import type { MessageExt } from 'rocketmq-core/message';
import type { AssignedQueueState, DefaultMQPushConsumer } from 'rocketmq-core';
import type { Verdict } from './consume-interceptor.js';
import type { ListenerMode } from './listener-definition.js';
import type { ResolvedListenerOptions } from './listener-options.js';
import type { Subscription } from './subscriptions.js';

/** What one consumer is made from: it may serve several listeners. */
export interface ConsumerSpec {
  /** Of its first listener. */
  readonly id: string;
  /** Those of its first listener; where they concern the consumer the others agree. */
  readonly options: ResolvedListenerOptions;
  readonly mode: ListenerMode;
  /** Of all its listeners, one per topic. */
  readonly subscriptions: readonly Subscription[];
  /** Handler calls at once. */
  readonly concurrency: number;
}

/** A consumer that can be started once and stopped once. */
export interface ConsumerPort {
  start(): Promise<void>;
  /**
   * Stops pulling at once, waits up to `drainMs` for handlers under way, no longer once the signal aborts; commits offsets, leaves the group.
   * Called while `start` is under way it makes that end without a consumer.
   */
  shutdown(drainMs: number, signal?: AbortSignal): Promise<void>;
  /** Pulls stop, the queues stay; what was pulled is still handled. */
  suspend(): void;
  resume(): void;
  /** Handler calls at once, from now on. */
  setConcurrency(concurrency: number): void;
  /** The queues it works on. */
  queues(): readonly AssignedQueueState[];
  /** Asks for a subscribed topic now; whether it exists. Never rejects. Absent: nobody can ask. */
  readonly findTopic?: ((topic: string) => Promise<boolean>) | undefined;
  /** The client behind it; undefined for a fake. */
  readonly client?: DefaultMQPushConsumer | undefined;
}

/** What is known of one call of the consumer besides its messages. */
export interface ConsumerCall {
  /** Aborted when the call takes longer than `consumeTimeout`. Made when it is read. */
  readonly signal: AbortSignal;
}

/** One verdict for each message, in their order. Never rejects. One message at a time, except for consumers of mode BATCH. */
export type HandleMessages = (messages: readonly MessageExt[], call: ConsumerCall) => Promise<readonly Verdict[]>;

export type ConsumerFactory = (spec: ConsumerSpec, handle: HandleMessages) => ConsumerPort;
