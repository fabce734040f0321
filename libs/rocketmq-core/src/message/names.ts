// Names of topics and groups: what is legal, what belongs to the system, and names derived from others [java Validators, TopicValidator, MixAll].
// The first wall against hostile names: nothing else decides what may become a file or a key.
import { IllegalMessageError, IllegalSubscriptionError } from '../errors/index.js';

/** Template of auto-created topics. */
export const DEFAULT_TOPIC = 'TBW102';
export const RETRY_PREFIX = '%RETRY%';
export const DLQ_PREFIX = '%DLQ%';
/** Longest topic name; a record holds its length in a signed byte. */
export const TOPIC_LENGTH_MAX = 127;
/** Longest group name of 5.x. */
export const GROUP_LENGTH_MAX = 120;
/** Longest name of a retry or dead-letter topic. */
export const RETRY_TOPIC_LENGTH_MAX = 255;

const LEGAL = /^[%|a-zA-Z0-9_-]+$/;
const ALLOWED = '^[%|a-zA-Z0-9_-]+$';

const SYSTEM_TOPICS: ReadonlySet<string> = new Set([
  'TBW102', 'SCHEDULE_TOPIC_XXXX', 'BenchmarkTest', 'RMQ_SYS_TRANS_HALF_TOPIC', 'RMQ_SYS_TRACE_TOPIC', 'RMQ_SYS_TRANS_OP_HALF_TOPIC',
  'TRANS_CHECK_MAX_TIME_TOPIC', 'SELF_TEST_TOPIC', 'OFFSET_MOVED_EVENT', 'CHECKPOINT_TOPIC', 'RMQ_SYS_ROCKSDB_TRANS_HALF_TOPIC',
  'RMQ_SYS_ROCKSDB_TRANS_OP_HALF_TOPIC',
]); // prettier-ignore
const SYSTEM_TOPIC_PREFIX = 'rmq_sys_';

const SEND_FORBIDDEN: ReadonlySet<string> = new Set([
  'SCHEDULE_TOPIC_XXXX', 'RMQ_SYS_TRANS_HALF_TOPIC', 'RMQ_SYS_TRANS_OP_HALF_TOPIC', 'TRANS_CHECK_MAX_TIME_TOPIC', 'SELF_TEST_TOPIC', 'OFFSET_MOVED_EVENT',
]); // prettier-ignore

/** Why a topic name is refused, or undefined when it is legal. */
export function topicNameProblem(topic: string | null | undefined, lengthMax = TOPIC_LENGTH_MAX): string | undefined {
  if (typeof topic !== 'string' || topic.trim() === '') return 'The specified topic is blank';
  if (topic.length > lengthMax) return `The specified topic is longer than topic max length ${lengthMax}.`;
  return LEGAL.test(topic) ? undefined : `The specified topic[${topic}] contains illegal characters, allowing only ${ALLOWED}`;
}

/** Throws IllegalMessageError unless a topic name is legal. */
export function validateTopicName(topic: string | null | undefined, lengthMax = TOPIC_LENGTH_MAX): void {
  const problem = topicNameProblem(topic, lengthMax);
  if (problem !== undefined) throw new IllegalMessageError(problem, { topic });
}

/** Throws IllegalSubscriptionError unless a group name is legal. */
export function validateGroupName(group: string | null | undefined): void {
  if (group === null || group === undefined || group.trim() === '') throw new IllegalSubscriptionError('the specified group is blank');
  if (group.length > GROUP_LENGTH_MAX)
    throw new IllegalSubscriptionError(`the specified group[${group}] is longer than group max length: ${GROUP_LENGTH_MAX}.`);
  if (!LEGAL.test(group))
    throw new IllegalSubscriptionError(`the specified group[${group}] contains illegal characters, allowing only ${ALLOWED}`);
}

/** Topics users cannot create or delete. */
export function isSystemTopic(topic: string): boolean {
  return SYSTEM_TOPICS.has(topic) || topic.startsWith(SYSTEM_TOPIC_PREFIX);
}

/** Topics nobody may send to from outside. */
export function isSendForbiddenTopic(topic: string): boolean {
  return SEND_FORBIDDEN.has(topic);
}

export function retryTopicOf(group: string): string {
  return RETRY_PREFIX + group;
}

export function dlqTopicOf(group: string): string {
  return DLQ_PREFIX + group;
}
