// Topics and groups as brokers store and register them [java TopicConfig, SubscriptionGroupConfig].
import type { BodyReader, JsonValue } from '../json/index.js';

export interface TopicConfig {
  topicName: string;
  readQueueNums: number;
  writeQueueNums: number;
  /** Bits: 4 read, 2 write, 1 inherit, 8 priority. */
  perm: number;
  topicFilterType: 'SINGLE_TAG' | 'MULTI_TAG';
  topicSysFlag: number;
  order: boolean;
  attributes: Map<string, string>;
}

const DEFAULT_QUEUES = 16;
const READ_WRITE = 6;

export function readTopicConfig(reader: BodyReader): TopicConfig {
  return {
    topicName: reader.string('topicName'),
    readQueueNums: reader.integer('readQueueNums', DEFAULT_QUEUES),
    writeQueueNums: reader.integer('writeQueueNums', DEFAULT_QUEUES),
    perm: reader.integer('perm', READ_WRITE),
    topicFilterType: reader.word('topicFilterType', ['SINGLE_TAG', 'MULTI_TAG'], 'SINGLE_TAG'),
    topicSysFlag: reader.integer('topicSysFlag', 0),
    order: reader.boolean('order', false),
    attributes: readAttributes(reader, 'attributes'),
  };
}

export interface SubscriptionGroupConfig {
  groupName: string;
  consumeEnable: boolean;
  consumeFromMinEnable: boolean;
  consumeBroadcastEnable: boolean;
  consumeMessageOrderly: boolean;
  retryQueueNums: number;
  retryMaxTimes: number;
  groupRetryPolicy: JsonValue;
  brokerId: number;
  whichBrokerWhenConsumeSlowly: number;
  notifyConsumerIdsChangedEnable: boolean;
  groupSysFlag: number;
  consumeTimeoutMinute: number;
  attributes: Map<string, string>;
}

export function readSubscriptionGroupConfig(reader: BodyReader): SubscriptionGroupConfig {
  return {
    groupName: reader.string('groupName'),
    consumeEnable: reader.boolean('consumeEnable', true),
    consumeFromMinEnable: reader.boolean('consumeFromMinEnable', true),
    consumeBroadcastEnable: reader.boolean('consumeBroadcastEnable', true),
    consumeMessageOrderly: reader.boolean('consumeMessageOrderly', false),
    retryQueueNums: reader.integer('retryQueueNums', 1),
    retryMaxTimes: reader.integer('retryMaxTimes', 16),
    groupRetryPolicy: reader.raw('groupRetryPolicy') ?? { type: 'CUSTOMIZED' },
    brokerId: reader.integer('brokerId', 0),
    whichBrokerWhenConsumeSlowly: reader.integer('whichBrokerWhenConsumeSlowly', 1),
    notifyConsumerIdsChangedEnable: reader.boolean('notifyConsumerIdsChangedEnable', true),
    groupSysFlag: reader.integer('groupSysFlag', 0),
    consumeTimeoutMinute: reader.integer('consumeTimeoutMinute', 15),
    attributes: readAttributes(reader, 'attributes'),
  };
}

export function readAttributes(reader: BodyReader, name: string): Map<string, string> {
  return new Map(reader.namedEntries(name).map(([key, value]) => [key, String(value)]));
}
