// What the template needs to receive: the seam where tests put their own. Types only.
import type { MessageExt } from 'rocketmq-core/message';
import type { DefaultLitePullConsumer } from 'rocketmq-core';

export interface ReceiverPort {
  /** Messages of one queue; none when the time is over. Without a time: the consumer's pollTimeoutMillis, 5000. */
  poll(timeoutMs: number | undefined, signal: AbortSignal | undefined): Promise<MessageExt[]>;
  /** The client behind it; throws when there is none. */
  client(): DefaultLitePullConsumer;
}
