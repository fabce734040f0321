// What the template needs of a producer: the seam where tests put their own. Must never grow beyond what the template calls.
import type { DefaultMQProducer, Message, MessageQueue, SendResult } from 'rocketmq-core';

export type QueueSelector = (queues: readonly MessageQueue[]) => MessageQueue;

export interface ProducerSend {
  readonly timeout?: number | undefined;
  /** Present: one attempt, on the queue it picks. */
  readonly selectQueue?: QueueSelector | undefined;
  /** Whose retry limit counts. */
  readonly mode: 'sync' | 'async';
}

export interface ProducerPort {
  send(message: Message, how: ProducerSend): Promise<SendResult>;
  sendBatch(messages: readonly Message[], how: ProducerSend): Promise<SendResult>;
  sendOneWay(message: Message, selectQueue?: QueueSelector): Promise<void>;
  /** The client behind it; throws when there is none. */
  client(): DefaultMQProducer;
}
