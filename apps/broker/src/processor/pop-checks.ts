// What is checked before a POP, a peek or a notification looks at a queue, in Apache's order [java PopMessageProcessor#processRequest].
// Decisions only: must never read the store.
import { buildSubscriptionData } from 'rocketmq-core/message';
import type { TopicConfig } from 'rocketmq-core/protocol';
import type { TagCodeFilter } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { messageFilterOf } from '../filter/message-filter.js';
import { isReadable } from '../topic/permission.js';
import type { PullFilterTables } from './pull-checks.js';
import { type Refusal, refuse } from './refusal.js';

/** Most messages of one POP: its checkpoint has so many bits. */
export const POP_MESSAGES_MAX = 32;

export interface PopTarget {
  readonly consumerGroup: string;
  readonly topic: string;
  /** Below 0: any. */
  readonly queueId: number;
  readonly remoteAddress: string;
}

/** Broker, topic, queue and group: may this group look here at all? */
export function checkPopAccess(tables: PullFilterTables, target: PopTarget, what: 'pop' | 'peeking'): TopicConfig | Refusal {
  const { config } = tables;
  if (!isReadable(config.brokerPermission)) {
    return refuse('NO_PERMISSION', `the broker[${config.brokerIP1}] ${what} message is forbidden`);
  }
  const topic = tables.topics.find(target.topic);
  if (topic === undefined) return refuse('TOPIC_NOT_EXIST', `topic[${target.topic}] not exist: create it or send to it first`);
  if (!isReadable(topic.perm)) return refuse('NO_PERMISSION', `the topic[${target.topic}] peeking message is forbidden`);
  if (target.queueId >= topic.readQueueNums) {
    return refuse(
      'INVALID_PARAMETER',
      `queueId[${target.queueId}] is illegal, topic:[${target.topic}] topicConfig.readQueueNums:[${topic.readQueueNums}] consumer:[${target.remoteAddress}]`,
    );
  }
  const group = tables.groups.findOrCreate(target.consumerGroup);
  if (group === undefined) return refuse('SUBSCRIPTION_GROUP_NOT_EXIST', `subscription group [${target.consumerGroup}] does not exist`);
  if (!group.consumeEnable) return refuse('NO_PERMISSION', `subscription group no permission, ${target.consumerGroup}`);
  return topic;
}

/** How many messages, and for how long. Apache lets what it cannot serve below 1 wait for its time-out. */
export function checkPopNumbers(config: BrokerConfig, maxMsgNums: number, invisibleTime: number): Refusal | undefined {
  const { brokerIP1 } = config;
  if (maxMsgNums > POP_MESSAGES_MAX) {
    return refuse('INVALID_PARAMETER', `the broker[${brokerIP1}] pop message's num is greater than ${POP_MESSAGES_MAX}`);
  }
  if (maxMsgNums < 1) return refuse('INVALID_PARAMETER', `the broker[${brokerIP1}] pop message's num ${maxMsgNums} is less than 1`);
  if (!config.timerWheelEnable) {
    return refuse('SYSTEM_ERROR', `the broker[${brokerIP1}] pop message is forbidden because timerWheelEnable is false`);
  }
  return checkInvisibleTime(config, invisibleTime);
}

/** The timer brings a message back: it stays away no longer than the timer keeps anything. */
export function checkInvisibleTime({ timerMaxDelaySec }: BrokerConfig, invisibleTime: number): Refusal | undefined {
  const max = timerMaxDelaySec * 1000;
  if (invisibleTime >= 1 && invisibleTime <= max) return undefined;
  return refuse('INVALID_PARAMETER', `invisibleTime ${invisibleTime} ms is outside 1 to ${max}`);
}

/** The filter of a POP, which carries its own expression; undefined: everything matches. */
export function popFilterOf(
  tables: PullFilterTables,
  { topic, consumerGroup }: PopTarget,
  { exp, expType }: { exp?: string | undefined; expType?: string | undefined },
): TagCodeFilter | undefined | Refusal {
  if (exp === undefined || exp === '') return undefined;
  try {
    const subscription = buildSubscriptionData(topic, exp, expType ?? 'TAG');
    return messageFilterOf(tables, consumerGroup, subscription, { ownSubscription: true, subVersion: 0 });
  } catch (error) {
    return refuse('SUBSCRIPTION_PARSE_FAILED', `parse the consumer's subscription failed: ${error instanceof Error ? error.message : ''}`);
  }
}
