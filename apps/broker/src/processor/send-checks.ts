// What is checked before a message is stored, in Apache's order [java AbstractSendMessageProcessor#msgCheck]. Decisions only:
// must never touch the store. The hot path asks the same functions once per topic and keeps the outcome.
import { isSendForbiddenTopic, RETRY_PREFIX, topicNameProblem } from 'rocketmq-core/message';
import type { TopicConfig } from 'rocketmq-core/protocol';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { isWriteable, PERM_READ, PERM_WRITE, permissionText } from '../topic/permission.js';
import type { TopicConfigTable } from '../topic/topic-config-table.js';
import { type Refusal, refuse } from './refusal.js';

/** sysFlag bits of a topic used by units [java TopicSysFlag]. */
const UNIT_FLAG = 1;
const UNIT_SUB_FLAG = 2;

export interface SendTarget {
  topic: string;
  queueId: number;
  defaultTopic: string;
  defaultTopicQueueNums: number;
  unitMode: boolean;
  remoteAddress: string;
}

/** The broker takes sends at all, from this moment on. */
export function checkAccepting(config: BrokerConfig, nowMs: number): Refusal | undefined {
  if (nowMs >= config.startAcceptSendRequestTimeStamp) return undefined;
  return refuse(
    'SYSTEM_ERROR',
    `broker[${config.brokerIP1}] accepts sends from ${new Date(config.startAcceptSendRequestTimeStamp).toISOString()} on`,
  );
}

/** Everything about the topic's name and the broker's permission; what needs no topic to exist. */
export function checkSendTopicName(config: BrokerConfig, topic: string, known: TopicConfig | undefined): Refusal | undefined {
  // Both conditions, as Java: writing to a read-only broker is otherwise prevented by routing alone.
  if (!isWriteable(config.brokerPermission) && known?.order === true) {
    return refuse('NO_PERMISSION', `the broker[${config.brokerIP1}] sending message is forbidden`);
  }
  if (known === undefined) {
    const problem = topicNameProblem(topic);
    if (problem !== undefined) return refuse('INVALID_PARAMETER', problem);
  }
  if (isSendForbiddenTopic(topic)) return refuse('NO_PERMISSION', `Sending message to topic[${topic}] is forbidden.`);
  return undefined;
}

/** All checks of one message; makes the topic when it may. */
export function admitSend(config: BrokerConfig, topics: TopicConfigTable, target: SendTarget): TopicConfig | Refusal {
  const known = topics.find(target.topic);
  const refusal = checkSendTopicName(config, target.topic, known);
  if (refusal !== undefined) return refusal;
  const topic = known ?? createTopic(topics, target);
  if (topic === undefined) {
    return refuse('TOPIC_NOT_EXIST', `topic[${target.topic}] not exist: create it, or allow autoCreateTopicEnable and send with TBW102`);
  }
  if (target.queueId >= Math.max(topic.writeQueueNums, topic.readQueueNums)) {
    return refuse(
      'INVALID_PARAMETER',
      `request queueId[${target.queueId}] is illegal, ${describeTopic(topic)} Producer: ${target.remoteAddress}`,
    );
  }
  return topic;
}

function createTopic(topics: TopicConfigTable, target: SendTarget): TopicConfig | undefined {
  const isRetry = target.topic.startsWith(RETRY_PREFIX);
  const unitFlag = isRetry ? UNIT_SUB_FLAG : UNIT_FLAG;
  const topicSysFlag = target.unitMode ? unitFlag : 0;
  const made = topics.createOnSend({ ...target, topicSysFlag });
  if (made !== undefined || !isRetry) return made;
  return topics.createInternal(target.topic, 1, PERM_READ | PERM_WRITE, topicSysFlag);
}

export function describeTopic(topic: TopicConfig): string {
  return (
    `TopicConfig [topicName=${topic.topicName}, readQueueNums=${topic.readQueueNums}, writeQueueNums=${topic.writeQueueNums}, ` +
    `perm=${permissionText(topic.perm)}, topicFilterType=${topic.topicFilterType}, topicSysFlag=${topic.topicSysFlag}, order=${topic.order}]`
  );
}

export { UNIT_FLAG, UNIT_SUB_FLAG };
