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

/** What became of one message of a batch. `undefined`: consumed; an Error: failed. What `Promise.allSettled` gives is taken as it is. */
export type BatchResult = ConsumeOutcome | Error | PromiseSettledResult<unknown> | undefined | void | null;

/**
 * Takes several messages of one queue at once, at most `consumeMessageBatchMaxSize`. Returning nothing consumes them all; an array says what
 * becomes of each, in their order; throwing, or one outcome, is for all.
 */
export interface RocketMQBatchListener<T = MessageExt> {
  onMessages(messages: T[], context: BatchContext): BatchListenerResult | Promise<BatchListenerResult>;
}

type BatchListenerResult = void | ConsumeOutcome | readonly BatchResult[];

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
  /**
   * Aborted when the application stops and the time for running handlers is over, and when the handler runs for longer than `consumeTimeout`:
   * its message has been sent back then (ORDERLY: its queue still waits), and what the handler returns is ignored.
   */
  readonly signal: AbortSignal;
}

/** The facts about the messages of one `onMessages` call. */
export interface BatchContext {
  /** One for each payload, in their order. */
  readonly items: readonly MessageContext[];
  readonly messages: readonly MessageExt[];
  /** Of the queue they come from; of messages that come again the first one's, as several topics share their retries. */
  readonly topic: string;
  readonly brokerName: string;
  readonly queueId: number;
  readonly consumerGroup: string;
  /** As of MessageContext. */
  readonly signal: AbortSignal;
}
