// The client's push consumer behind ServerRocketMQ, set up from its options. Must never judge messages: it carries verdicts out.
import {
  type ConcurrentListenerFunction,
  ConsumeConcurrentlyStatus,
  ConsumeOrderlyStatus,
  DefaultMQPushConsumer,
  type MessageExt,
  type OrderlyListenerFunction,
} from 'rocketmq-core';
import type { Clock, Logger } from 'rocketmq-core/common';
import type { Verdict } from '../listener/index.js';
import { securitySettings } from '../options/index.js';
import type { ResolvedServerOptions } from './server-options.js';

const DEAD_LETTER_LEVEL = -1;
/** A broadcasting member finds its offsets again by this name. */
const BROADCAST_INSTANCE = 'microservice';

/** `expired`: aborted when the call takes longer than `consumeTimeout`. */
type Handle = (message: MessageExt, consumer: DefaultMQPushConsumer, expired: AbortSignal) => Promise<Verdict>;

export function createServerConsumer(
  options: ResolvedServerOptions,
  subscriptions: ReadonlyMap<string, string>,
  handle: Handle,
  { clock, logger }: { clock: Clock; logger: Logger },
): DefaultMQPushConsumer {
  const consumer = new DefaultMQPushConsumer({
    ...clientSettings(options),
    ...securitySettings(options),
    clock,
    logger,
  });
  for (const [topic, expression] of subscriptions) consumer.subscribe(topic, expression);
  if (options.consumeMode === 'ORDERLY') consumer.registerMessageListenerOrderly(inOrder(consumer, handle));
  else consumer.registerMessageListenerConcurrently(atOnce(consumer, handle));
  return consumer;
}

/** One message per call, unless prepareStart raised the batch: then what follows a failed message is delivered again with it. */
function atOnce(consumer: DefaultMQPushConsumer, handle: Handle): ConcurrentListenerFunction {
  return async (messages, context) => {
    for (const [index, message] of messages.entries()) {
      const verdict = await handle(message, consumer, context.signal);
      if (verdict.kind === 'CONSUMED') continue;
      context.delayLevelWhenNextConsume = verdict.delayLevel;
      context.ackIndex = index - 1;
      return index === 0 ? ConsumeConcurrentlyStatus.RECONSUME_LATER : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    }
    return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
  };
}

/** What fails holds up its queue, whatever delay level it asks for; only a dead letter makes way at once. */
function inOrder(consumer: DefaultMQPushConsumer, handle: Handle): OrderlyListenerFunction {
  return async (messages, { signal }) => {
    for (const message of messages) {
      const verdict = await handle(message, consumer, signal);
      if (verdict.kind === 'CONSUMED') continue;
      if (verdict.delayLevel !== DEAD_LETTER_LEVEL || !(await consumer.sendMessageBack(message, DEAD_LETTER_LEVEL))) {
        return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
      }
    }
    return ConsumeOrderlyStatus.SUCCESS;
  };
}

/** What is absent keeps the client's default. */
function clientSettings(options: ResolvedServerOptions) {
  return {
    namesrvAddr: options.nameServer,
    accessChannel: options.accessChannel,
    consumerGroup: options.consumerGroup,
    messageModel: options.messageModel,
    consumeFromWhere: options.consumeFromWhere,
    consumeThreadMin: options.consumeThreadNumber,
    consumeThreadMax: Math.max(options.consumeThreadNumber, 64),
    maxReconsumeTimes: options.maxReconsumeTimes,
    consumeTimeout: options.consumeTimeout,
    suspendCurrentQueueTimeMillis: options.suspendCurrentQueueTimeMillis,
    awaitTerminationMillisWhenShutdown: options.awaitTerminationMillisWhenShutdown,
    pullInterval: options.pullInterval,
    pullBatchSize: options.pullBatchSize,
    enableTrace: options.enableMsgTrace,
    traceTopic: options.customizedTraceTopic || undefined,
    instanceName: options.instanceName ?? (options.messageModel === 'BROADCASTING' ? BROADCAST_INSTANCE : undefined),
  };
}
