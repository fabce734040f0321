import { ManualClock, silentLogger } from 'rocketmq-core/common';
import type { TopicConfig } from 'rocketmq-core/protocol';
import type { Connection } from 'rocketmq-core/remoting';
import type { NamesrvConfig } from '../config/namesrv-config.js';
import { BROKER_EXPIRY_MS, type BrokerRegistration, RouteInfoManager } from './route-info-manager.js';
import { RouteQueries } from './route-queries.js';
import { RouteTables } from './route-tables.js';

class FakeConnection implements Connection {
  readonly id = 1;
  readonly remoteAddress = '127.0.0.1:1';
  readonly localAddress = '127.0.0.1:2';
  readonly pendingBytes = 0;
  closed = false;
  close(): void {
    this.closed = true;
  }
}

const topic = (topicName: string, more: Partial<TopicConfig> = {}): TopicConfig =>
  ({
    topicName,
    readQueueNums: 4,
    writeQueueNums: 4,
    perm: 6,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
    attributes: new Map(),
    ...more,
  }) as TopicConfig;

function setUp(config: Partial<NamesrvConfig> = {}) {
  const clock = new ManualClock();
  const tables = new RouteTables();
  const settings = { maxBrokerCount: 100, maxTopicCount: 100, deleteTopicWithBrokerRegistration: false, ...config } as NamesrvConfig;
  const manager = new RouteInfoManager(tables, settings, clock, silentLogger);
  const queries = new RouteQueries(tables);
  const register = (change: Partial<BrokerRegistration> = {}) =>
    manager.register({
      clusterName: 'DefaultCluster',
      brokerName: 'broker-a',
      brokerAddr: '10.0.0.1:10911',
      brokerId: 0,
      haServerAddr: '10.0.0.1:10912',
      enableActingMaster: false,
      zoneName: undefined,
      heartbeatTimeoutMs: undefined,
      dataVersion: { counter: 1, stateVersion: 0, timestamp: 1 },
      topics: [topic('T1'), topic('T2')],
      filterServers: [],
      connection: new FakeConnection(),
      ...change,
    });
  const slave = (change: Partial<BrokerRegistration> = {}) =>
    register({ brokerAddr: '10.0.0.2:10911', brokerId: 1, haServerAddr: '10.0.0.2:10912', ...change });
  return { clock, tables, manager, queries, register, slave };
}

const version = (counter: number, stateVersion = 0) => ({ counter, stateVersion, timestamp: counter });

