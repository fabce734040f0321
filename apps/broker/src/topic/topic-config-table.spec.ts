import { DecisionVersion } from '../decision-version.js';
import { systemTopics, topicConfig } from './system-topics.js';
import { TopicConfigTable } from './topic-config-table.js';

const setUp = (): { decisions: DecisionVersion; topics: TopicConfigTable; told: string[][] } => {
  const decisions = new DecisionVersion();
  const topics = new TopicConfigTable(decisions, () => 1000);
  const told: string[][] = [];
  topics.onChange((changed) => void told.push([...changed.keys()]));
  return { decisions, topics, told };
};
const OPTIONS = {
  brokerClusterName: 'DefaultCluster',
  brokerName: 'broker-a',
  defaultTopicQueueNums: 8,
  autoCreateTopicEnable: true,
  clusterTopicEnable: true,
  brokerTopicEnable: true,
  traceTopicEnable: false,
  msgTraceTopicName: 'RMQ_SYS_TRACE_TOPIC',
  reviveQueueNum: 8,
  delayLevels: 18,
};

describe('TopicConfigTable', () => {
  it('makes a topic from the template, with the smaller queue count and without its inherit bit', () => {
    const { topics, told } = setUp();
    topics.ensure(systemTopics(OPTIONS));
    const made = topics.createOnSend({ topic: 'orders', defaultTopic: 'TBW102', defaultTopicQueueNums: 4 });
    expect(made).toMatchObject({ topicName: 'orders', readQueueNums: 4, writeQueueNums: 4, perm: 6, order: false });
    expect(topics.createOnSend({ topic: 'wide', defaultTopic: 'TBW102', defaultTopicQueueNums: 99 })?.writeQueueNums).toBe(8);
    expect(told.slice(1)).toEqual([['orders'], ['wide']]);
  });

  it('makes nothing from a template that is missing or may not be inherited', () => {
    const { topics } = setUp();
    topics.ensure(systemTopics({ ...OPTIONS, autoCreateTopicEnable: false }));
    expect(topics.createOnSend({ topic: 'a', defaultTopic: 'TBW102', defaultTopicQueueNums: 4 })).toBeUndefined();
    expect(topics.createOnSend({ topic: 'a', defaultTopic: 'SELF_TEST_TOPIC', defaultTopicQueueNums: 4 })).toBeUndefined();
    expect(topics.find('a')).toBeUndefined();
  });

  it('gives every change a data version of its own', () => {
    const { topics, decisions } = setUp();
    topics.put(topicConfig('a', 1));
    const first = topics.dataVersion;
    const decided = decisions.value;
    topics.put(topicConfig('b', 1));
    expect(topics.dataVersion).toEqual({ counter: first.counter + 1, stateVersion: 0, timestamp: 1000 });
    expect(decisions.value).toBeGreaterThan(decided);
  });

  it('leaves existing topics alone when system topics are ensured', () => {
    const { topics, told } = setUp();
    topics.put({ ...topicConfig('BenchmarkTest', 3) });
    topics.ensure([topicConfig('BenchmarkTest', 1024)]);
    expect(topics.find('BenchmarkTest')?.readQueueNums).toBe(3);
    expect(told).toEqual([['BenchmarkTest']]);
  });

  it('marks as ordered what name servers list, and nothing else', () => {
    const { topics, told } = setUp();
    topics.put(topicConfig('a', 1));
    topics.put({ ...topicConfig('b', 1), order: true });
    topics.applyOrderTopics(new Set(['a', 'unknown']));
    expect(topics.find('a')?.order).toBe(true);
    expect(topics.find('b')?.order).toBe(false);
    topics.applyOrderTopics(new Set(['a']));
    expect(told).toHaveLength(3);
  });
});
