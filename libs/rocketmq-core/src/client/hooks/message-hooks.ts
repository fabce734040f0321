// What an application may see of sends, deliveries and ends of transactions [java SendMessageHook, ConsumeMessageHook, FilterMessageHook,
// EndTransactionHook]. A hook that throws is told of and changes nothing else.
import { callGuarded, type Logger, reasonOf } from '../../common/index.js';
import type { Message, MessageExt, MessageQueue } from '../../message/index.js';
import type { SendResult } from '../producer/send-result.js';
import type { LocalTransactionState } from '../producer/transaction-listener.js';

/** Ordinals of Java's MessageType, as traces name them. */
export const MESSAGE_TYPES = ['NORMAL', 'TRANSACTION_HALF', 'TRANSACTION_COMMIT', 'DELAY', 'ORDER'] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

/** One attempt of a send. */
export interface SendMessageContext {
  readonly producerGroup: string;
  /** Topic on the wire; of a batch: a message without keys and tags whose body is the whole batch. */
  readonly message: Pick<Message, 'topic' | 'tags' | 'keys' | 'body' | 'properties'>;
  readonly messageQueue: MessageQueue;
  /** `host:port` of the broker. */
  readonly brokerAddr: string;
  readonly messageType: MessageType;
  readonly oneway: boolean;
  /** After: what the broker answered; undefined for one-way and failed attempts. */
  sendResult: SendResult | undefined;
  /** After: why the attempt failed. */
  exception: unknown;
}

export interface SendMessageHook {
  readonly hookName: string;
  sendMessageBefore?(context: SendMessageContext): void;
  sendMessageAfter?(context: SendMessageContext): void;
}

/** How a call of a listener ended, in the order of Java's ConsumeReturnType. */
export const CONSUME_RETURN_TYPES = ['SUCCESS', 'TIME_OUT', 'EXCEPTION', 'RETURNNULL', 'FAILED'] as const;
export type ConsumeReturnType = (typeof CONSUME_RETURN_TYPES)[number];

/** One call of a listener. */
export interface ConsumeMessageContext {
  readonly consumerGroup: string;
  readonly messages: readonly MessageExt[];
  readonly messageQueue: MessageQueue;
  /** After: the messages count as consumed. */
  success: boolean;
  /** After. */
  returnType: ConsumeReturnType;
}

export interface ConsumeMessageHook {
  readonly hookName: string;
  consumeMessageBefore?(context: ConsumeMessageContext): void;
  consumeMessageAfter?(context: ConsumeMessageContext): void;
}

/** Messages of one pull, before they wait for the listener. */
export interface FilterMessageContext {
  readonly consumerGroup: string;
  readonly messageQueue: MessageQueue;
  readonly unitMode: boolean;
  /** Take out what the group must not see; it counts as consumed. */
  messages: MessageExt[];
}

export interface FilterMessageHook {
  readonly hookName: string;
  filterMessage(context: FilterMessageContext): void;
}

export interface EndTransactionContext {
  readonly producerGroup: string;
  readonly message: Pick<Message, 'topic' | 'tags' | 'keys' | 'properties'>;
  readonly brokerAddr: string;
  readonly msgId: string;
  readonly transactionId: string | undefined;
  readonly transactionState: LocalTransactionState;
  readonly fromTransactionCheck: boolean;
}

export interface EndTransactionHook {
  readonly hookName: string;
  endTransaction(context: EndTransactionContext): void;
}

/** Calls one method of every hook. */
export function callHooks<H extends { readonly hookName: string }>(hooks: readonly H[], logger: Logger, call: (hook: H) => unknown): void {
  for (const hook of hooks) {
    callGuarded(
      () => call(hook),
      (error) => logger.warn(`hook ${hook.hookName} failed: ${reasonOf(error)}`),
    );
  }
}
