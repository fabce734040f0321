// What a listener class implements and what it is told about a message. Types only.
import type { DefaultMQPushConsumer } from 'rocketmq-core';
import type { MessageExt } from 'rocketmq-core/message';
import type { ConsumeOutcome } from './outcome.js';

type ListenerResult = void | ConsumeOutcome;

export interface RocketMQListener<T = MessageExt> {
  onMessage(message: T, context: MessageContext): ListenerResult | Promise<ListenerResult>;
}

/**
 * Answers requests (`template.sendAndReceive`, Java's `request`): what `onRequest` returns goes back to who asked. Returning nothing fails the
 * message, as in Spring. A message that is no request is consumed as any other; its answer has nowhere to go.
 */
export interface RocketMQReplyListener<T = MessageExt, R = unknown> {
  onRequest(message: T, context: MessageContext): R | ConsumeOutcome | Promise<R | ConsumeOutcome>;
}

/** Optional: called with the configured consumer before it starts; may change anything. */
export interface RocketMQPushConsumerLifecycleListener {
  prepareStart(consumer: DefaultMQPushConsumer): void | Promise<void>;
}

/** The facts about the message that is being handled. */
export interface MessageContext {
  readonly message: MessageExt;
  readonly msgId: string;
  readonly topic: string;
  readonly tags: string | undefined;
  readonly keys: readonly string[];
  /** User properties and the ones of RocketMQ. */
  readonly properties: ReadonlyMap<string, string>;
  /** 0 for the first delivery. */
  readonly reconsumeTimes: number;
  readonly brokerName: string;
  readonly queueId: number;
  readonly queueOffset: number;
  /** Ms since 1970, by the sender's clock. */
  readonly bornTimestamp: number;
  readonly consumerGroup: string;
  /** Aborted when the application stops and the time for running handlers is over. */
  readonly signal: AbortSignal;
}
