// The client's lite pull consumer behind template.receive(), set up from the module's options. Must never convert anything itself.
import { DefaultLitePullConsumer, MessageSelector } from 'rocketmq-core';
import { type RocketMQOptions, type RocketMQPullConsumerOptions, securitySettings } from '../options/index.js';
import { receiverPortOf } from '../template/index.js';
import type { ClientServices } from './client-services.js';
import type { ManagedReceiver } from './managed-client.js';

/** What is absent keeps the client's default. */
export function createClientReceiver(
  nameServer: string,
  options: RocketMQPullConsumerOptions,
  accessChannel: RocketMQOptions['accessChannel'],
  { clock, logger }: ClientServices,
): ManagedReceiver {
  const { topic, selectorType, selectorExpression = '*' } = options;
  const consumer = new DefaultLitePullConsumer({
    consumerGroup: options.group,
    messageModel: options.messageModel,
    pullBatchSize: options.pullBatchSize,
    instanceName: options.instanceName,
    ...securitySettings(options),
    enableTrace: options.enableMsgTrace,
    traceTopic: options.customizedTraceTopic,
    accessChannel,
    namesrvAddr: nameServer,
    clock,
    logger,
  });
  consumer.subscribe(topic, selectorType === 'SQL92' ? MessageSelector.bySql(selectorExpression) : selectorExpression);
  return {
    ...receiverPortOf(consumer),
    start: () => consumer.start(),
    shutdown: () => consumer.shutdown(),
  };
}