describe('registration', () => {
  it('routes the topics of a master at once', () => {
    const { register, queries } = setUp();
    expect(register()).toEqual({ registered: true });
    expect(queries.topicRoute('T1')).toEqual({
      brokerDatas: [
        { brokerAddrs: new Map([[0, '10.0.0.1:10911']]), brokerName: 'broker-a', cluster: 'DefaultCluster', enableActingMaster: false },
      ],
      filterServerTable: new Map(),
      queueDatas: [{ brokerName: 'broker-a', perm: 6, readQueueNums: 4, topicSysFlag: 0, writeQueueNums: 4 }],
    });
    expect(queries.topicRoute('T3')).toBeUndefined();
  });

  it('refuses a first registration that holds one topic only', () => {
    const { register, queries } = setUp();
    expect(register({ topics: [topic('T1')] })).toMatchObject({
      registered: false,
      reason: expect.stringContaining('register broker failed'),
    });
    expect(queries.clusterInfo()).toEqual({ brokerAddrTable: new Map(), clusterAddrTable: new Map() });
    register();
    expect(register({ topics: [topic('T9')] })).toEqual({ registered: true });
    expect(queries.topicRoute('T9')).toBeDefined();
  });

  it('takes changed queues only with a new data version, new topics always', () => {
    const { register, queries } = setUp();
    register();
    register({ topics: [topic('T1', { readQueueNums: 8 }), topic('T3')] });
    expect(queries.topicRoute('T1')?.queueDatas[0]?.readQueueNums).toBe(4);
    expect(queries.topicRoute('T3')).toBeDefined();
    register({ topics: [topic('T1', { readQueueNums: 8 }), topic('T3')], dataVersion: version(2) });
    expect(queries.topicRoute('T1')?.queueDatas[0]?.readQueueNums).toBe(8);
  });

  it.each([
    [false, true],
    [true, false],
  ])('deleteTopicWithBrokerRegistration=%s: a topic no longer registered stays: %s', (flag, stays) => {
    const { register, queries } = setUp({ deleteTopicWithBrokerRegistration: flag });
    register();
    register({ topics: [topic('T1'), topic('T3')], dataVersion: version(2) });
    expect(queries.topicRoute('T2') !== undefined).toBe(stays);
  });

  it('tells a slave its master and ignores its topics', () => {
    const { register, slave, queries } = setUp();
    register();
    expect(slave({ topics: [topic('OnSlave'), topic('T1', { perm: 0 })] })).toEqual({
      registered: true,
      masterAddr: '10.0.0.1:10911',
      haServerAddr: '10.0.0.1:10912',
    });
    expect(queries.topicRoute('OnSlave')).toBeUndefined();
    expect(queries.topicRoute('T1')?.brokerDatas[0]?.brokerAddrs).toEqual(
      new Map([
        [0, '10.0.0.1:10911'],
        [1, '10.0.0.2:10911'],
      ]),
    );
  });

  it('routes the topics of a lone 5.x slave, without write permission only when it acts as master; those of a 4.x slave not at all', () => {
    const old = setUp();
    old.slave({ enableActingMaster: undefined });
    expect(old.queries.topicRoute('T1')).toBeUndefined();
    expect(old.queries.clusterInfo().brokerAddrTable.get('broker-a')?.brokerAddrs.get(1)).toBe('10.0.0.2:10911');
    for (const [enableActingMaster, perm] of [
      [false, 6],
      [true, 4],
    ] as const) {
      const { slave, queries } = setUp();
      slave({ enableActingMaster });
      expect(queries.topicRoute('T1')?.queueDatas[0]?.perm).toBe(perm);
    }
  });

  it('moves an address to its new id when a slave becomes master', () => {
    const { slave, queries } = setUp();
    slave();
    slave({ brokerId: 0 });
    expect(queries.brokerMembers('broker-a')).toEqual(new Map([[0, '10.0.0.2:10911']]));
  });

  it('ignores a member whose election epoch is older than that of the holder of its id', () => {
    const { register, queries } = setUp();
    register({ dataVersion: version(1, 7) });
    expect(register({ brokerAddr: '10.0.0.9:10911', dataVersion: version(2, 6) })).toEqual({ registered: true });
    expect(queries.brokerMembers('broker-a').get(0)).toBe('10.0.0.1:10911');
    register({ brokerAddr: '10.0.0.9:10911', dataVersion: version(2, 8) });
    expect(queries.brokerMembers('broker-a').get(0)).toBe('10.0.0.9:10911');
  });

  it.each([
    [{ brokerName: '' }, 'brokerName'],
    [{ brokerName: 'a\nb' }, 'brokerName'],
    [{ clusterName: 'x'.repeat(513) }, 'clusterName'],
    [{ brokerAddr: '../x' }, 'brokerAddr'],
    [{ brokerAddr: 'h:99999' }, 'brokerAddr'],
    [{ brokerAddr: 'a","0":"b:1' }, 'brokerAddr'],
    [{ haServerAddr: 'no port' }, 'haServerAddr'],
    [{ brokerId: -1 }, 'brokerId'],
    [{ connection: Object.assign(new FakeConnection(), { closed: true }) }, 'connection'],
  ] as Array<[Partial<BrokerRegistration>, string]>)('refuses %j', (change, word) => {
    const { register, tables } = setUp();
    expect(register(change)).toMatchObject({ registered: false, reason: expect.stringContaining(word) });
    expect(tables.brokerLive.size).toBe(0);
  });

  it('keeps hostile topic names as plain keys and leaves out those that cannot be one', () => {
    const { register, queries, manager } = setUp();
    const names = ['__proto__', 'constructor', '../x', '%RETRY%bad group!', 'a\u0000b', 'x'.repeat(513), ''];
    register({ topics: names.map((name) => topic(name)) });
    expect(queries.allTopics()).toEqual(['__proto__', 'constructor', '../x', '%RETRY%bad group!']);
    expect(manager.leftOutTopics).toBe(3);
    expect(queries.topicRoute('toString')).toBeUndefined();
  });

  it('holds no more brokers and topics than allowed, and goes on serving those it has', () => {
    const { register, queries, manager } = setUp({ maxBrokerCount: 1, maxTopicCount: 2 });
    register();
    expect(register({ brokerName: 'broker-b', brokerAddr: '10.0.0.3:10911' })).toMatchObject({
      registered: false,
      reason: expect.stringContaining('maxBrokerCount'),
    });
    register({ topics: [topic('T1', { perm: 4 }), topic('T3')], dataVersion: version(2) });
    expect(queries.allTopics()).toEqual(['T1', 'T2']);
    expect(queries.topicRoute('T1')?.queueDatas[0]?.perm).toBe(4);
    expect(manager.leftOutTopics).toBe(1);
  });
});

