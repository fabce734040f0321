// What is checked before a pull reads, in Apache's order [java PullMessageProcessor#processRequest]. Decisions only:
// must never read the store. The hot path asks the same functions once per group and topic and keeps the outcome.
import { buildSubscriptionData, type SubscriptionData } from 'rocketmq-core/message';
import type { SubscriptionGroupConfig, TopicConfig } from 'rocketmq-core/protocol';
import type { TagCodeFilter } from 'rocketmq-core/store';
import type { ConsumerTable } from '../client/consumer-table.js';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { type ConsumerFilterTable, isTagType } from '../filter/consumer-filter-table.js';
import { messageFilterOf } from '../filter/message-filter.js';
import type { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import { isReadable } from '../topic/permission.js';
import type { TopicConfigTable } from '../topic/topic-config-table.js';
import { type Refusal, refuse } from './refusal.js';

/** sysFlag bits of a pull [java PullSysFlag]. */
export const PULL_COMMIT_OFFSET = 1;
export const PULL_SUSPEND = 2;
export const PULL_SUBSCRIPTION = 4;

/** Value of `forbiddenType` in answers NO_PERMISSION [java ForbiddenType]. */
const FORBIDDEN_BROKER = { forbiddenType: '1' };
const FORBIDDEN_GROUP = { forbiddenType: '2' };
const FORBIDDEN_TOPIC = { forbiddenType: '3' };
const FORBIDDEN_BROADCAST = { forbiddenType: '4' };
const FORBIDDEN_SUBSCRIPTION = { forbiddenType: '5' };

export interface PullTables {
  config: BrokerConfig;
  topics: TopicConfigTable;
  groups: SubscriptionGroupTable;
  consumers: ConsumerTable;
}

/** A pull that is answered needs the registered filters too. */
export interface PullFilterTables extends PullTables {
  filters: ConsumerFilterTable;
}

export interface PullTarget {
  consumerGroup: string;
  topic: string;
  queueId: number;
  isLitePull: boolean;
  remoteAddress: string;
}

/** What the request says about its subscription. */
export interface PullSubscription {
  /** sysFlag bit 4: the request carries its own. */
  ownSubscription: boolean;
  subscription: string | undefined;
  expressionType: string | undefined;
  subVersion: number;
}

export interface AdmittedPull {
  readonly refused?: never;
  readonly group: SubscriptionGroupConfig;
  readonly topic: TopicConfig;
  /** Undefined: everything matches. */
  readonly filter: TagCodeFilter | undefined;
  readonly subVersion: number;
  readonly broadcasting: boolean;
}

export function admitPull(tables: PullFilterTables, target: PullTarget, subscription: PullSubscription): AdmittedPull | Refusal {
  const access = checkPullAccess(tables, target);
  if ('refused' in access) return access;
  const found = subscription.ownSubscription
    ? ownSubscription(target, subscription)
    : groupSubscription(tables, target, access.group, subscription.subVersion);
  if (found !== undefined && 'refused' in found) return found;
  const filter = found === undefined ? undefined : messageFilterOf(tables, target.consumerGroup, found, subscription);
  if (filter !== undefined && 'refused' in filter) return filter;
  return {
    ...access,
    filter,
    subVersion: found?.subVersion ?? 0,
    broadcasting: tables.consumers.find(target.consumerGroup)?.messageModel === 'BROADCASTING',
  };
}

/** Broker, group, topic and queue: may this group read here at all? */
export function checkPullAccess(tables: PullTables, target: PullTarget): { group: SubscriptionGroupConfig; topic: TopicConfig } | Refusal {
  const { config } = tables;
  if (!isReadable(config.brokerPermission)) {
    return refuse('NO_PERMISSION', `the broker[${config.brokerIP1}] pulling message is forbidden`, FORBIDDEN_BROKER);
  }
  if (target.isLitePull && !config.litePullMessageEnable) {
    return refuse('NO_PERMISSION', `the broker[${config.brokerIP1}] for lite pull consumer is forbidden`, FORBIDDEN_BROKER);
  }
  const group = tables.groups.findOrCreate(target.consumerGroup);
  if (group === undefined) return refuse('SUBSCRIPTION_GROUP_NOT_EXIST', `subscription group [${target.consumerGroup}] does not exist`);
  if (!group.consumeEnable) {
    return refuse('NO_PERMISSION', `subscription group no permission, ${target.consumerGroup}`, FORBIDDEN_GROUP);
  }
  const topic = tables.topics.find(target.topic);
  if (topic === undefined) return refuse('TOPIC_NOT_EXIST', `topic[${target.topic}] not exist: create it or send to it first`);
  if (!isReadable(topic.perm)) {
    return refuse('NO_PERMISSION', `the topic[${target.topic}] pulling message is forbidden`, FORBIDDEN_TOPIC);
  }
  if (target.queueId < 0 || target.queueId >= topic.readQueueNums) {
    return refuse(
      'INVALID_PARAMETER',
      `queueId[${target.queueId}] is illegal, topic:[${target.topic}] topicConfig.readQueueNums:[${topic.readQueueNums}] consumer:[${target.remoteAddress}]`,
    );
  }
  return { group, topic };
}

function ownSubscription(target: PullTarget, subscription: PullSubscription): SubscriptionData | Refusal | undefined {
  // A request that says "own subscription" and gives none reads everything [golden pull-no-subscription-text].
  if (subscription.subscription === undefined) return undefined;
  if (subscription.subscription === '' && !isTagType(subscription.expressionType)) {
    return refuse(
      'SUBSCRIPTION_PARSE_FAILED',
      `parse the consumer's subscription failed: the ${subscription.expressionType} expression is empty`,
    );
  }
  try {
    return buildSubscriptionData(target.topic, subscription.subscription, subscription.expressionType ?? 'TAG');
  } catch (error) {
    // Whatever the parser objects to is the sender's to read.
    return refuse('SUBSCRIPTION_PARSE_FAILED', `parse the consumer's subscription failed: ${error instanceof Error ? error.message : ''}`);
  }
}

/** What the broker knows from heartbeats. */
export function groupSubscription(
  tables: PullTables,
  target: PullTarget,
  group: SubscriptionGroupConfig,
  subVersion: number,
): SubscriptionData | Refusal {
  const consumers = tables.consumers.find(target.consumerGroup);
  if (consumers === undefined) {
    return refuse(
      'SUBSCRIPTION_NOT_EXIST',
      `the consumer's group info not exist: group ${target.consumerGroup} has sent no heartbeat to this broker`,
    );
  }
  if (!group.consumeBroadcastEnable && consumers.messageModel === 'BROADCASTING') {
    return refuse('NO_PERMISSION', `the consumer group[${target.consumerGroup}] can not consume by broadcast way`, FORBIDDEN_BROADCAST);
  }
  if (tables.groups.isPullForbidden(target.consumerGroup, target.topic)) {
    return refuse(
      'NO_PERMISSION',
      `the consumer group[${target.consumerGroup}] is forbidden for topic[${target.topic}]`,
      FORBIDDEN_SUBSCRIPTION,
    );
  }
  const subscription = consumers.subscriptions.get(target.topic);
  if (subscription === undefined) {
    return refuse(
      'SUBSCRIPTION_NOT_EXIST',
      `the consumer's subscription not exist: group ${target.consumerGroup} does not subscribe to ${target.topic}`,
    );
  }
  if (subscription.subVersion < subVersion) {
    return refuse(
      'SUBSCRIPTION_NOT_LATEST',
      `the consumer's subscription not latest: the broker knows version ${subscription.subVersion}, the request has ${subVersion}`,
    );
  }
  return subscription;
}
