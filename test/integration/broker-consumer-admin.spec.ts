// Administrators looking at consumers and moving them, over real sockets: members, relayed questions, offset resets.
import { type MessageQueue, decodeMessage } from 'rocketmq-core/message';
import {
  CLONE_GROUP_OFFSET,
  CONSUME_MESSAGE_DIRECTLY,
  decodeConsumerStatusBody,
  decodeResetOffsetBody,
  encodeConsumeMessageDirectlyResult,
  encodeConsumerStatusBody,
  GET_CONSUMER_CONNECTION_LIST,
  GET_CONSUMER_RUNNING_INFO,
  GET_CONSUMER_STATUS_FROM_CLIENT,
  INVOKE_BROKER_TO_GET_CONSUMER_STATUS,
  INVOKE_BROKER_TO_RESET_OFFSET,
  parseJson,
  QUERY_CONSUMER_OFFSET,
  RESET_CONSUMER_CLIENT_OFFSET,
  UPDATE_CONSUMER_OFFSET,
} from 'rocketmq-core/protocol';
import { startBroker, type TestBroker, type TestBrokerOptions } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';

const QUEUES = 4;
let broker: TestBroker;
let member: BrokerClient;
let admin: BrokerClient;

/** A broker with three messages in each queue of `orders` and one member `c1` of group `cg`. */
async function open(options: TestBrokerOptions = {}): Promise<void> {
  broker = await startBroker(options);
  member = new BrokerClient(broker.address);
  admin = new BrokerClient(broker.address);
  for (let n = 0; n < 3 * QUEUES; n++) await admin.send('orders', `body ${n}`, { queueId: n % QUEUES });
  await member.heartbeat('c1', 'cg', { orders: 1 });
}

afterEach(async () => {
  await member.close();
  await admin.close();
  await broker.close();
});

const reset = (wish: { topic?: string; group?: string; timestamp?: number; queueId?: number; offset?: number; isForce?: boolean }) =>
  admin.remoting.invoke(INVOKE_BROKER_TO_RESET_OFFSET, broker.address, {
    topic: 'orders',
    group: 'cg',
    timestamp: -1,
    isForce: true,
    ...wish,
  });

const byQueueId = (offsets: ReadonlyMap<MessageQueue, number>): Array<[number, number]> =>
  [...offsets].map(([{ queueId }, offset]): [number, number] => [queueId, offset]).toSorted(([a], [b]) => a - b);

