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

export type ConsumerFactory = (definition: ListenerDefinition, handle: (message: MessageExt) => Promise<Verdict>) => ConsumerPort;
