// How a container gets its consumer: the seam where tests put their own. Types only.
import type { MessageExt } from 'rocketmq-core/message';
import type { DefaultMQPushConsumer } from 'rocketmq-core';
import type { ListenerDefinition } from './listener-definition.js';
import type { Verdict } from './consume-interceptor.js';

/** A consumer that can be started once and stopped once. */
export interface ConsumerPort {
  start(): Promise<void>;
  /** Stops pulling at once, waits up to `drainMs` for handlers under way, commits offsets, leaves the group. */
  shutdown(drainMs: number): Promise<void>;
  /** The client behind it; undefined for a fake. */
  readonly client?: DefaultMQPushConsumer | undefined;
}

/** What is known of one call of the consumer besides its messages. */
export interface ConsumerCall {
  /** Aborted when the call takes longer than `consumeTimeout`. Made when it is read. */
  readonly signal: AbortSignal;
}

/** One verdict for each message, in their order. Never rejects. One message at a time, except for definitions of mode BATCH. */
export type HandleMessages = (messages: readonly MessageExt[], call: ConsumerCall) => Promise<readonly Verdict[]>;

export type ConsumerFactory = (definition: ListenerDefinition, handle: HandleMessages) => ConsumerPort;
