// What the template needs of a producer: the seam where tests put their own. Must never grow beyond what the template calls.
import type { DefaultMQProducer, Message, MessageExt, MessageQueue, SendResult, TransactionSendResult } from 'rocketmq-core';

/** Undefined: the send is refused. */
export type QueueSelector = (queues: readonly MessageQueue[], message: Message) => MessageQueue | undefined;

export interface ProducerSend {
  readonly timeout?: number | undefined;
  /** Present: one attempt, on the queue it picks. */
  readonly selectQueue?: QueueSelector | undefined;
  /** Whose retry limit counts. */
  readonly mode: 'sync' | 'async';
  /** For a batch: several when one is too large. */
  readonly splitBatches?: boolean | undefined;
}

export interface ProducerRequest {
  /** Ms for both ways together; default: the producer's sendMessageTimeout. */
  readonly timeout?: number | undefined;
  readonly selectQueue?: QueueSelector | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ProducerPort {
  send(message: Message, how: ProducerSend): Promise<SendResult>;
  sendBatch(messages: readonly Message[], how: ProducerSend): Promise<SendResult>;
  request(message: Message, how: ProducerRequest): Promise<MessageExt>;
  /** Throws when the application has no transaction listener for it. */
  sendInTransaction(message: Message, arg: unknown, timeout: number | undefined): Promise<TransactionSendResult>;
  sendOneWay(message: Message, selectQueue?: QueueSelector): Promise<void>;
  /** The client behind it; throws when there is none. */
  client(): DefaultMQProducer;
}
