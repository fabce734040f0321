import { createBrokerConfig } from '../config/create-broker-config.js';
import type { BrokerConfigInput } from '../config/broker-config.schema.js';
import { ConsumerTable } from '../client/consumer-table.js';
import type { ClientChannel } from '../client/client-channel.js';
import { silentLogger } from 'rocketmq-core/common';
import { ConsumerFilterTable } from '../filter/consumer-filter-table.js';
import { FilterCompiler } from '../filter/filter-compiler.js';
import { DecisionVersion } from '../decision-version.js';
import { SubscriptionGroupTable, groupConfig } from '../subscription/subscription-group-table.js';
import { systemTopics, topicConfig } from '../topic/system-topics.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { admitPull, type PullFilterTables } from './pull-checks.js';
import { isRefusal } from './refusal.js';
import { admitSend, checkAccepting } from './send-checks.js';

const MACHINE = { hostName: 'box', interfaces: [] };
const configOf = (overrides: BrokerConfigInput = {}) =>
  createBrokerConfig({ overrides: { brokerName: 'broker-a', ...overrides } }, MACHINE).config;

function tablesOf(overrides: BrokerConfigInput = {}): PullFilterTables {
  const decisions = new DecisionVersion();
  const config = configOf(overrides);
  const topics = new TopicConfigTable(decisions, () => 0);
  topics.ensure(systemTopics({ ...config, delayLevels: 18 }));
  topics.put(topicConfig('orders', 4));
  topics.put(topicConfig('write-only', 4, 2));
  return {
    config,
    topics,
    groups: new SubscriptionGroupTable(decisions, config.autoCreateSubscriptionGroup, () => 0),
    consumers: new ConsumerTable(decisions),
    filters: new ConsumerFilterTable(config, new FilterCompiler(), () => 0, silentLogger),
  };
}

const send = (tables: PullFilterTables, topic: string, change: { queueId?: number; defaultTopic?: string } = {}) =>
  admitSend(tables.config, tables.topics, {
    topic,
    queueId: change.queueId ?? 0,
    defaultTopic: change.defaultTopic ?? 'TBW102',
    defaultTopicQueueNums: 4,
    unitMode: false,
    remoteAddress: '127.0.0.1:1',
  });

describe('admitSend', () => {
  it('accepts a known topic and makes an unknown one from its template', () => {
    const tables = tablesOf();
    expect(send(tables, 'orders')).toBe(tables.topics.find('orders'));
    expect(send(tables, 'fresh')).toMatchObject({ topicName: 'fresh', writeQueueNums: 4, perm: 6 });
  });

  it.each([
    ['bad topic!', {}, 'INVALID_PARAMETER'],
    ['../x', {}, 'INVALID_PARAMETER'],
    ['t'.repeat(128), {}, 'INVALID_PARAMETER'],
    ['SCHEDULE_TOPIC_XXXX', {}, 'NO_PERMISSION'],
    ['RMQ_SYS_TRANS_HALF_TOPIC', {}, 'NO_PERMISSION'],
    ['none', { defaultTopic: 'missing' }, 'TOPIC_NOT_EXIST'],
    ['orders', { queueId: 4 }, 'INVALID_PARAMETER'],
  ] as const)('refuses %s %j with %s', (topic, change, code) => {
    const outcome = send(tablesOf(), topic, change);
    expect(outcome).toMatchObject({ refused: true, code });
  });

  it('takes __proto__ as the ordinary name that it is', () => {
    const tables = tablesOf();
    expect(send(tables, '__proto__')).toMatchObject({ topicName: '__proto__' });
    expect(tables.topics.find('__proto__')).toBeDefined();
  });

  it('makes retry topics even when topics are not made by sending', () => {
    const tables = tablesOf({ autoCreateTopicEnable: false });
    expect(send(tables, '%RETRY%g')).toMatchObject({ writeQueueNums: 1, perm: 6 });
    expect(send(tables, 'fresh')).toMatchObject({ code: 'TOPIC_NOT_EXIST' });
  });

  it('refuses a read-only broker only for ordered topics, as Apache does', () => {
    const tables = tablesOf({ brokerPermission: 4 });
    tables.topics.put({ ...topicConfig('ordered', 1), order: true });
    expect(send(tables, 'ordered')).toMatchObject({ code: 'NO_PERMISSION' });
    expect(isRefusal(send(tables, 'orders'))).toBe(false);
  });

  it('refuses before startAcceptSendRequestTimeStamp', () => {
    const config = configOf({ startAcceptSendRequestTimeStamp: 1000 });
    expect(checkAccepting(config, 999)).toMatchObject({ code: 'SYSTEM_ERROR' });
    expect(checkAccepting(config, 1000)).toBeUndefined();
  });
});

