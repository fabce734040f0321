// The client's push consumer behind a listener container, set up from the decorator's options. Must never judge messages: it carries verdicts out.
import {
  type ConcurrentListenerFunction,
  ConsumeConcurrentlyStatus,
  ConsumeOrderlyStatus,
  DefaultMQPushConsumer,
  MessageSelector,
  type OrderlyListenerFunction,
} from 'rocketmq-core';
import type { ConsumerFactory, ConsumerPort, ConsumerSpec, HandleMessages, ListenerMode } from '../listener/index.js';
import { type RocketMQOptions, securitySettings } from '../options/index.js';
import type { ClientServices } from './client-services.js';
import { instanceNameOf } from './listener-switches.js';

const DEAD_LETTER_LEVEL = -1;

/** What listeners take from their connection unless they say otherwise. */
type SharedOptions = Pick<RocketMQOptions, 'nameServer' | 'accessChannel' | 'consumer'>;

export function createConsumerFactory(nameServer: string, shared: SharedOptions, services: ClientServices): ConsumerFactory {
  return (spec, handle) => createConsumer(nameServer, shared, spec, handle, services);
}

function createConsumer(
  nameServer: string,
  shared: SharedOptions,
  spec: ConsumerSpec,
  handle: HandleMessages,
  { clock, logger }: ClientServices,
): ConsumerPort {
  const { mode, options, subscriptions } = spec;
  const settings = { ...clientSettings(spec, shared.nameServer), ...inherited(options, shared) };
  const client = new DefaultMQPushConsumer({ ...settings, namesrvAddr: nameServer, clock, logger });
  for (const { topic, selectorType, selectorExpression } of subscriptions) {
    client.subscribe(topic, selectorType === 'SQL92' ? MessageSelector.bySql(selectorExpression) : selectorExpression);
  }
  if (options.consumeMode === 'ORDERLY') client.registerMessageListenerOrderly(inOrder(client, mode, handle));
  else client.registerMessageListenerConcurrently(atOnce(handle));
  return {
    client,
    start: () => client.start(),
    shutdown: (drainMs, signal) => client.shutdown(drainMs, signal),
    suspend: () => client.suspend(),
    resume: () => client.resume(),
    setConcurrency: (concurrency) => client.updateCorePoolSize(concurrency),
    queues: () => client.assignedQueues,
    findTopic: async (topic) => {
      try {
        return (await client.fetchSubscribeMessageQueues(topic)).length > 0;
      } catch {
        return false;
      }
    },
  };
}

function atOnce(handle: HandleMessages): ConcurrentListenerFunction {
  return async (messages, context) => {
    const verdicts = await handle(messages, context);
    const failures = new Map<number, number>();
    for (const [index, verdict] of verdicts.entries()) if (verdict.kind === 'AGAIN') failures.set(index, verdict.delayLevel);
    if (failures.size === 0) return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    if (messages.length > 1) {
      context.failures = failures;
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    }
    context.delayLevelWhenNextConsume = failures.get(0)!;
    return ConsumeConcurrentlyStatus.RECONSUME_LATER;
  };
}

/** As in Spring, what fails holds up its queue, whatever delay level it asks for; only a dead letter makes way at once. */
function inOrder(client: DefaultMQPushConsumer, mode: ListenerMode, handle: HandleMessages): OrderlyListenerFunction {
  return async (messages, context) => {
    const failures = new Set<number>();
    // What is taken one by one stops at the first failure; of a batch, the handler has had every item.
    const calls = mode === 'BATCH' ? [messages] : messages.map((message) => [message]);
    let first = 0;
    for (const call of calls) {
      for (const [index, verdict] of (await handle(call, context)).entries()) {
        if (verdict.kind === 'CONSUMED') continue;
        const isAway = verdict.delayLevel === DEAD_LETTER_LEVEL && (await client.sendMessageBack(call[index]!, DEAD_LETTER_LEVEL));
        if (!isAway) failures.add(first + index);
      }
      first += call.length;
      if (failures.size > 0) break;
    }
    for (let index = first; index < messages.length; index++) failures.add(index);
    if (failures.size === messages.length) return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
    if (failures.size > 0) context.failures = failures;
    return ConsumeOrderlyStatus.SUCCESS;
  };
}

function inherited(own: ConsumerSpec['options'], { accessChannel, consumer }: SharedOptions) {
  return {
    ...securitySettings(own, consumer),
    traceTopic: own.customizedTraceTopic || consumer?.customizedTraceTopic,
    accessChannel: own.accessChannel ?? accessChannel,
  };
}

/** Attributes to the client's settings; what is absent keeps the client's default. */
function clientSettings({ id, mode, options, concurrency }: ConsumerSpec, ownNameServer: string | undefined) {
  return {
    consumerGroup: options.consumerGroup,
    messageModel: options.messageModel,
    consumeFromWhere: options.consumeFromWhere,
    consumeThreadMin: concurrency,
    consumeThreadMax: options.consumeThreadMax,
    maxReconsumeTimes: options.maxReconsumeTimes,
    consumeTimeout: options.consumeTimeout,
    suspendCurrentQueueTimeMillis: options.suspendCurrentQueueTimeMillis,
    awaitTerminationMillisWhenShutdown: options.awaitTerminationMillisWhenShutdown,
    pullInterval: options.pullInterval,
    pullBatchSize: options.pullBatchSize,
    consumeMessageBatchMaxSize: mode === 'BATCH' ? options.consumeMessageBatchMaxSize : 1,
    enableTrace: options.enableMsgTrace,
    instanceName: instanceNameOf(id, options, ownNameServer),
  };
}
