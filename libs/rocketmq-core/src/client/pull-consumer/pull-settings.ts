// Settings of both pull consumers with Java's names, units and defaults [java DefaultMQPullConsumer, DefaultLitePullConsumer], and their limits.
import { type ConfigProblem, ConfigError, IllegalSubscriptionError } from '../../errors/index.js';
import { validateGroupName } from '../../message/index.js';
import { ClientConfig } from '../client-config.js';
import { AllocateMessageQueueAveragely, type AllocateMessageQueueStrategy } from '../consumer/allocate-strategies.js';
import { parseConsumeTimestamp } from '../consumer/consume-timestamp.js';
import { ConsumeFromWhere, MessageModel } from '../consumer/push-consumer-settings.js';
import { clientProblems, INT_MAX, type Range, rangeProblems } from '../setting-problems.js';

/** What both kinds have. */
abstract class CommonPullSettings extends ClientConfig {
  consumerGroup = '';
  messageModel: MessageModel = 'CLUSTERING';
  allocateMessageQueueStrategy: AllocateMessageQueueStrategy = new AllocateMessageQueueAveragely();
  /** How long the broker may hold a pull that finds nothing, ms. */
  brokerSuspendMaxTimeMillis = 20_000;
  /** How long the answer of a held pull is waited for, ms; longer than the broker may hold it. */
  consumerTimeoutMillisWhenSuspend = 30_000;
  /** Where a broadcasting member keeps its offsets, in `<clientId>/<group>/offsets.json`. Default: .rocketmq_offsets in the home directory. */
  localOffsetStoreDir: string | undefined = undefined;
}

export class PullConsumerSettings extends CommonPullSettings {
  /** How long the answer of a pull that is not held is waited for, ms. */
  consumerPullTimeoutMillis = 10_000;
  /** Attempts of a message sent back before the dead-letter queue; -1: 16. */
  maxReconsumeTimes = 16;
  /** Topics whose queues are shared out among the members of the group. */
  registerTopics: Iterable<string> = [];
}

export class LitePullConsumerSettings extends CommonPullSettings {
  /** Where a group begins on a queue it has no committed offset for. */
  consumeFromWhere: ConsumeFromWhere = 'CONSUME_FROM_LAST_OFFSET';
  /** yyyyMMddHHmmss, local time, for CONSUME_FROM_TIMESTAMP. Default: half an hour before start. */
  consumeTimestamp: string | undefined = undefined;
  /** Commit with poll() what earlier polls gave. */
  autoCommit = true;
  /** Shortest time between two such commits, ms. */
  autoCommitIntervalMillis = 5000;
  /** How long poll() waits unless told, ms. */
  pollTimeoutMillis = 5000;
  /** Messages per pull. */
  pullBatchSize = 10;
  /** Kept for Java's sake: waiting pulls cost no threads here, each queue has its own. */
  pullThreadNums = 20;
  /** Messages pulled and not polled, of all queues, above which nothing is pulled. */
  pullThresholdForAll = 10_000;
  /** The same of one queue. */
  pullThresholdForQueue = 1000;
  /** The same of one queue in MiB. */
  pullThresholdSizeForQueue = 100;
  /** Offsets between the first and the last message of a queue that wait for poll(), above which it is not pulled. */
  consumeMaxSpan = 2000;
  /** Pause after a failed pull, ms. */
  pullTimeDelayMillsWhenException = 1000;
  /** How often topics with a change listener are compared, ms. */
  topicMetadataCheckIntervalMillis = 30_000;
}

export type PullConsumerOptions = Partial<PullConsumerSettings>;
export type LitePullConsumerOptions = Partial<LitePullConsumerSettings>;

const RESERVED_GROUP = 'DEFAULT_CONSUMER';
/** Only such intervals are of use [java DefaultLitePullConsumer#setAutoCommitIntervalMillis]. */
const AUTO_COMMIT_INTERVAL_MIN_MS = 1000;

const COMMON_RANGES: Readonly<Record<string, Range>> = {
  brokerSuspendMaxTimeMillis: [1, INT_MAX],
  consumerTimeoutMillisWhenSuspend: [1, INT_MAX],
};

const PULL_RANGES: Readonly<Record<string, Range>> = {
  ...COMMON_RANGES,
  consumerPullTimeoutMillis: [1, INT_MAX],
  maxReconsumeTimes: [-1, INT_MAX],
};

const LITE_RANGES: Readonly<Record<string, Range>> = {
  ...COMMON_RANGES,
  autoCommitIntervalMillis: [AUTO_COMMIT_INTERVAL_MIN_MS, INT_MAX],
  pollTimeoutMillis: [0, INT_MAX],
  pullBatchSize: [1, 1024],
  pullThreadNums: [1, 1000],
  pullThresholdForAll: [1, 1_000_000],
  pullThresholdForQueue: [1, 65_535],
  pullThresholdSizeForQueue: [1, 1024],
  consumeMaxSpan: [1, 65_535],
  pullTimeDelayMillsWhenException: [1, INT_MAX],
  topicMetadataCheckIntervalMillis: [1, INT_MAX],
};

/** Throws ConfigError with every setting that cannot be used. */
export function checkPullSettings(settings: PullConsumerSettings): void {
  throwIfAny(`DefaultMQPullConsumer ${settings.consumerGroup}`, commonProblems(settings, PULL_RANGES));
}

/** As checkPullSettings. */
export function checkLitePullSettings(settings: LitePullConsumerSettings): void {
  const problems = commonProblems(settings, LITE_RANGES);
  const { consumeFromWhere, consumeTimestamp } = settings;
  if (!(consumeFromWhere in ConsumeFromWhere)) {
    problems.push({ key: 'consumeFromWhere', problem: `${consumeFromWhere} is none of ${Object.keys(ConsumeFromWhere).join(', ')}` });
  }
  if (consumeTimestamp !== undefined && parseConsumeTimestamp(consumeTimestamp) === undefined) {
    problems.push({ key: 'consumeTimestamp', problem: `${JSON.stringify(consumeTimestamp)} is no time in the form yyyyMMddHHmmss` });
  }
  throwIfAny(`DefaultLitePullConsumer ${settings.consumerGroup}`, problems);
}

function commonProblems(settings: CommonPullSettings, ranges: Readonly<Record<string, Range>>): ConfigProblem[] {
  validateGroupName(settings.consumerGroup);
  if (settings.consumerGroup === RESERVED_GROUP) {
    throw new IllegalSubscriptionError(`consumerGroup can not equal ${RESERVED_GROUP}, please specify another one.`);
  }
  const problems: ConfigProblem[] = [...clientProblems(settings), ...rangeProblems(settings, ranges)];
  const { brokerSuspendMaxTimeMillis: held, consumerTimeoutMillisWhenSuspend: waited } = settings;
  if (waited < held) {
    problems.push({ key: 'consumerTimeoutMillisWhenSuspend', problem: `${waited} is less than brokerSuspendMaxTimeMillis (${held})` });
  }
  if (!(settings.messageModel in MessageModel)) {
    problems.push({ key: 'messageModel', problem: `${String(settings.messageModel)} is neither CLUSTERING nor BROADCASTING` });
  }
  return problems;
}

function throwIfAny(where: string, problems: readonly ConfigProblem[]): void {
  if (problems.length > 0) throw new ConfigError(where, problems);
}
