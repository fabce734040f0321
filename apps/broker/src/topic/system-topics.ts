// The topics every broker has from its first start [java TopicConfigManager#init]. Pure: config in, topics out.
import type { TopicConfig } from 'rocketmq-core/protocol';
import { PERM_INHERIT, PERM_READ, PERM_WRITE } from './permission.js';

export const SCHEDULE_TOPIC = 'SCHEDULE_TOPIC_XXXX';
/** Where messages wait for their moment. */
export const TIMER_TOPIC = 'rmq_sys_wheel_timer';
export const TRANS_HALF_TOPIC = 'RMQ_SYS_TRANS_HALF_TOPIC';
export const TRANS_OP_TOPIC = 'RMQ_SYS_TRANS_OP_HALF_TOPIC';
/** Half messages nobody could decide; made on first need. */
export const CHECK_MAX_TIME_TOPIC = 'TRANS_CHECK_MAX_TIME_TOPIC';

const READ_WRITE = PERM_READ | PERM_WRITE;

export interface SystemTopicOptions {
  brokerClusterName: string;
  brokerName: string;
  defaultTopicQueueNums: number;
  autoCreateTopicEnable: boolean;
  clusterTopicEnable: boolean;
  brokerTopicEnable: boolean;
  traceTopicEnable: boolean;
  msgTraceTopicName: string;
  reviveQueueNum: number;
  delayLevels: number;
}

export function topicConfig(topicName: string, queues: number, perm: number = READ_WRITE, topicSysFlag = 0): TopicConfig {
  return {
    topicName,
    readQueueNums: queues,
    writeQueueNums: queues,
    perm,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag,
    order: false,
    attributes: new Map(),
  };
}

export function systemTopics(options: SystemTopicOptions): TopicConfig[] {
  const { brokerClusterName: cluster, brokerName: broker } = options;
  const topics = [
    topicConfig('SELF_TEST_TOPIC', 1),
    topicConfig('BenchmarkTest', 1024),
    topicConfig(cluster, 16, options.clusterTopicEnable ? READ_WRITE | PERM_INHERIT : PERM_INHERIT),
    topicConfig(broker, 1, options.brokerTopicEnable ? READ_WRITE | PERM_INHERIT : PERM_INHERIT),
    topicConfig('OFFSET_MOVED_EVENT', 1),
    topicConfig(SCHEDULE_TOPIC, options.delayLevels),
    topicConfig(`${cluster}_REPLY_TOPIC`, 1),
    topicConfig(TRANS_HALF_TOPIC, 1),
    topicConfig(TRANS_OP_TOPIC, 1),
    topicConfig(TIMER_TOPIC, 1),
    topicConfig(`rmq_sys_REVIVE_LOG_${cluster}`, options.reviveQueueNum),
    topicConfig(`rmq_sys_SYNC_BROKER_MEMBER_${broker}`, 1, PERM_INHERIT),
  ];
  if (options.autoCreateTopicEnable) topics.unshift(topicConfig('TBW102', options.defaultTopicQueueNums, READ_WRITE | PERM_INHERIT));
  if (options.traceTopicEnable) topics.push(topicConfig(options.msgTraceTopicName, 1));
  return topics;
}
