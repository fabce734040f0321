// One listener as found in an application, ready to be given a consumer. Types, and its line in the log.
import type { DefaultMQPushConsumer } from 'rocketmq-core';
import type { MessageType } from '../messaging/index.js';
import type { BatchContext, MessageContext } from './listener.js';
import type { ResolvedListenerOptions } from './listener-options.js';
import { describeSubscriptions, subscriptionsOf } from './subscriptions.js';

/** `REQUEST`: what `onRequest` returns is sent back. `BATCH`: `onMessages` gets several at once. */
export type ListenerMode = 'MESSAGE' | 'REQUEST' | 'BATCH';

/** One method of a listener. */
export interface HandlerDefinition {
  /** Its name. */
  readonly method: string;
  /** Only messages of this topic; undefined: of each topic of the listener. */
  readonly topic?: string | undefined;
  /** Only messages with one of these tags; undefined: those no other method takes. */
  readonly tags?: readonly string[] | undefined;
  readonly messageType: MessageType | undefined;
  /** Calls it with a payload, or with the payloads of a batch; a request-scoped listener is made for each call. */
  readonly invoke: (payload: unknown, context: MessageContext | BatchContext) => Promise<unknown>;
}

export interface ListenerDefinition {
  /** Unique within its connection. */
  readonly id: string;
  readonly className: string;
  /** The class, for what other decorators noted on it; absent for a listener without one. */
  readonly type?: object | undefined;
  readonly options: ResolvedListenerOptions;
  readonly mode: ListenerMode;
  /** At least one; no two take the same message. */
  readonly handlers: readonly HandlerDefinition[];
  /** The class's own `prepareStart`, if it has one. */
  readonly prepareStart?: ((consumer: DefaultMQPushConsumer) => void | Promise<void>) | undefined;
}

/** `BillingListener.onMessage -> topic=orders selector=TAG "paid || shipped" group=billing mode=CONCURRENTLY/CLUSTERING concurrency=20` */
export function describeListener({ className, handlers, mode, options }: ListenerDefinition): string {
  return (
    `${className}.${handlers.map(({ method }) => method).join('|')} -> ${describeSubscriptions(subscriptionsOf(options))} ` +
    `group=${options.consumerGroup} mode=${options.consumeMode}/${options.messageModel} concurrency=${options.consumeThreadNumber}` +
    (mode === 'BATCH' ? ` batch=${options.consumeMessageBatchMaxSize}` : '')
  );
}
