// What a handler gets with @Ctx(): the message, and where it came from. Must never acknowledge or change anything.
import { BaseRpcContext } from '@nestjs/microservices';
import type { DefaultMQPushConsumer } from 'rocketmq-core';
import { type MessageExt, PROPERTY, RESERVED_PROPERTIES } from 'rocketmq-core/message';

/** Message, pattern it was found by, signal that its time is over, consumer. */
export type RocketMQContextArgs = [message: MessageExt, pattern: string, signal: AbortSignal, consumer: DefaultMQPushConsumer | undefined];

/** True for a message whose sender waits for an answer. */
export const isRequest = ({ properties }: MessageExt): boolean =>
  properties.has(PROPERTY.REPLY_TO_CLIENT) && properties.has(PROPERTY.CORRELATION_ID);

export class RocketMQContext extends BaseRpcContext<RocketMQContextArgs> {
  /** The message as RocketMQ delivered it; `body` is a Buffer. */
  getMessage(): MessageExt {
    return this.args[0];
  }

  /** The same, under RocketMQ's name. */
  getMessageExt(): MessageExt {
    return this.args[0];
  }

  /** `topic` or `topic:tag`, of the message. */
  getPattern(): string {
    return this.args[1];
  }

  getTopic(): string {
    return this.args[0].topic;
  }

  getTags(): string | undefined {
    return this.args[0].tags;
  }

  /** Index words, none: empty. */
  getKeys(): string[] {
    return this.args[0].keys?.split(' ').filter((key) => key !== '') ?? [];
  }

  getMsgId(): string {
    return this.args[0].msgId;
  }

  /** 0 for the first delivery. */
  getReconsumeTimes(): number {
    return this.args[0].reconsumeTimes;
  }

  /** User properties and the ones of RocketMQ. */
  getProperties(): ReadonlyMap<string, string> {
    return this.args[0].properties;
  }

  /** One property: a header of the sender, or one of RocketMQ's. */
  getProperty(name: string): string | undefined {
    return this.args[0].properties.get(name);
  }

  /** The sender's headers and what its dispatch hook attached (trace ids, for one): every property that is not RocketMQ's own. */
  getMetadata(): Record<string, string> {
    return Object.fromEntries([...this.args[0].properties].filter(([name]) => !isOwn(name)));
  }

  /** True when the sender waits for an answer. */
  isRequest(): boolean {
    return isRequest(this.args[0]);
  }

  /**
   * Aborted when the server stops and the time for running handlers is over, and when the handler runs for longer than `consumeTimeout`: its
   * message has been sent back then (ORDERLY: its queue still waits), and what the handler returns is ignored.
   */
  getSignal(): AbortSignal {
    return this.args[2];
  }

  /** The consumer the message came through; undefined only where a test calls a handler itself. */
  getConsumer(): DefaultMQPushConsumer | undefined {
    return this.args[3];
  }
}

const OWN_NAMES: ReadonlySet<string> = new Set(Object.values(PROPERTY));
const isOwn = (name: string): boolean => RESERVED_PROPERTIES.has(name) || OWN_NAMES.has(name);