describe('leaving', () => {
  it('a goodbye of the last member removes broker, cluster and topics; others stay', () => {
    const { register, slave, manager, queries } = setUp();
    register();
    slave();
    register({ brokerName: 'broker-b', brokerAddr: '10.0.0.3:10911' });
    manager.unregister({ clusterName: 'DefaultCluster', brokerName: 'broker-a', brokerAddr: '10.0.0.1:10911', brokerId: 0 }, 'test');
    expect(queries.topicRoute('T1')?.brokerDatas.map(({ brokerName }) => brokerName)).toEqual(['broker-a', 'broker-b']);
    manager.unregister({ clusterName: 'DefaultCluster', brokerName: 'broker-a', brokerAddr: '10.0.0.2:10911', brokerId: 1 }, 'test');
    expect(queries.topicRoute('T1')?.queueDatas.map(({ brokerName }) => brokerName)).toEqual(['broker-b']);
    expect(queries.clusterInfo().clusterAddrTable).toEqual(new Map([['DefaultCluster', ['broker-b']]]));
  });

  it('a goodbye in the name of another address changes nothing for the one that is there', () => {
    const { register, manager, queries } = setUp();
    register();
    manager.unregister({ clusterName: 'DefaultCluster', brokerName: 'broker-a', brokerAddr: '10.6.6.6:1', brokerId: 0 }, 'test');
    expect(queries.topicRoute('T1')).toBeDefined();
  });

  it('a closed connection removes every broker that registered last over it', () => {
    const { register, manager, queries } = setUp();
    const first = new FakeConnection();
    const second = new FakeConnection();
    register({ connection: first });
    register({ connection: second });
    manager.connectionClosed(first);
    expect(queries.topicRoute('T1')).toBeDefined();
    manager.connectionClosed(second);
    expect(queries.topicRoute('T1')).toBeUndefined();
    expect(queries.clusterInfo()).toEqual({ brokerAddrTable: new Map(), clusterAddrTable: new Map() });
  });

  it('a broker under two cluster names leaves both', () => {
    const { register, manager, queries } = setUp();
    const connection = new FakeConnection();
    register({ connection });
    register({ connection, clusterName: 'Other' });
    manager.connectionClosed(connection);
    expect(queries.clusterInfo().clusterAddrTable.size).toBe(0);
  });

  it('expires a broker after 120 s or the time it asked for, closing its connection; heartbeats keep it', async () => {
    const { clock, register, manager, queries, tables } = setUp();
    const connection = new FakeConnection();
    register({ connection });
    await clock.advance(BROKER_EXPIRY_MS);
    manager.removeExpired();
    expect(queries.topicRoute('T1')).toBeDefined();
    manager.heartbeat('DefaultCluster', '10.0.0.1:10911');
    await clock.advance(BROKER_EXPIRY_MS + 1);
    manager.removeExpired();
    expect(queries.topicRoute('T1')).toBeUndefined();
    expect(connection.closed).toBe(true);
    register({ heartbeatTimeoutMs: 1000 });
    await clock.advance(1001);
    manager.removeExpired();
    expect(tables.brokerLive.size).toBe(0);
  });
});

describe('permissions and administrators', () => {
  it('wipes and adds write permission until the next changed registration', () => {
    const { register, manager, queries } = setUp();
    register();
    const perm = () => queries.topicRoute('T1')?.queueDatas[0]?.perm;
    expect(manager.wipeWritePermission('broker-a')).toBe(2);
    expect(perm()).toBe(4);
    register();
    expect(perm()).toBe(4);
    expect(manager.addWritePermission('broker-a')).toBe(2);
    expect(perm()).toBe(6);
    manager.wipeWritePermission('broker-a');
    register({ dataVersion: version(2) });
    expect(perm()).toBe(6);
    expect(manager.wipeWritePermission('nope')).toBe(0);
  });

  it('deletes a topic everywhere or in one cluster', () => {
    const { register, manager, queries } = setUp();
    register();
    register({ clusterName: 'C2', brokerName: 'broker-b', brokerAddr: '10.0.0.3:10911' });
    manager.deleteTopic('T1', 'C2');
    expect(queries.topicRoute('T1')?.queueDatas.map(({ brokerName }) => brokerName)).toEqual(['broker-a']);
    manager.deleteTopic('T1', undefined);
    expect(queries.topicRoute('T1')).toBeUndefined();
  });

  it('registers a topic by hand on known brokers only', () => {
    const { register, manager, queries } = setUp();
    register();
    const queues = { perm: 6, readQueueNums: 1, writeQueueNums: 1, topicSysFlag: 0 };
    manager.registerTopic('Hand', [
      { brokerName: 'broker-a', ...queues },
      { brokerName: 'nope', ...queues },
    ]);
    expect(queries.topicRoute('Hand')?.queueDatas.map(({ brokerName }) => brokerName)).toEqual(['broker-a']);
  });

  it('lists topics by cluster, unit flags and as system names', () => {
    const { register, queries } = setUp();
    expect(queries.systemTopics()).toEqual({ topicList: [], brokerAddr: undefined });
    register({ topics: [topic('U', { topicSysFlag: 1 }), topic('S', { topicSysFlag: 2 }), topic('US', { topicSysFlag: 3 })] });
    expect(queries.topicsOfCluster('DefaultCluster').toSorted()).toEqual(['S', 'U', 'US']);
    expect(queries.topicsOfCluster('nope')).toEqual([]);
    expect(queries.unitTopics('unit')).toEqual(['U', 'US']);
    expect(queries.unitTopics('hasUnitSub')).toEqual(['S', 'US']);
    expect(queries.unitTopics('hasUnitSubUnunit')).toEqual(['S']);
    expect(queries.systemTopics()).toEqual({ topicList: ['DefaultCluster', 'broker-a'], brokerAddr: '10.0.0.1:10911' });
  });

  it('shows filter servers only where there are some', () => {
    const { register, queries } = setUp();
    register({ filterServers: ['10.0.0.1:30000'] });
    expect(queries.topicRoute('T1')?.filterServerTable).toEqual(new Map([['10.0.0.1:10911', ['10.0.0.1:30000']]]));
  });
});
