import type { SubscriptionData } from 'rocketmq-core/message';
import type { ConsumerData } from 'rocketmq-core/protocol';
import type { Connection } from 'rocketmq-core/remoting';
import { DecisionVersion } from '../decision-version.js';
import type { ClientChannel } from './client-channel.js';
import { ConsumerTable } from './consumer-table.js';

const channelOf = (clientId: string): ClientChannel => ({
  connection: { remoteAddress: clientId } as Partial<Connection> as Connection,
  clientId,
  language: 0,
  version: 513,
  lastHeartbeatMs: 0,
});
const subscription = (topic: string, subVersion: number, subString = '*'): SubscriptionData =>
  ({ topic, subString, subVersion, codeSet: [], tagsSet: [], expressionType: 'TAG', classFilterMode: false }) as SubscriptionData;
const consumer = (...subscriptions: SubscriptionData[]): ConsumerData =>
  ({
    groupName: 'G',
    consumeType: 'CONSUME_PASSIVELY',
    messageModel: 'CLUSTERING',
    consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
    subscriptionDataSet: subscriptions,
    unitMode: false,
  }) as ConsumerData;
const FULL = { fingerprint: 0, keepSubscriptions: false };

function setUp() {
  const decisions = new DecisionVersion();
  const table = new ConsumerTable(decisions);
  const told: number[] = [];
  table.onChange((group) => void told.push(group.channels.size));
  return { decisions, table, told };
}

describe('ConsumerTable', () => {
  it('tells when a member joins or leaves, not when it repeats itself', () => {
    const { table, told } = setUp();
    const a = channelOf('a');
    const b = channelOf('b');
    table.register(consumer(subscription('T', 1)), a, FULL);
    table.register(consumer(subscription('T', 1)), a, FULL);
    table.register(consumer(subscription('T', 1)), b, FULL);
    expect(told).toEqual([1, 2]);
    table.unregister('G', a.connection);
    table.forget(b.connection);
    expect(told).toEqual([1, 2, 1, 0]);
    expect(table.find('G')).toBeUndefined();
  });

  it('lets only a newer subscription replace one, and drops topics no longer named', () => {
    const { table, told, decisions } = setUp();
    const a = channelOf('a');
    table.register(consumer(subscription('T', 5, 'x')), a, FULL);
    table.register(consumer(subscription('T', 4, 'old')), a, FULL);
    expect(table.find('G')!.subscriptions.get('T')!.subString).toBe('x');
    const before = decisions.value;
    table.register(consumer(subscription('T', 6, 'new')), a, FULL);
    expect(table.find('G')!.subscriptions.get('T')!.subString).toBe('new');
    expect(decisions.value).toBeGreaterThan(before);
    // A new expression is no change of topics: nobody rebalances.
    expect(told).toEqual([1]);
    table.register(consumer(subscription('U', 1)), a, FULL);
    expect([...table.find('G')!.subscriptions.keys()]).toEqual(['U']);
    expect(told).toEqual([1, 1]);
  });

  it('keeps subscriptions when a heartbeat comes without them', () => {
    const { table } = setUp();
    const a = channelOf('a');
    table.register(consumer(subscription('T', 1)), a, { fingerprint: 77, keepSubscriptions: false });
    table.register(consumer(), a, { fingerprint: 77, keepSubscriptions: true });
    expect([...table.find('G')!.subscriptions.keys()]).toEqual(['T']);
    expect(table.find('G')!.heartbeatFingerprint).toBe(77);
  });
});