describe('the members of a group', () => {
  it('are told with what they subscribe to; a group without any is not online', async () => {
    await open();
    const { code, body } = await admin.remoting.invoke(GET_CONSUMER_CONNECTION_LIST, broker.address, { consumerGroup: 'cg' });
    expect(code).toBe(0);
    expect(parseJson(body)).toMatchObject({
      connectionSet: [{ clientAddr: expect.stringMatching(/^127\.0\.0\.1:\d+$/), clientId: 'c1', language: 'JAVA', version: 513 }],
      consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
      consumeType: 'CONSUME_PASSIVELY',
      messageModel: 'CLUSTERING',
      subscriptionTable: { orders: { topic: 'orders', subString: '*' } },
    });
    const none = await admin.remoting.invoke(GET_CONSUMER_CONNECTION_LIST, broker.address, { consumerGroup: 'nobody' });
    expect([none.code, none.remark]).toEqual([206, 'the consumer group[nobody] not online']);
  });

  it('answer through the broker what they are doing', async () => {
    await open();
    member.remoting.handle(GET_CONSUMER_RUNNING_INFO, ({ header }) => ({
      code: 'SUCCESS',
      body: Buffer.from(JSON.stringify({ asked: header.clientId, jstack: header.jstackEnable })),
    }));
    const ask = (consumerGroup: string, clientId: string) =>
      admin.remoting.invoke(GET_CONSUMER_RUNNING_INFO, broker.address, { consumerGroup, clientId, jstackEnable: true });
    const answer = await ask('cg', 'c1');
    expect(JSON.parse(Buffer.from(answer.body).toString())).toEqual({ asked: 'c1', jstack: true });
    const absent = await ask('cg', 'c2');
    expect([absent.code, absent.remark]).toEqual([1, 'The Consumer <cg> <c2> not online']);
  });

  it('are handed a message directly, with what the broker knows of it', async () => {
    await open();
    const sent = await admin.send('orders', 'look at this', { queueId: 1 });
    const seen: string[] = [];
    member.remoting.handle(CONSUME_MESSAGE_DIRECTLY, ({ header, body }) => {
      seen.push(`${header.brokerName} ${Buffer.from(decodeMessage(body).body).toString()}`);
      return {
        code: 'SUCCESS',
        body: encodeConsumeMessageDirectlyResult({ order: false, autoCommit: true, consumeResult: 'CR_SUCCESS', spentTimeMills: 1 }),
      };
    });
    const hand = (msgId: string, clientId: string | undefined) =>
      admin.remoting.invoke(CONSUME_MESSAGE_DIRECTLY, broker.address, { consumerGroup: 'cg', clientId, msgId, topic: 'orders' });
    const answer = await hand(sent.header!.msgId, 'c1');
    expect(seen).toEqual(['broker-a look at this']);
    expect(parseJson(answer.body)).toEqual({ autoCommit: true, consumeResult: 'CR_SUCCESS', order: false, spentTimeMills: 1 });
    for (const [msgId, clientId] of [
      ['no id', 'c1'],
      ['7F00000100002A9FFFFFFFFFFFFFFFFF', 'c1'],
      [sent.header!.msgId, undefined],
      [sent.header!.msgId, 'c9'],
    ] as const) {
      expect((await hand(msgId, clientId)).code).toBe(1);
    }
  });

  it('tell the offsets they hold', async () => {
    await open();
    member.remoting.handle(GET_CONSUMER_STATUS_FROM_CLIENT, ({ header }) => ({
      code: 'SUCCESS',
      body: encodeConsumerStatusBody(new Map([[{ topic: header.topic, brokerName: 'broker-a', queueId: 2 }, 7]])),
    }));
    const ask = (group: string) => admin.remoting.invoke(INVOKE_BROKER_TO_GET_CONSUMER_STATUS, broker.address, { topic: 'orders', group });
    const { body } = await ask('cg');
    const { consumerTable } = parseJson(body) as { consumerTable: Record<string, unknown> };
    expect(Object.keys(consumerTable)).toEqual(['c1']);
    expect(Buffer.from(body).toString()).toContain('{"c1":{{"brokerName":"broker-a","queueId":2,"topic":"orders"}:7}}');
    expect(decodeConsumerStatusBody(body).size).toBe(0);
    expect((await ask('nobody')).code).toBe(1);
  });
});

describe('an offset reset', () => {
  it('sets every queue, is told by the next pull, once, and is not undone by a late commit', async () => {
    await open();
    await member.commit('cg', 'orders', 0, 3);
    const answer = await reset({ timestamp: 0 });
    expect(byQueueId(decodeResetOffsetBody(answer.body))).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
    expect((await member.commit('cg', 'orders', 0, 3)).code).toBe(0);
    expect((await member.committed('cg', 'orders', 0)).header).toEqual({ offset: 0 });
    const told = await member.pull({ topic: 'orders', offset: 3, commitOffset: 3 });
    expect([told.code, told.remark, told.header]).toMatchObject([21, 'OFFSET_RESET', { nextBeginOffset: 0, minOffset: 0, maxOffset: 3 }]);
    expect((await member.committed('cg', 'orders', 0)).header).toEqual({ offset: 0 });
    expect((await member.messages({ topic: 'orders', offset: 0 })).length).toBe(3);
    expect((await member.commit('cg', 'orders', 0, 2)).code).toBe(0);
    expect((await member.committed('cg', 'orders', 0)).header).toEqual({ offset: 2 });
  });

  it('reaches a member that waits for messages at once', async () => {
    await open();
    const held = member.pull({ topic: 'orders', queueId: 1, offset: 3, holdMs: 15_000 });
    // Another question on the same connection is answered behind the pull: it is held by then.
    await member.committed('cg', 'orders', 1);
    await reset({ queueId: 1, offset: 1 });
    expect((await held).header).toMatchObject({ nextBeginOffset: 1 });
    expect((await held).code).toBe(21);
  });

  it('goes to the end, to a time and to a place, and refuses what is not there', async () => {
    await open();
    expect(byQueueId(decodeResetOffsetBody((await reset({})).body)).map(([, offset]) => offset)).toEqual([3, 3, 3, 3]);
    expect(byQueueId(decodeResetOffsetBody((await reset({ queueId: 2, offset: 1 })).body))).toEqual([[2, 1]]);
    const outside = await reset({ queueId: 2, offset: 9 });
    expect([outside.code, outside.remark]).toEqual([1, 'Target offset 9 is not in the range [0, 3] of queue 2']);
    expect((await reset({ queueId: 9 })).code).toBe(1);
    expect([(await reset({ topic: 'none' })).code, (await reset({ group: 'none' })).code]).toEqual([17, 26]);
  });

  it('is asked of the members where the broker is told to', async () => {
    await open({ config: { useServerSideResetOffset: false } });
    await member.commit('cg', 'orders', 0, 3);
    const told = new Promise<Array<[number, number]>>((resolve) => {
      member.remoting.handle(RESET_CONSUMER_CLIENT_OFFSET, ({ body }) => {
        resolve(byQueueId(decodeResetOffsetBody(body)));
        return { code: 'SUCCESS' };
      });
    });
    expect((await reset({ timestamp: 0, isForce: false })).code).toBe(0);
    expect(await told).toEqual([[0, 0]]);
    await member.close();
    // Nobody is online any more.
    const group = 'later';
    const offline = new BrokerClient(broker.address);
    await offline.heartbeat('c2', group, { orders: 1 });
    await offline.close();
    let code = 0;
    for (let tries = 0; tries < 100 && code !== 206; tries++) code = (await reset({ group, timestamp: 0 })).code;
    expect(code).toBe(206);
  });
});

