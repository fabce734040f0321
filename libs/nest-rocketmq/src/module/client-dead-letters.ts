// Reads dead letters with the client's pull consumer, sends with the connection's producer. Must never commit what handlers of dead letters read.
import { DefaultMQPullConsumer, type MessageExt, type MessageQueue } from 'rocketmq-core';
import { IllegalMessageError, MessageNotFoundError, NoRouteError } from 'rocketmq-core/errors';
import type { Logger } from 'rocketmq-core/common';
import { dlqTopicOf } from 'rocketmq-core/message';
import type { DeadLetterPort, DeadLetterReader } from '../dead-letter/index.js';
import { securitySettings } from '../options/index.js';
import type { RocketMQConnection } from './rocketmq-connection.js';

/** The group under which the broker keeps how far a group's letters have been redriven. */
const READER_GROUP_SUFFIX = '_dlq_redrive';

/** The connection is asked at each call: what it is, is known once the application has been initialised. */
export function createDeadLetterPort(
  connection: Pick<RocketMQConnection, 'producerPort' | 'options' | 'clock'>,
  logger: Logger,
): DeadLetterPort {
  return {
    send: (message) => connection.producerPort.send(message, { mode: 'sync' }),
    async open(group) {
      const { accessChannel, consumer } = connection.options;
      const client = new DefaultMQPullConsumer({
        consumerGroup: group + READER_GROUP_SUFFIX,
        ...securitySettings(consumer ?? {}),
        accessChannel,
        namesrvAddr: connection.producerPort.client().namesrvAddr,
        clock: connection.clock,
        logger,
      });
      await client.start();
      return readerOf(client, group);
    },
  };
}

function readerOf(client: DefaultMQPullConsumer, group: string): DeadLetterReader {
  const topic = dlqTopicOf(group);
  return {
    async queues() {
      let queues: MessageQueue[];
      try {
        queues = await client.fetchSubscribeMessageQueues(topic);
      } catch (error) {
        if (error instanceof NoRouteError) return [];
        throw error;
      }
      if (queues.length > 0) return queues;
      throw new IllegalMessageError(
        `${topic} may be written and not be read, as brokers before 4.9 make it; ` +
          `let it be read: mqadmin updateTopicPerm -n ${client.namesrvAddr} -c CLUSTER -t ${topic} -p 6`,
        { topic },
      );
    },
    async page(queue, offset, max) {
      const { msgFoundList, nextBeginOffset } = await client.pull(queue, '*', offset, max);
      return { messages: msgFoundList, next: nextBeginOffset };
    },
    minOffset: (queue) => client.minOffset(queue),
    maxOffset: (queue) => client.maxOffset(queue),
    searchOffset: (queue, timestamp) => client.searchOffset(queue, timestamp),
    redrivenOffset: (queue) => client.fetchConsumeOffset(queue, true),
    async saveRedrivenOffset(queue, offset) {
      await client.updateConsumeOffset(queue, offset);
      await client.persistConsumerOffset();
    },
    async find(id): Promise<MessageExt | undefined> {
      try {
        return await client.viewMessage(topic, id);
      } catch (error) {
        if (error instanceof MessageNotFoundError || error instanceof NoRouteError) return undefined;
        throw error;
      }
    },
    close: () => client.shutdown(),
  };
}
