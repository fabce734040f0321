// A broker over real sockets: send, pull, long polling, membership, offsets, send-back, delays, restarts.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ManualClock } from 'rocketmq-core/common';
import { encodeBatch } from 'rocketmq-core/message';
import {
  decodeConsumerList,
  decodeLockBatchResponse,
  encodeLockBatchRequest,
  GET_CONSUMER_LIST_BY_GROUP,
  GET_MAX_OFFSET,
  LOCK_BATCH_MQ,
  NOTIFY_CONSUMER_IDS_CHANGED,
  SEND_BATCH_MESSAGE,
  UNLOCK_BATCH_MQ,
  UNREGISTER_CLIENT,
  VIEW_MESSAGE_BY_ID,
} from 'rocketmq-core/protocol';
import { startBroker, type TestBroker, type TestBrokerOptions } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';
import { until } from '../support/until.js';

let broker: TestBroker;
let client: BrokerClient;
const clients: BrokerClient[] = [];

async function open(options: TestBrokerOptions = {}): Promise<void> {
  broker = await startBroker(options);
  client = another();
}

function another(address = broker.address): BrokerClient {
  const made = new BrokerClient(address);
  clients.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(clients.splice(0).map((one) => one.close()));
  await broker?.close();
});

describe('send and pull', () => {
  it('makes the topic, stores the message and gives it back with what the broker adds', async () => {
    await open();
    const sent = await client.send('orders', 'hello', { queueId: 3, properties: { TAGS: 'TagA', KEYS: 'k1', POP_CK: 'x' } });
    expect(sent.code).toBe(0);
    expect(sent.header).toMatchObject({ queueId: 3, queueOffset: 0 });
    expect(Object.fromEntries(sent.extFields)).toMatchObject({ MSG_REGION: 'DefaultRegion', TRACE_ON: 'true' });
    const [message] = await client.messages({ topic: 'orders', queueId: 3 });
    expect(Buffer.from(message!.body).toString()).toBe('hello');
    expect(message).toMatchObject({
      topic: 'orders',
      queueId: 3,
      queueOffset: 0,
      flag: 7,
      reconsumeTimes: 0,
      bornTimestamp: 1_700_000_000_000,
    });
    expect(Object.fromEntries(message!.properties)).toEqual({
      TAGS: 'TagA',
      KEYS: 'k1',
      UNIQ_KEY: sent.header!.transactionId,
      CLUSTER: 'DefaultCluster',
      MSG_REGION: 'DefaultRegion',
      TRACE_ON: 'true',
    });
  });

  it('filters by tag on the broker and moves past what does not match', async () => {
    await open();
    for (const tag of ['A', 'B', 'C', 'B']) await client.send('orders', tag, { properties: { TAGS: tag } });
    const bodies = (await client.messages({ topic: 'orders', subscription: 'B || C' })).map((one) => Buffer.from(one.body).toString());
    expect(bodies).toEqual(['B', 'C', 'B']);
    const none = await client.pull({ topic: 'orders', subscription: 'Z' });
    expect(none).toMatchObject({ code: 20, header: { nextBeginOffset: 4, minOffset: 0, maxOffset: 4 } });
  });

  it('keeps a batch together, one ordinal after the other', async () => {
    await open();
    await client.send('orders', 'first');
    const body = encodeBatch([
      { flag: 0, body: Buffer.from('a'), properties: new Map([['TAGS', 'x']]) },
      { flag: 0, body: Buffer.from('b'), properties: new Map() },
    ]);
    const sent = await client.remoting.call(
      SEND_BATCH_MESSAGE,
      broker.address,
      {
        producerGroup: 'pg',
        topic: 'orders',
        defaultTopic: 'TBW102',
        defaultTopicQueueNums: 4,
        queueId: 0,
        sysFlag: 0,
        bornTimestamp: 1,
        flag: 0,
        properties: 'UNIQ_KEY\u0001batch-1\u0002',
        batch: true,
      },
      { body },
    );
    expect(sent.header).toMatchObject({ queueOffset: 1, transactionId: 'batch-1' });
    expect(sent.header!.msgId.split(',')).toHaveLength(2);
    const messages = await client.messages({ topic: 'orders', offset: 1 });
    expect(messages.map((one) => [Buffer.from(one.body).toString(), one.queueOffset])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(messages[0]!.properties).toEqual(new Map([['TAGS', 'x']]));
  });

  it('answers moved offsets and unknown places as Apache does', async () => {
    await open();
    await client.send('orders', 'x');
    expect(await client.pull({ topic: 'orders', offset: 9 })).toMatchObject({ code: 21, header: { nextBeginOffset: 1 } });
    expect(await client.pull({ topic: 'orders', offset: 1 })).toMatchObject({ code: 19, header: { nextBeginOffset: 1 } });
    expect(await client.pull({ topic: 'orders', queueId: 1 })).toMatchObject({ code: 19, header: { nextBeginOffset: 0 } });
    expect(await client.pull({ topic: 'orders', queueId: 1, offset: 5 })).toMatchObject({ code: 21, header: { nextBeginOffset: 0 } });
    expect((await client.pull({ topic: 'none' })).code).toBe(17);
  });

  it('refuses what it does not serve instead of storing something else', async () => {
    await open({ config: { timerWheelEnable: false } });
    await client.send('orders', 'x');
    const timer = await client.send('orders', 'timer', { properties: { TIMER_DELAY_SEC: '5' } });
    expect(timer).toMatchObject({ code: 1, remark: 'accurate timer message is not enabled, timerWheelEnable is false' });
    expect((await client.remoting.call(GET_MAX_OFFSET, broker.address, { topic: 'orders', queueId: 0 })).header!.offset).toBe(1);
  });

  it('refuses bodies and properties over the limit with 13 and keeps the connection', async () => {
    await open({ config: { maxMessageSize: 1000 } });
    expect((await client.send('orders', 'x'.repeat(1001))).code).toBe(13);
    expect((await client.send('orders', 'x', { properties: { k: 'p'.repeat(33_000) } })).code).toBe(13);
    expect((await client.send('orders', 'x'.repeat(1000))).code).toBe(0);
  });

  it('serves sends but no pulls on the VIP port', async () => {
    await open();
    const vip = another(`127.0.0.1:${broker.vipPort}`);
    expect((await vip.send('orders', 'x')).code).toBe(0);
    expect((await vip.pull({ topic: 'orders' })).code).toBe(3);
  });

  it('gives one message by its place in the log, and none from another place', async () => {
    await open();
    await client.send('orders', 'seen');
    const [message] = await client.messages({ topic: 'orders' });
    const view = (offset: number) => client.remoting.invoke(VIEW_MESSAGE_BY_ID, broker.address, { offset });
    const seen = await view(message!.commitLogOffset);
    expect(seen.code).toBe(0);
    expect(Buffer.from(seen.body).includes('seen')).toBe(true);
    for (const offset of [1, 99_999_999, -1]) expect((await view(offset)).code).toBe(1);
  });
});

describe('long polling', () => {
  it('answers a held pull when a matching message arrives', async () => {
    await open();
    await client.send('orders', 'first');
    const waiting = client.pull({ topic: 'orders', offset: 1, holdMs: 20_000, subscription: 'B' });
    const sender = another();
    await sender.send('orders', 'no match', { properties: { TAGS: 'A' } });
    await sender.send('orders', 'match', { properties: { TAGS: 'B' } });
    const answer = await waiting;
    expect(answer).toMatchObject({ code: 0, header: { nextBeginOffset: 3 } });
    expect(Buffer.from(answer.body).includes('no match')).toBe(false);
  });

  it('answers "nothing" at its deadline', async () => {
    const clock = new ManualClock();
    await open({ overrides: { clock } });
    await client.send('orders', 'first');
    let answered = false;
    const waiting = client.pull({ topic: 'orders', offset: 1, holdMs: 3000 }).then((answer) => {
      answered = true;
      return answer;
    });
    // A later request of the same connection is answered while the pull is held.
    expect((await client.committed('cg', 'orders', 0)).code).toBe(0);
    await clock.advance(2000);
    expect(answered).toBe(false);
    await clock.advance(1500);
    expect(await waiting).toMatchObject({ code: 19, header: { nextBeginOffset: 1, maxOffset: 1 } });
  });

  it('answers held pulls when the broker stops', async () => {
    await open();
    await client.send('orders', 'first');
    const waiting = client.pull({ topic: 'orders', offset: 1, holdMs: 20_000 });
    await client.committed('cg', 'orders', 0);
    await broker.stop();
    expect((await waiting).code).toBe(19);
  });

  it('refuses a pull above the hold limit as busy', async () => {
    await open({ config: { maxHeldPullsPerConnection: 1 } });
    await client.send('orders', 'first');
    const held = client.pull({ topic: 'orders', offset: 1, holdMs: 20_000 });
    expect((await client.pull({ topic: 'orders', offset: 1, holdMs: 20_000 })).code).toBe(2);
    await client.send('orders', 'second');
    expect((await held).code).toBe(0);
  });
});

describe('membership', () => {
  it('lists members, makes the retry topic and tells members of a change', async () => {
    await open();
    const other = another();
    let notices = 0;
    client.remoting.handle(NOTIFY_CONSUMER_IDS_CHANGED, ({ header }) => {
      if (header.consumerGroup === 'cg') notices++;
      return { code: 'SUCCESS' };
    });
    const beat = await client.heartbeat('c1', 'cg', { orders: 1 });
    expect(Object.fromEntries(beat.extFields)).toEqual({ IS_SUPPORT_HEART_BEAT_V2: 'true', IS_SUB_CHANGE: 'true' });
    expect(beat.version).toBe(513);
    await until(() => notices === 1);
    await other.heartbeat('c2', 'cg', { orders: 1 });
    await until(() => notices === 2);
    expect(await membersOf('cg')).toEqual(['c1', 'c2']);
    expect((await client.pull({ topic: '%RETRY%cg' })).code).toBe(19);
    await other.remoting.call(UNREGISTER_CLIENT, broker.address, { clientID: 'c2', consumerGroup: 'cg' });
    await until(() => notices === 3);
    expect(await membersOf('cg')).toEqual(['c1']);
  });

  it('forgets a member whose connection closed', async () => {
    await open();
    const other = another();
    await client.heartbeat('c1', 'cg', {});
    await other.heartbeat('c2', 'cg', {});
    await other.close();
    await until(async () => (await membersOf('cg')).length === 1);
  });

  it('closes a client that sends no heartbeat for 120 s', async () => {
    const clock = new ManualClock();
    await open({ overrides: { clock } });
    const silent = another();
    await silent.heartbeat('silent', 'cg', {});
    for (let seconds = 0; seconds < 130; seconds += 10) {
      await client.heartbeat('loud', 'cg', {});
      await clock.advance(10_000);
    }
    await until(async () => (await membersOf('cg')).join() === 'loud');
    expect(silent.remoting.addresses()).toEqual([]);
  });

  it('keeps subscriptions through heartbeats without them, and asks for them when it has none', async () => {
    await open();
    const changed = async (fingerprint: number, withoutSub: boolean, topics: Record<string, number>) =>
      (await client.heartbeat('c1', 'cg', topics, { fingerprint, withoutSub })).extFields.get('IS_SUB_CHANGE');
    expect(await changed(77, true, {})).toBe('true');
    expect(await changed(77, false, { orders: 5 })).toBe('true');
    expect(await changed(77, true, {})).toBe('false');
    await client.send('orders', 'x');
    expect((await client.pull({ topic: 'orders', group: 'cg', subVersion: 5 })).code).toBe(0);
    expect((await client.pull({ topic: 'orders', group: 'cg', subVersion: 6 })).code).toBe(25);
  });

  it('gives a queue lock to one member at a time, for 60 s', async () => {
    const clock = new ManualClock();
    await open({ overrides: { clock } });
    const queue = { topic: 'orders', brokerName: 'broker-a', queueId: 0 };
    const lock = async (clientId: string) => {
      const body = encodeLockBatchRequest({ consumerGroup: 'cg', clientId, mqSet: [queue], onlyThisBroker: false });
      return decodeLockBatchResponse((await client.remoting.call(LOCK_BATCH_MQ, broker.address, {}, { body })).body).lockOKMQSet.length;
    };
    expect([await lock('a'), await lock('b'), await lock('a')]).toEqual([1, 0, 1]);
    await clock.advance(61_000);
    expect([await lock('b'), await lock('a')]).toEqual([1, 0]);
    const body = encodeLockBatchRequest({ consumerGroup: 'cg', clientId: 'b', mqSet: [queue], onlyThisBroker: false });
    await client.remoting.call(UNLOCK_BATCH_MQ, broker.address, {}, { body });
    expect(await lock('a')).toBe(1);
  });

  async function membersOf(group: string): Promise<string[]> {
    const answer = await client.remoting.invoke(GET_CONSUMER_LIST_BY_GROUP, broker.address, { consumerGroup: group });
    return answer.code === 0 ? decodeConsumerList(answer.body).consumerIdList.toSorted() : [];
  }
});

describe('offsets', () => {
  it('tells committed, start at 0, and not found apart', async () => {
    await open();
    await client.send('orders', 'x');
    expect(await client.committed('cg', 'orders', 0)).toMatchObject({ code: 0, header: { offset: 0 } });
    expect((await client.committed('cg', 'orders', 0, false)).code).toBe(22);
    // Without messages as well: what arrives next belongs to a group that asked before.
    expect(await client.committed('cg', 'orders', 1)).toMatchObject({ code: 0, header: { offset: 0 } });
    expect((await client.committed('cg', 'none', 0)).code).toBe(22);
    expect((await client.commit('cg', 'orders', 0, 1)).code).toBe(26);
    await client.heartbeat('c1', 'cg', { orders: 1 });
    expect((await client.commit('cg', 'none', 0, 1)).code).toBe(17);
    expect((await client.commit('cg', 'orders', 0, 1)).code).toBe(0);
    expect(await client.committed('cg', 'orders', 0, false)).toMatchObject({ code: 0, header: { offset: 1 } });
    expect((await client.commit('cg', 'orders', 2_000_000_000, 1)).code).toBe(29);
  });

  it('takes the offset that comes with a pull', async () => {
    await open();
    await client.send('orders', 'x');
    await client.heartbeat('c1', 'cg', { orders: 1 });
    await client.pull({ topic: 'orders', group: 'cg', commitOffset: 1 });
    expect(await client.committed('cg', 'orders', 0)).toMatchObject({ header: { offset: 1 } });
  });
});

describe('send-back and delay', () => {
  it('delivers a delayed message when its level is over, to its own topic', async () => {
    const clock = new ManualClock();
    await open({ overrides: { clock } });
    await client.send('orders', 'now');
    expect((await client.send('orders', 'later', { properties: { DELAY: '2', TAGS: 'A' } })).code).toBe(0);
    await clock.advance(4500);
    expect(await bodiesOf('orders')).toEqual(['now']);
    await clock.advance(1500);
    await until(async () => (await bodiesOf('orders')).length === 2);
    const [message] = await client.messages({ topic: 'orders', offset: 1, subscription: 'A' });
    expect(Object.fromEntries(message!.properties)).toMatchObject({ DELAY: '2', REAL_TOPIC: 'orders', REAL_QID: '0', TAGS: 'A' });
  });

  it('retries with growing delay and ends in the dead-letter topic', async () => {
    const clock = new ManualClock();
    await open({ overrides: { clock } });
    await client.heartbeat('c1', 'cg', { orders: 1 });
    await client.send('orders', 'poison', { properties: { TAGS: 'A' } });
    const [message] = await client.messages({ topic: 'orders' });
    expect((await client.sendBack('cg', message!.commitLogOffset, 0, 2)).code).toBe(0);
    await clock.advance(9000);
    expect(await bodiesOf('%RETRY%cg')).toEqual([]);
    await clock.advance(2000);
    await until(async () => (await bodiesOf('%RETRY%cg')).length === 1);
    const [retried] = await client.messages({ topic: '%RETRY%cg' });
    expect(retried).toMatchObject({ reconsumeTimes: 1, bornTimestamp: message!.bornTimestamp });
    expect(Object.fromEntries(retried!.properties)).toMatchObject({
      RETRY_TOPIC: 'orders',
      ORIGIN_MESSAGE_ID: message!.offsetMsgId,
      WAIT: 'false',
    });
    expect((await client.sendBack('cg', retried!.commitLogOffset, 1, 2)).code).toBe(0);
    await clock.advance(2000);
    await until(async () => (await bodiesOf('%RETRY%cg')).length === 2);
    const [second] = await client.messages({ topic: '%RETRY%cg', offset: 1 });
    expect(second).toMatchObject({ reconsumeTimes: 2 });
    expect((await client.sendBack('cg', second!.commitLogOffset, 0, 2)).code).toBe(0);
    expect(await bodiesOf('%DLQ%cg')).toEqual(['poison']);
    const [dead] = await client.messages({ topic: '%DLQ%cg' });
    expect(Object.fromEntries(dead!.properties)).toMatchObject({ RETRY_TOPIC: 'orders', ORIGIN_MESSAGE_ID: message!.offsetMsgId });
  });

  it('sends a message straight to the dead-letter topic when asked to', async () => {
    await open();
    await client.send('orders', 'x');
    const [message] = await client.messages({ topic: 'orders' });
    expect((await client.sendBack('cg', message!.commitLogOffset, -1)).code).toBe(0);
    expect(await bodiesOf('%DLQ%cg')).toEqual(['x']);
  });

  it('redirects a resend to the retry topic beyond its retries to the dead-letter topic', async () => {
    await open();
    expect((await client.send('%RETRY%cg', 'again', { reconsumeTimes: 16 })).code).toBe(0);
    expect((await client.send('%RETRY%cg', 'dead', { reconsumeTimes: 17 })).code).toBe(0);
    expect(await bodiesOf('%RETRY%cg')).toEqual(['again']);
    expect(await bodiesOf('%DLQ%cg')).toEqual(['dead']);
  });

  async function bodiesOf(topic: string): Promise<string[]> {
    return (await client.messages({ topic })).map((one) => Buffer.from(one.body).toString());
  }
});

describe('restart', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'nrmq-broker-restart-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('serves messages, topics, groups, offsets and delayed messages after a clean stop', async () => {
    const clock = new ManualClock();
    await open({ directory, overrides: { clock } });
    await client.heartbeat('c1', 'cg', { orders: 1 });
    for (let i = 0; i < 20; i++) await client.send('orders', `m${i}`, { queueId: i % 4 });
    await client.send('orders', 'later', { properties: { DELAY: '1' } });
    await client.commit('cg', 'orders', 1, 3);
    await broker.stop();
    expect(clock.pendingTimers).toBe(0);
    const later = new ManualClock(clock.now() + 60_000);
    await open({ directory, overrides: { clock: later } });
    expect(await client.committed('cg', 'orders', 1)).toMatchObject({ code: 0, header: { offset: 3 } });
    for (let queueId = 0; queueId < 4; queueId++) {
      const own = (await client.messages({ topic: 'orders', queueId })).map((one) => Buffer.from(one.body).toString());
      expect(own.slice(0, 5)).toEqual([0, 1, 2, 3, 4].map((i) => `m${i * 4 + queueId}`));
    }
    await later.advance(100);
    await until(async () => (await client.messages({ topic: 'orders', offset: 5 })).length === 1);
    expect((await client.commit('cg', 'orders', 0, 1)).code).toBe(0);
  });

  it('serves every acknowledged message when the process was lost', async () => {
    await open({ directory });
    for (let i = 0; i < 50; i++) expect((await client.send('orders', `m${i}`)).code).toBe(0);
    await client.send('orders', 'later', { properties: { DELAY: '1' } });
    // What a killed process leaves behind is what is in the files at that moment; its lock died with it.
    const left = `${directory}-left`;
    await cp(directory, left, { recursive: true, filter: (source) => !basename(source).startsWith('lock') });
    const first = broker;
    await open({ directory: left });
    try {
      const messages = await client.messages({ topic: 'orders' });
      const rest = await client.messages({ topic: 'orders', offset: messages.length });
      expect([...messages, ...rest].slice(0, 50).map((one) => Buffer.from(one.body).toString())).toEqual(
        Array.from({ length: 50 }, (_, i) => `m${i}`),
      );
      await until(async () => (await client.messages({ topic: 'orders', offset: 50 })).length === 1);
      expect((await client.send('orders', 'after')).header).toMatchObject({ queueOffset: 51 });
    } finally {
      await first.close();
      await broker.close();
    }
  });
});
