// Turns what hooks see into traces [java SendMessageTraceHookImpl, ConsumeMessageTraceHookImpl, EndTransactionTraceHookImpl].
// Must never trace the traces, nor what the broker asked not to trace.
import type { Clock } from '../../common/index.js';
import { PROPERTY } from '../../message/index.js';
import type {
  ConsumeMessageContext,
  ConsumeMessageHook,
  EndTransactionContext,
  EndTransactionHook,
  SendMessageContext,
  SendMessageHook,
} from '../hooks/message-hooks.js';
import { withoutNamespace } from '../namespace.js';
import type { RecallOutcome } from '../producer/recall-message.js';
import type { TraceDispatcher } from './trace-dispatcher.js';
import type { ConsumedMessage } from './trace-record.js';

const DEFAULT_REGION = 'DefaultRegion';

export interface TraceHookParts {
  readonly dispatcher: TraceDispatcher;
  readonly clock: Clock;
  readonly namespace: string | undefined;
}

export class SendTraceHook implements SendMessageHook, EndTransactionHook {
  readonly hookName = 'SendMessageTraceHook';
  private readonly parts: TraceHookParts;
  private readonly startedAt = new WeakMap<SendMessageContext, number>();

  constructor(parts: TraceHookParts) {
    this.parts = parts;
  }

  sendMessageBefore(context: SendMessageContext): void {
    if (!this.isTrace(context.message.topic)) this.startedAt.set(context, this.parts.clock.now());
  }

  sendMessageAfter(context: SendMessageContext): void {
    const startedAt = this.startedAt.get(context);
    const { sendResult, message } = context;
    if (startedAt === undefined || sendResult === undefined || !sendResult.traceOn) return;
    const { dispatcher, clock, namespace } = this.parts;
    dispatcher.append({
      type: 'Pub',
      timeStamp: startedAt,
      regionId: sendResult.regionId,
      group: withoutNamespace(namespace, context.producerGroup),
      topic: withoutNamespace(namespace, message.topic),
      msgId: sendResult.msgId,
      tags: message.tags,
      keys: message.keys,
      storeHost: context.brokerAddr,
      bodyLength: message.body.length,
      costTime: Math.max(0, clock.now() - startedAt),
      messageType: context.messageType,
      offsetMsgId: sendResult.offsetMsgId,
      success: sendResult.sendStatus === 'SEND_OK',
    });
  }

  endTransaction(context: EndTransactionContext): void {
    const { message } = context;
    if (this.isTrace(message.topic)) return;
    const { dispatcher, clock, namespace } = this.parts;
    dispatcher.append({
      type: 'EndTransaction',
      timeStamp: clock.now(),
      regionId: message.properties.get(PROPERTY.MSG_REGION) || DEFAULT_REGION,
      group: withoutNamespace(namespace, context.producerGroup),
      topic: withoutNamespace(namespace, message.topic),
      msgId: context.msgId,
      tags: message.tags,
      keys: message.keys,
      storeHost: context.brokerAddr,
      messageType: 'TRANSACTION_COMMIT',
      transactionId: context.transactionId,
      transactionState: context.transactionState,
      fromTransactionCheck: context.fromTransactionCheck,
    });
  }

  /** [java DefaultRecallMessageTraceHook], which a system property switches on there. */
  recalled(topic: string, producerGroup: string, { messageId, success, regionId, traceOn }: RecallOutcome): void {
    const { dispatcher, clock, namespace } = this.parts;
    if (!traceOn || this.isTrace(topic)) return;
    dispatcher.append({
      type: 'Recall',
      timeStamp: clock.now(),
      regionId: regionId ?? DEFAULT_REGION,
      group: withoutNamespace(namespace, producerGroup),
      topic: withoutNamespace(namespace, topic),
      msgId: messageId,
      keys: undefined,
      success,
    });
  }

  private isTrace(topic: string): boolean {
    return topic.startsWith(this.parts.dispatcher.traceTopic);
  }
}

interface Consuming {
  readonly startedAt: number;
  readonly requestId: string;
  readonly regionId: string;
  readonly messages: readonly ConsumedMessage[];
}

export class ConsumeTraceHook implements ConsumeMessageHook {
  readonly hookName = 'ConsumeMessageTraceHook';
  private readonly parts: TraceHookParts & { readonly cloud: boolean; nextRequestId(): string };
  private readonly consuming = new WeakMap<ConsumeMessageContext, Consuming>();

  constructor(parts: TraceHookParts & { readonly cloud: boolean; nextRequestId(): string }) {
    this.parts = parts;
  }

  consumeMessageBefore(context: ConsumeMessageContext): void {
    const { dispatcher, clock, namespace, cloud } = this.parts;
    const traced = context.messages.filter((message) => message.properties.get(PROPERTY.TRACE_SWITCH) !== 'false');
    const last = traced.at(-1);
    if (last === undefined) return;
    // Brokers of 4.x store none, and Java traces no consumption there. Only where the region chooses the topic is there nothing to go by.
    const regionId = last.properties.get(PROPERTY.MSG_REGION) ?? (cloud ? undefined : DEFAULT_REGION);
    if (regionId === undefined) return;
    const messages = traced.map(({ topic, msgId, tags, keys, reconsumeTimes }) => ({
      topic: withoutNamespace(namespace, topic),
      msgId,
      tags,
      keys,
      retryTimes: reconsumeTimes,
    }));
    const begun: Consuming = { startedAt: clock.now(), requestId: this.parts.nextRequestId(), regionId, messages };
    this.consuming.set(context, begun);
    dispatcher.append({ type: 'SubBefore', timeStamp: begun.startedAt, group: this.groupOf(context), ...begun });
  }

  consumeMessageAfter(context: ConsumeMessageContext): void {
    const begun = this.consuming.get(context);
    if (begun === undefined) return;
    const { dispatcher, clock, cloud } = this.parts;
    const { requestId, regionId, messages, startedAt } = begun;
    const now = clock.now();
    dispatcher.append({
      type: 'SubAfter',
      timeStamp: now,
      group: this.groupOf(context),
      requestId,
      regionId,
      messages,
      costTime: Math.max(0, Math.floor((now - startedAt) / context.messages.length)),
      success: context.success,
      returnType: context.returnType,
      cloud,
    });
  }

  private groupOf(context: ConsumeMessageContext): string {
    return withoutNamespace(this.parts.namespace, context.consumerGroup);
  }
}