const OWN = { ownSubscription: true, subscription: '*', expressionType: 'TAG', subVersion: 0 };
const pull = (tables: PullFilterTables, change: Record<string, unknown> = {}, subscription: Partial<typeof OWN> = {}) =>
  admitPull(
    tables,
    { consumerGroup: 'g', topic: 'orders', queueId: 0, isLitePull: false, remoteAddress: '127.0.0.1:1', ...change },
    { ...OWN, ...subscription },
  );

describe('admitPull', () => {
  it('accepts a request that brings its subscription, and filters by it', () => {
    const all = pull(tablesOf());
    expect(isRefusal(all)).toBe(false);
    const tagged = pull(tablesOf(), {}, { subscription: 'TagA || TagB' });
    if (isRefusal(tagged)) throw new Error(tagged.remark);
    expect(tagged.filter?.matches(0, 2598919)).toBe(true);
    expect(tagged.filter?.matches(0, 2598921)).toBe(false);
  });

  it.each([
    [{ brokerPermission: 2 }, {}, {}, 'NO_PERMISSION', '1'],
    [{ litePullMessageEnable: false }, { isLitePull: true }, {}, 'NO_PERMISSION', '1'],
    [{ autoCreateSubscriptionGroup: false }, {}, {}, 'SUBSCRIPTION_GROUP_NOT_EXIST', undefined],
    [{}, { consumerGroup: 'bad group!' }, {}, 'SUBSCRIPTION_GROUP_NOT_EXIST', undefined],
    [{}, { topic: 'none' }, {}, 'TOPIC_NOT_EXIST', undefined],
    [{}, { topic: '__proto__' }, {}, 'TOPIC_NOT_EXIST', undefined],
    [{}, { topic: 'write-only' }, {}, 'NO_PERMISSION', '3'],
    [{}, { queueId: 4 }, {}, 'INVALID_PARAMETER', undefined],
    [{}, { queueId: -1 }, {}, 'INVALID_PARAMETER', undefined],
    [{}, {}, { expressionType: 'SQL92', subscription: 'a > 1' }, 'SYSTEM_ERROR', undefined],
    [{}, {}, { expressionType: 'SQL92', subscription: 'a > > 1' }, 'SYSTEM_ERROR', undefined],
    [{ enablePropertyFilter: true }, {}, { expressionType: 'SQL92', subscription: 'a > > 1' }, 'SUBSCRIPTION_PARSE_FAILED', undefined],
    [{ enablePropertyFilter: true }, {}, { expressionType: 'SQL92', subscription: '' }, 'SUBSCRIPTION_PARSE_FAILED', undefined],
    [{ enablePropertyFilter: true }, {}, { expressionType: 'XPATH', subscription: 'a' }, 'SUBSCRIPTION_PARSE_FAILED', undefined],
    [{}, {}, { ownSubscription: false }, 'SUBSCRIPTION_NOT_EXIST', undefined],
  ])('refuses %j %j %j with %s', (config, change, subscription, code, forbiddenType) => {
    const outcome = pull(tablesOf(config as BrokerConfigInput), change, subscription as Partial<typeof OWN>);
    expect(outcome).toMatchObject({ refused: true, code });
    expect((outcome as { extFields?: Record<string, string> }).extFields?.forbiddenType).toBe(forbiddenType);
  });

  it('refuses groups that may not consume, or not by broadcast', () => {
    const tables = tablesOf();
    tables.groups.put({ ...groupConfig('g'), consumeEnable: false });
    expect(pull(tables)).toMatchObject({ code: 'NO_PERMISSION', extFields: { forbiddenType: '2' } });
    tables.groups.put({ ...groupConfig('g'), consumeBroadcastEnable: false });
    join(tables, 'BROADCASTING', 5);
    expect(pull(tables, {}, { ownSubscription: false })).toMatchObject({ code: 'NO_PERMISSION', extFields: { forbiddenType: '4' } });
  });

  it('goes by what the group subscribed to: topic, and no older version', () => {
    const tables = tablesOf();
    join(tables, 'CLUSTERING', 5);
    expect(isRefusal(pull(tables, {}, { ownSubscription: false, subVersion: 5 }))).toBe(false);
    expect(pull(tables, {}, { ownSubscription: false, subVersion: 6 })).toMatchObject({ code: 'SUBSCRIPTION_NOT_LATEST' });
    tables.topics.put(topicConfig('unsubscribed', 1));
    expect(pull(tables, { topic: 'unsubscribed' }, { ownSubscription: false })).toMatchObject({ code: 'SUBSCRIPTION_NOT_EXIST' });
  });
});

