// The client's push consumer behind a listener container, set up from the decorator's options. Must never judge messages: it carries verdicts out.
import {
  type ConcurrentListenerFunction,
  ConsumeConcurrentlyStatus,
  ConsumeOrderlyStatus,
  DefaultMQPushConsumer,
  type MessageExt,
  MessageSelector,
  type OrderlyListenerFunction,
} from 'rocketmq-core';
import type { ConsumerFactory, ConsumerPort, ListenerDefinition, ResolvedListenerOptions, Verdict } from '../listener/index.js';
import { type RocketMQOptions, securitySettings } from '../options/index.js';
import type { ClientServices } from './client-services.js';

const DEAD_LETTER_LEVEL = -1;

type Handle = (message: MessageExt) => Promise<Verdict>;

/** What listeners take from their connection unless they say otherwise. */
type SharedOptions = Pick<RocketMQOptions, 'accessChannel' | 'consumer'>;

export function createConsumerFactory(nameServer: string, shared: SharedOptions, services: ClientServices): ConsumerFactory {
  return (definition, handle) => createConsumer(nameServer, inherited(definition.options, shared), definition, handle, services);
}

function createConsumer(
  nameServer: string,
  inheritable: ReturnType<typeof inherited>,
  { id, options }: ListenerDefinition,
  handle: Handle,
  { clock, logger }: ClientServices,
): ConsumerPort {
  const client = new DefaultMQPushConsumer({ ...clientSettings(id, options), ...inheritable, namesrvAddr: nameServer, clock, logger });
  const { topic, selectorType, selectorExpression } = options;
  client.subscribe(topic, selectorType === 'SQL92' ? MessageSelector.bySql(selectorExpression) : selectorExpression);
  if (options.consumeMode === 'ORDERLY') client.registerMessageListenerOrderly(inOrder(client, handle));
  else client.registerMessageListenerConcurrently(atOnce(handle));
  return { client, start: () => client.start(), shutdown: (drainMs) => client.shutdown(drainMs) };
}

function atOnce(handle: Handle): ConcurrentListenerFunction {
  return async (messages, context) => {
    // One message per call, unless prepareStart raised the batch: then what follows a failed message is delivered again with it.
    for (const [index, message] of messages.entries()) {
      const verdict = await handle(message);
      if (verdict.kind === 'CONSUMED') continue;
      context.delayLevelWhenNextConsume = verdict.delayLevel;
      context.ackIndex = index - 1;
      return index === 0 ? ConsumeConcurrentlyStatus.RECONSUME_LATER : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    }
    return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
  };
}

/** As in Spring, what fails holds up its queue, whatever delay level it asks for; only a dead letter makes way at once. */
function inOrder(client: DefaultMQPushConsumer, handle: Handle): OrderlyListenerFunction {
  return async (messages) => {
    for (const message of messages) {
      const verdict = await handle(message);
      if (verdict.kind === 'CONSUMED') continue;
      if (verdict.delayLevel !== DEAD_LETTER_LEVEL || !(await client.sendMessageBack(message, DEAD_LETTER_LEVEL))) {
        return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
      }
    }
    return ConsumeOrderlyStatus.SUCCESS;
  };
}

function inherited(own: ResolvedListenerOptions, { accessChannel, consumer }: SharedOptions) {
  return {
    ...securitySettings(own, consumer),
    traceTopic: own.customizedTraceTopic || consumer?.customizedTraceTopic,
    accessChannel: own.accessChannel ?? accessChannel,
  };
}

/** Attributes to the client's settings; what is absent keeps the client's default. */
function clientSettings(id: string, options: ResolvedListenerOptions) {
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
    enableTrace: options.enableMsgTrace,
    // Two broadcasting listeners of one application must not share an offset file.
    instanceName: options.instanceName ?? (options.messageModel === 'BROADCASTING' ? id : undefined),
  };
}
