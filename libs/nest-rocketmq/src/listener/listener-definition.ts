// One listener as found in an application, ready to be given a consumer. Types only.
import type { DefaultMQPushConsumer } from 'rocketmq-core';
import type { MessageExt } from 'rocketmq-core/message';
import type { MessageContext } from './listener.js';
import type { ResolvedListenerOptions } from './listener-options.js';

export interface ListenerDefinition {
  /** Unique within its connection. */
  readonly id: string;
  readonly className: string;
  readonly options: ResolvedListenerOptions;
  /** The class has `onRequest`: what it returns is sent back. */
  readonly replies: boolean;
  /** Calls the listener's `onMessage` or `onRequest`; a request-scoped listener is made for each message. */
  readonly invoke: (payload: unknown, context: MessageContext) => Promise<unknown>;
  /** The class's own `prepareStart`, if it has one. */
  readonly prepareStart?: ((consumer: DefaultMQPushConsumer) => void | Promise<void>) | undefined;
}

/** Which method takes the messages. */
export const handlerName = (replies: boolean): string => (replies ? 'onRequest' : 'onMessage');

/** `BillingListener.onMessage -> topic=orders selector=TAG "paid || shipped" group=billing mode=CONCURRENTLY/CLUSTERING concurrency=20` */
export function describeListener({ className, options, replies }: ListenerDefinition): string {
  return (
    `${className}.${handlerName(replies)} -> topic=${options.topic} selector=${options.selectorType} "${options.selectorExpression}" ` +
    `group=${options.consumerGroup} mode=${options.consumeMode}/${options.messageModel} concurrency=${options.consumeThreadNumber}`
  );
}

export function createMessageContext(message: MessageExt, consumerGroup: string, signal: AbortSignal): MessageContext {
  return {
    message,
    msgId: message.msgId,
    topic: message.topic,
    tags: message.tags,
    keys: message.keys?.split(' ').filter((key) => key !== '') ?? [],
    properties: message.properties,
    reconsumeTimes: message.reconsumeTimes,
    brokerName: message.brokerName,
    queueId: message.queueId,
    queueOffset: message.queueOffset,
    bornTimestamp: message.bornTimestamp,
    consumerGroup,
    signal,
  };
}