describe('admitPull with a SQL92 subscription of the group', () => {
  const sql = (tables: PullFilterTables, text: string, subVersion: number) => {
    const subscription = { ...SUBSCRIPTION, subString: text, subVersion, expressionType: 'SQL92' };
    join(tables, 'CLUSTERING', subVersion, subscription);
    return subscription;
  };
  const registered = { ownSubscription: false, subVersion: 5 };

  it('reads with the filter that is registered, of the version asked for or a later one', () => {
    const tables = tablesOf({ enablePropertyFilter: true });
    const subscription = sql(tables, 'a > 1', 5);
    expect(pull(tables, {}, registered)).toMatchObject({ code: 'FILTER_DATA_NOT_EXIST' });
    tables.filters.register('g', [{ ...subscription, subVersion: 4 }]);
    expect(pull(tables, {}, registered)).toMatchObject({ code: 'FILTER_DATA_NOT_LATEST' });
    tables.filters.register('g', [subscription]);
    const admitted = pull(tables, {}, registered);
    expect(isRefusal(admitted)).toBe(false);
    expect((admitted as { filter: object }).filter).toHaveProperty('matchesRecord');
  });

  it('says what is wrong with an expression that could not be registered', () => {
    const tables = tablesOf({ enablePropertyFilter: true });
    tables.filters.register('g', [sql(tables, 'a > > 1', 5)]);
    expect(pull(tables, {}, registered)).toMatchObject({ code: 'FILTER_DATA_NOT_EXIST', remark: expect.stringContaining('column 5') });
  });

  it('refuses all of it unless filters are on', () => {
    const tables = tablesOf();
    tables.filters.register('g', [sql(tables, 'a > 1', 5)]);
    expect(pull(tables, {}, registered)).toMatchObject({
      code: 'SYSTEM_ERROR',
      remark: 'The broker does not support consumer to filter message by SQL92',
    });
  });
});

const SUBSCRIPTION = {
  topic: 'orders',
  subString: '*',
  subVersion: 0,
  tagsSet: [],
  codeSet: [],
  expressionType: 'TAG',
  classFilterMode: false,
};

function join(
  tables: PullFilterTables,
  messageModel: 'CLUSTERING' | 'BROADCASTING',
  subVersion: number,
  subscription = { ...SUBSCRIPTION, subVersion },
): void {
  const channel = { connection: {}, clientId: 'c', language: 0, version: 513, lastHeartbeatMs: 0 } as unknown as ClientChannel;
  tables.consumers.register(
    {
      groupName: 'g',
      consumeType: 'CONSUME_PASSIVELY',
      messageModel,
      consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
      unitMode: false,
      subscriptionDataSet: [subscription],
    },
    channel,
    { fingerprint: 0, keepSubscriptions: false },
  );
}
