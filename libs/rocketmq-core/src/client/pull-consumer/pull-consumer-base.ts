// What a pull consumer can be asked besides messages [java MQAdmin, MQConsumer]: its life, bounds of queues, stored messages.
import type { MessageExt, MessageQueue } from '../../message/index.js';
import { queueOnBrokerSide } from '../consumer/message-sides.js';
import { queryMessage, type QueryResult, viewMessage } from '../instance/message-lookup.js';
import { QueueBounds } from '../instance/queue-bounds.js';
import { withNamespace, withoutNamespace } from '../namespace.js';
import { PullLifecycle } from './pull-lifecycle.js';
import type { PullMember } from './pull-member.js';
import { PullConsumerSettings } from './pull-settings.js';

export abstract class PullConsumerBase extends PullConsumerSettings {
  protected readonly lifecycle = new PullLifecycle<PullMember>('pull consumer');

  /** Checks everything, joins the group. Throws when no name server answers; it may then be started again. */
  abstract start(): Promise<void>;

  /** Ends pulls under way, commits the offsets that were set, leaves the group, closes. Shutting down again does nothing. */
  async shutdown(): Promise<void> {
    await this.lifecycle.shutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** `ip@instance` as brokers know this member; undefined unless running. */
  get clientId(): string | undefined {
    return this.lifecycle.member?.instance.clientId;
  }

  isRunning(): boolean {
    return this.lifecycle.isRunning;
  }

  /** Offset of the first message stored at or after `timestamp` (ms). */
  async searchOffset(queue: MessageQueue, timestamp: number): Promise<number> {
    return this.bounds().searchOffset(this.onBrokerSide(queue), timestamp);
  }

  /** Next offset to be written. */
  async maxOffset(queue: MessageQueue): Promise<number> {
    return this.bounds().maxOffset(this.onBrokerSide(queue));
  }

  /** First readable offset. */
  async minOffset(queue: MessageQueue): Promise<number> {
    return this.bounds().minOffset(this.onBrokerSide(queue));
  }

  /** Store time (ms) of the first readable message, -1 without one. */
  async earliestMsgStoreTime(queue: MessageQueue): Promise<number> {
    return this.bounds().earliestMsgStoreTime(this.onBrokerSide(queue));
  }

  /** Messages with a word of their KEYS, stored between `begin` and `end` (ms); at most `maxNum` of each broker. Throws MessageNotFoundError for none. */
  async queryMessage(topic: string, key: string, maxNum = 32, begin = 0, end: number = Number.MAX_SAFE_INTEGER): Promise<QueryResult> {
    const query = { topic: withNamespace(this.namespace, topic), key, maxNum, begin, end };
    const found = await queryMessage(this.requireMember().instance, query);
    for (const message of found.messageList) message.topic = withoutNamespace(this.namespace, message.topic);
    return found;
  }

  /** By msgId or offsetMsgId; throws MessageNotFoundError when it is not found. */
  async viewMessage(topic: string, msgId: string): Promise<MessageExt> {
    const message = await viewMessage(this.requireMember().instance, withNamespace(this.namespace, topic), msgId);
    message.topic = withoutNamespace(this.namespace, message.topic);
    return message;
  }

  protected requireMember(): PullMember {
    return this.lifecycle.require(this.consumerGroup);
  }

  protected onBrokerSide(queue: MessageQueue): MessageQueue {
    return queueOnBrokerSide(queue, this.namespace);
  }

  private bounds(): QueueBounds {
    return new QueueBounds(this.requireMember().instance);
  }
}
