// What an application gives a push consumer, and what it answers [java MessageListenerConcurrently, MessageListenerOrderly]. Types and words only.
import type { MessageExt, MessageQueue } from '../../message/index.js';

export const ConsumeConcurrentlyStatus = { CONSUME_SUCCESS: 'CONSUME_SUCCESS', RECONSUME_LATER: 'RECONSUME_LATER' } as const;
export type ConsumeConcurrentlyStatus = (typeof ConsumeConcurrentlyStatus)[keyof typeof ConsumeConcurrentlyStatus];

export const ConsumeOrderlyStatus = {
  SUCCESS: 'SUCCESS',
  SUSPEND_CURRENT_QUEUE_A_MOMENT: 'SUSPEND_CURRENT_QUEUE_A_MOMENT',
  ROLLBACK: 'ROLLBACK',
  COMMIT: 'COMMIT',
} as const;
export type ConsumeOrderlyStatus = (typeof ConsumeOrderlyStatus)[keyof typeof ConsumeOrderlyStatus];

export interface ConsumeConcurrentlyContext {
  readonly messageQueue: MessageQueue;
  /** For those that fail: -1 dead letter now, 0 the broker decides, above 0 that delay level. */
  delayLevelWhenNextConsume: number;
  /** Messages after this index count as failed although the call succeeded. */
  ackIndex: number;
  /**
   * Beyond Java: with CONSUME_SUCCESS, the messages that failed all the same, by their index in the call, each with its delay level as above.
   * When set, ackIndex does not count.
   */
  failures?: ReadonlyMap<number, number> | undefined;
  /** Beyond Java: aborted when the call takes longer than `consumeTimeout`; its messages are sent back then and what it answers is ignored. */
  readonly signal: AbortSignal;
}

export interface ConsumeOrderlyContext {
  readonly messageQueue: MessageQueue;
  /** False: SUCCESS keeps the messages uncommitted until COMMIT; ROLLBACK has all uncommitted ones delivered again. */
  autoCommit: boolean;
  /** Pause of the queue in ms after SUSPEND_CURRENT_QUEUE_A_MOMENT or ROLLBACK, kept within 10..30000; -1: the consumer's setting. */
  suspendCurrentQueueTimeMillis: number;
  /** Beyond Java: with SUCCESS and autoCommit, the indexes of messages that come again first, after the pause; the others are done. */
  failures?: ReadonlySet<number> | undefined;
  /** Beyond Java: aborted when the call takes longer than `consumeTimeout`. Its queue waits for it all the same. */
  readonly signal: AbortSignal;
}

type Answer<Status> = Status | undefined | void | Promise<Status | undefined | void>;

/** Throwing, rejecting and answering nothing all mean RECONSUME_LATER. */
export type ConcurrentListenerFunction = (messages: MessageExt[], context: ConsumeConcurrentlyContext) => Answer<ConsumeConcurrentlyStatus>;

/** Java's form: an object with `consumeMessage`. */
export interface MessageListenerConcurrently {
  consumeMessage: ConcurrentListenerFunction;
}

/** Throwing, rejecting and answering nothing all mean SUSPEND_CURRENT_QUEUE_A_MOMENT. */
export type OrderlyListenerFunction = (messages: MessageExt[], context: ConsumeOrderlyContext) => Answer<ConsumeOrderlyStatus>;

/** Java's form: an object with `consumeMessage`. */
export interface MessageListenerOrderly {
  consumeMessage: OrderlyListenerFunction;
}

/** The listener a consumer has, and how it wants its messages. */
export type PushListener =
  | { readonly mode: 'CONCURRENTLY'; readonly call: ConcurrentListenerFunction }
  | { readonly mode: 'ORDERLY'; readonly call: OrderlyListenerFunction };