describe('offsets of another group', () => {
  const clone = (wish: { srcGroup?: string; destGroup?: string; topic?: string; offline?: boolean }) =>
    admin.remoting.invoke(CLONE_GROUP_OFFSET, broker.address, { srcGroup: 'cg', destGroup: 'copy', ...wish });
  const committed = async (group: string, topic = 'orders'): Promise<number[]> => {
    const answers = [];
    for (let queueId = 0; queueId < QUEUES; queueId++) {
      const header = { consumerGroup: group, topic, queueId, setZeroIfNotFound: false };
      const { code, header: answer } = await admin.remoting.invoke(QUERY_CONSUMER_OFFSET, broker.address, header);
      answers.push(code === 0 ? answer!.offset : -1);
    }
    return answers;
  };
  const commit = (consumerGroup: string, topic: string, queueId: number, commitOffset: number) =>
    admin.remoting.call(UPDATE_CONSUMER_OFFSET, broker.address, { consumerGroup, topic, queueId, commitOffset });

  it('replace those the group had, for one topic or all', async () => {
    await open();
    await admin.send('parcels', 'x');
    await member.heartbeat('c1', 'copy', { orders: 1 });
    await commit('cg', 'orders', 0, 2);
    await commit('cg', 'orders', 3, 1);
    await commit('cg', 'parcels', 0, 1);
    await commit('copy', 'orders', 1, 3);
    // The source is online with orders only: what it no longer subscribes to is left out, unless asked for.
    expect((await clone({})).code).toBe(0);
    expect([await committed('copy'), await committed('copy', 'parcels')]).toEqual([
      [2, -1, -1, 1],
      [-1, -1, -1, -1],
    ]);
    expect((await clone({ offline: true })).code).toBe(0);
    expect((await committed('copy', 'parcels'))[0]).toBe(1);
    expect((await clone({ destGroup: 'other', topic: 'orders' })).code).toBe(0);
    expect([(await committed('other'))[0], (await committed('other', 'parcels'))[0]]).toEqual([2, -1]);
  });

  it('stay as they are when the source has none, and an illegal name is refused', async () => {
    await open();
    await member.heartbeat('c1', 'copy', { orders: 1 });
    await commit('copy', 'orders', 1, 3);
    expect((await clone({ srcGroup: 'nobody', offline: true })).code).toBe(0);
    expect((await committed('copy'))[1]).toBe(3);
    const refused = await clone({ destGroup: '../etc' });
    expect([refused.code, refused.remark]).toEqual([1, expect.stringContaining('../etc')]);
  });
});
