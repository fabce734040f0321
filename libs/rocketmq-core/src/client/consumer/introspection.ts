// What a running push consumer tells of itself and lets be done to it from outside [java MQClientInstance#consumerRunningInfo,
// #consumeMessageDirectly, #getConsumerStatus]. Must never wait for the consumer's own work, but for the one message it is handed.
import { reasonOf } from '../../common/index.js';
import type { MessageExt, MessageQueue } from '../../message/index.js';
import type { ConsumeMessageDirectlyResult, ConsumerRunningInfo, ConsumeResult, ProcessQueueInfo } from '../../protocol/index.js';
import type { ConsumeOutcome } from './consume-service.js';
import type { ConsumeStats } from './consume-stats.js';
import type { ConsumerContext } from './consumer-context.js';
import type { ProcessQueue } from './process-queue.js';

export interface InspectedConsumer {
  readonly context: ConsumerContext;
  readonly startedAt: number;
  readonly stats: ConsumeStats;
  readonly isOrderly: boolean;
  processQueues(): ProcessQueue[];
  isLocked(queue: ProcessQueue): boolean;
  consumeDirectly(message: MessageExt): Promise<ConsumeOutcome>;
}

const CLIENT_VERSION = 'V5_5_0';
const BYTES_PER_MIB = 1024 * 1024;

export function runningInfoOf(consumer: InspectedConsumer): ConsumerRunningInfo {
  const { context, stats } = consumer;
  const topics = [...context.subscriptions.keys()];
  return {
    properties: propertiesOf(consumer),
    subscriptionSet: [...context.subscriptions.values()],
    mqTable: new Map(consumer.processQueues().map((queue) => [queue.queue, queueInfoOf(consumer, queue)])),
    mqPopTable: new Map(),
    statusTable: new Map(topics.map((topic) => [topic, stats.of(topic)])),
    userConsumerInfo: new Map(),
  };
}

/** Of a consumer that pulls at the application's wish [java DefaultMQPullConsumerImpl#consumerRunningInfo, DefaultLitePullConsumerImpl]. */
export function activeRunningInfoOf(
  context: ConsumerContext<object>,
  startedAt: number,
  mqTable: ConsumerRunningInfo['mqTable'],
): ConsumerRunningInfo {
  return {
    properties: new Map([...commonPropertiesOf(context, startedAt), ['PROP_CONSUME_TYPE', 'CONSUME_ACTIVELY']]),
    subscriptionSet: [...context.subscriptions.values()],
    mqTable,
    mqPopTable: new Map(),
    statusTable: new Map(),
    userConsumerInfo: new Map(),
  };
}

/** Offsets of the topic's queues as they would be committed now. */
export function offsetsOf({ context, processQueues }: InspectedConsumer, topic: string): Map<MessageQueue, number> {
  const queues = processQueues().filter(({ queue }) => queue.topic === topic);
  return new Map(queues.map(({ queue }) => [queue, context.offsets.get(queue) ?? 0]));
}

/** Calls the listener with one message, outside queues and offsets. */
export async function consumeDirectly(consumer: InspectedConsumer, message: MessageExt): Promise<ConsumeMessageDirectlyResult> {
  const { clock } = consumer.context.instance.ports;
  const startedAtMs = clock.monotonic();
  const outcome = await consumer.consumeDirectly(message);
  return {
    order: consumer.isOrderly,
    autoCommit: true,
    consumeResult: resultOf(outcome),
    remark: outcome.error === undefined ? undefined : reasonOf(outcome.error),
    spentTimeMills: Math.round(clock.monotonic() - startedAtMs),
  };
}

function resultOf({ status, error, answeredNothing }: ConsumeOutcome): ConsumeResult {
  if (error !== undefined) return 'CR_THROW_EXCEPTION';
  if (answeredNothing) return 'CR_RETURN_NULL';
  switch (status) {
    case 'CONSUME_SUCCESS':
    case 'SUCCESS':
      return 'CR_SUCCESS';
    case 'COMMIT':
      return 'CR_COMMIT';
    case 'ROLLBACK':
      return 'CR_ROLLBACK';
    case 'RECONSUME_LATER':
    case 'SUSPEND_CURRENT_QUEUE_A_MOMENT':
      return 'CR_LATER';
  }
}

function queueInfoOf({ context, isLocked }: InspectedConsumer, queue: ProcessQueue): ProcessQueueInfo {
  const isEmpty = queue.messageCount === 0;
  return {
    commitOffset: context.offsets.get(queue.queue) ?? 0,
    cachedMsgMinOffset: isEmpty ? 0 : queue.lowestOffset,
    cachedMsgMaxOffset: isEmpty ? 0 : queue.maxOffset,
    cachedMsgCount: queue.messageCount,
    cachedMsgSizeInMiB: Math.floor(queue.byteCount / BYTES_PER_MIB),
    transactionMsgMinOffset: 0,
    transactionMsgMaxOffset: 0,
    transactionMsgCount: 0,
    locked: isLocked(queue),
    tryUnlockTimes: 0,
    lastLockTimestamp: 0,
    droped: queue.dropped,
    lastPullTimestamp: queue.lastPullTimestamp,
    lastConsumeTimestamp: queue.lastConsumeTimestamp,
  };
}

function propertiesOf({ context, startedAt, isOrderly }: InspectedConsumer): Map<string, string> {
  return new Map([
    ...commonPropertiesOf(context, startedAt),
    ['PROP_CONSUME_TYPE', 'CONSUME_PASSIVELY'],
    ['PROP_CONSUMEORDERLY', String(isOrderly)],
    ['PROP_THREADPOOL_CORE_SIZE', String(context.settings.consumeThreadMin)],
  ]);
}

/** Apache's tools read the PROP_ ones; the others are the consumer's settings that have a plain value. */
function commonPropertiesOf({ instance, settings, consumerGroup }: ConsumerContext<object>, startedAt: number): Map<string, string> {
  const plain = Object.entries(settings).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return new Map([
    ...plain.map(([key, value]): [string, string] => [key, String(value)]),
    ['consumerGroup', consumerGroup],
    ['language', 'JAVA'],
    ['PROP_NAMESERVER_ADDR', `${instance.config.nameServers.join(';')};`],
    ['PROP_CLIENT_VERSION', CLIENT_VERSION],
    // Apache's analysis reads it as a number.
    ['PROP_CONSUMER_START_TIMESTAMP', String(startedAt)],
  ]);
}
