// A client as the template uses it. Must never start, close or configure one.
import type { DefaultLitePullConsumer, DefaultMQProducer, TransactionMQProducer } from 'rocketmq-core';
import { NotStartedError } from 'rocketmq-core/errors';
import type { ProducerPort } from './producer-port.js';
import type { ReceiverPort } from './receiver-port.js';

export function producerPortOf(producer: DefaultMQProducer | TransactionMQProducer): ProducerPort {
  return {
    send: (message, { timeout, mode, selectQueue }) =>
      selectQueue === undefined
        ? producer.send(message, { timeout, mode })
        : producer.send(message, selectQueue, undefined, { timeout, mode }),
    sendBatch: (messages, { timeout, mode, selectQueue, splitBatches }) =>
      selectQueue === undefined
        ? producer.send(messages, { timeout, mode, splitBatches })
        : producer.send(messages, selectQueue, undefined, { timeout, mode, splitBatches }),
    request: (message, { timeout = producer.sendMsgTimeout, selectQueue, signal }) =>
      selectQueue === undefined
        ? producer.request(message, { timeout, signal })
        : producer.request(message, selectQueue, undefined, { timeout, signal }),
    sendInTransaction: async (message, arg, timeout) => {
      if ('sendMessageInTransaction' in producer) return producer.sendMessageInTransaction(message, arg, { timeout });
      throw new NotStartedError('the producer of this RocketMQTemplate', 'no TransactionMQProducer: give setProducer one');
    },
    sendOneWay: (message, selectQueue) =>
      selectQueue === undefined ? producer.sendOneway(message) : producer.sendOneway(message, selectQueue),
    client: () => producer,
  };
}

export function receiverPortOf(consumer: DefaultLitePullConsumer): ReceiverPort {
  return { poll: (timeoutMs, signal) => consumer.poll(timeoutMs, { signal }), client: () => consumer };
}
