// Settings of a push consumer with Java's names, units and defaults [java DefaultMQPushConsumer], and their limits.
import type { ConsumeMessageHook, FilterMessageHook } from '../hooks/message-hooks.js';
import { type ConfigProblem, ConfigError } from '../../errors/index.js';
import { ClientConfig } from '../client-config.js';
import { arrayProblems, clientProblems, type Range, rangeProblems } from '../setting-problems.js';
import { AllocateMessageQueueAveragely, type AllocateMessageQueueStrategy } from './allocate-strategies.js';
import { parseConsumeTimestamp } from './consume-timestamp.js';

export const MessageModel = { CLUSTERING: 'CLUSTERING', BROADCASTING: 'BROADCASTING' } as const;
export type MessageModel = (typeof MessageModel)[keyof typeof MessageModel];

export const ConsumeFromWhere = {
  CONSUME_FROM_LAST_OFFSET: 'CONSUME_FROM_LAST_OFFSET',
  CONSUME_FROM_FIRST_OFFSET: 'CONSUME_FROM_FIRST_OFFSET',
  CONSUME_FROM_TIMESTAMP: 'CONSUME_FROM_TIMESTAMP',
} as const;
export type ConsumeFromWhere = (typeof ConsumeFromWhere)[keyof typeof ConsumeFromWhere];

export class PushConsumerSettings extends ClientConfig {
  consumerGroup = '';
  messageModel: MessageModel = 'CLUSTERING';
  /** Where a group begins on a queue it has no committed offset for. */
  consumeFromWhere: ConsumeFromWhere = 'CONSUME_FROM_LAST_OFFSET';
  /** yyyyMMddHHmmss, local time, for CONSUME_FROM_TIMESTAMP. Default: half an hour before start. */
  consumeTimestamp: string | undefined = undefined;
  allocateMessageQueueStrategy: AllocateMessageQueueStrategy = new AllocateMessageQueueAveragely();
  /** Listener calls at once. */
  consumeThreadMin = 20;
  /** Kept for Java's sake: at least consumeThreadMin, without further effect there and here. */
  consumeThreadMax = 20;
  /** Messages per listener call. */
  consumeMessageBatchMaxSize = 1;
  /** Messages per pull. */
  pullBatchSize = 32;
  /** Bytes per pull; brokers may ignore it. */
  pullBatchSizeInBytes = 256 * 1024;
  /** Unfinished messages of one queue above which it is not pulled. */
  pullThresholdForQueue = 1000;
  /** The same in MiB. */
  pullThresholdSizeForQueue = 100;
  /** For a topic, shared by its queues; -1: off. */
  pullThresholdForTopic = -1;
  /** The same in MiB; -1: off. */
  pullThresholdSizeForTopic = -1;
  /** Offsets between the lowest unfinished and the highest message of a queue above which it is not pulled. */
  consumeConcurrentlyMaxSpan = 2000;
  /** Pause between pulls in ms. */
  pullInterval = 0;
  /** Pause after a failed pull in ms. */
  pullTimeDelayMillsWhenException = 1000;
  /** Send the subscription with every pull. */
  postSubscriptionWhenPull = false;
  /** Attempts before the dead-letter queue; -1: 16, for an orderly listener without end. */
  maxReconsumeTimes = -1;
  /** Minutes after which a message the listener still has is sent back and delivered again. */
  consumeTimeout = 15;
  /** How long an orderly queue rests after a failure, ms; kept within 10..30000. */
  suspendCurrentQueueTimeMillis = 1000;
  /** How long shutdown waits for listeners, ms. */
  awaitTerminationMillisWhenShutdown = 0;
  /** Where a broadcasting member keeps its offsets, in `<clientId>/<group>/offsets.json`. Default: .rocketmq_offsets in the home directory. */
  localOffsetStoreDir: string | undefined = undefined;
  /** See every call of the listener; change it before start, as the next. */
  consumeMessageHooks: ConsumeMessageHook[] = [];
  /** See what was pulled, and may take messages out. */
  filterMessageHooks: FilterMessageHook[] = [];
}

export type PushConsumerOptions = Partial<PushConsumerSettings>;

/** Retries of a message when maxReconsumeTimes is -1. */
const MAX_RECONSUME_TIMES = 16;

export function maxReconsumeTimesOf(settings: Pick<PushConsumerSettings, 'maxReconsumeTimes'>): number {
  return settings.maxReconsumeTimes === -1 ? MAX_RECONSUME_TIMES : settings.maxReconsumeTimes;
}

type NumberSetting = {
  [K in keyof PushConsumerSettings]-?: PushConsumerSettings[K] extends number ? K : never;
}[keyof PushConsumerSettings];

/** [java DefaultMQPushConsumerImpl#checkConfig] */
const RANGES: Readonly<Partial<Record<NumberSetting, Range>>> = {
  consumeThreadMin: [1, 1000],
  consumeThreadMax: [1, 1000],
  consumeMessageBatchMaxSize: [1, 1024],
  pullBatchSize: [1, 1024],
  pullThresholdForQueue: [1, 65_535],
  pullThresholdSizeForQueue: [1, 1024],
  consumeConcurrentlyMaxSpan: [1, 65_535],
  pullInterval: [0, 65_535],
  maxReconsumeTimes: [-1, 2 ** 31 - 1],
  consumeTimeout: [1, 2 ** 31 - 1],
  suspendCurrentQueueTimeMillis: [-1, 2 ** 31 - 1],
  awaitTerminationMillisWhenShutdown: [0, 2 ** 31 - 1],
};

/** Throws ConfigError with every setting that cannot be used. */
export function checkPushConsumerSettings(settings: PushConsumerSettings): void {
  const problems: ConfigProblem[] = [
    ...clientProblems(settings),
    ...rangeProblems(settings, RANGES),
    ...arrayProblems(settings, ['consumeMessageHooks', 'filterMessageHooks']),
  ];
  for (const key of ['pullThresholdForTopic', 'pullThresholdSizeForTopic'] as const) {
    const value = settings[key];
    if (value !== -1 && !(Number.isInteger(value) && value >= 1))
      problems.push({ key, problem: `${value} is neither -1 nor a number above 0` });
  }
  if (settings.consumeThreadMin > settings.consumeThreadMax) {
    problems.push({
      key: 'consumeThreadMin',
      problem: `consumeThreadMin (${settings.consumeThreadMin}) is larger than consumeThreadMax (${settings.consumeThreadMax})`,
    });
  }
  if (!(settings.consumeFromWhere in ConsumeFromWhere)) {
    problems.push({
      key: 'consumeFromWhere',
      problem: `${settings.consumeFromWhere} is none of ${Object.keys(ConsumeFromWhere).join(', ')}`,
    });
  }
  const { consumeTimestamp } = settings;
  if (consumeTimestamp !== undefined && parseConsumeTimestamp(consumeTimestamp) === undefined) {
    problems.push({ key: 'consumeTimestamp', problem: `${JSON.stringify(consumeTimestamp)} is no time in the form yyyyMMddHHmmss` });
  }
  if (!(settings.messageModel in MessageModel)) {
    problems.push({ key: 'messageModel', problem: `${String(settings.messageModel)} is neither CLUSTERING nor BROADCASTING` });
  }
  if (problems.length > 0) throw new ConfigError(`DefaultMQPushConsumer ${settings.consumerGroup}`, problems);
}
