// The client's push consumer behind a listener container, set up from the decorator's options. Must never judge messages: it carries verdicts out.
import { ConsumeConcurrentlyStatus, DefaultMQPushConsumer, type MessageExt, MessageSelector } from 'rocketmq-core';
import type { ConsumerFactory, ConsumerPort, ListenerDefinition, ResolvedListenerOptions, Verdict } from '../listener/index.js';
import type { ClientServices } from './client-producer.js';

export function createConsumerFactory(nameServer: string, services: ClientServices): ConsumerFactory {
  return (definition, handle) => createConsumer(nameServer, definition, handle, services);
}

function createConsumer(
  nameServer: string,
  { options }: ListenerDefinition,
  handle: (message: MessageExt) => Promise<Verdict>,
  { clock, logger }: ClientServices,
): ConsumerPort {
  const client = new DefaultMQPushConsumer({ ...clientSettings(options), namesrvAddr: nameServer, clock, logger });
  const { topic, selectorType, selectorExpression } = options;
  client.subscribe(topic, selectorType === 'SQL92' ? MessageSelector.bySql(selectorExpression) : selectorExpression);
  client.registerMessageListenerConcurrently(async (messages, context) => {
    // One message per call, unless prepareStart raised the batch: then what follows a failed message is delivered again with it.
    for (const [index, message] of messages.entries()) {
      const verdict = await handle(message);
      if (verdict.kind === 'CONSUMED') continue;
      context.delayLevelWhenNextConsume = verdict.delayLevel;
      context.ackIndex = index - 1;
      return index === 0 ? ConsumeConcurrentlyStatus.RECONSUME_LATER : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    }
    return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
  });
  return { client, start: () => client.start(), shutdown: (drainMs) => client.shutdown(drainMs) };
}

/** Attributes to the client's settings; what is absent keeps the client's default. */
function clientSettings(options: ResolvedListenerOptions) {
  return {
    consumerGroup: options.consumerGroup,
    messageModel: options.messageModel,
    consumeFromWhere: options.consumeFromWhere,
    consumeThreadMin: options.consumeThreadNumber,
    consumeThreadMax: options.consumeThreadMax,
    maxReconsumeTimes: options.maxReconsumeTimes,
    consumeTimeout: options.consumeTimeout,
    suspendCurrentQueueTimeMillis: options.suspendCurrentQueueTimeMillis,
    awaitTerminationMillisWhenShutdown: options.awaitTerminationMillisWhenShutdown,
    pullInterval: options.pullInterval,
    pullBatchSize: options.pullBatchSize,
    instanceName: options.instanceName,
  };
}
