// Messages found again: by key, by unique id, by place, by time, over restarts and kills, through requests and through the client.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MESSAGE_STORE } from '@nest-rocketmq/broker';
import { DefaultMQProducer, DefaultMQPushConsumer, Message, MessageNotFoundError, NoRouteError } from 'rocketmq-core';
import { decodeMessages } from 'rocketmq-core/message';
import { decodeTopicRouteData, GET_ROUTEINFO_BY_TOPIC, QUERY_MESSAGE, RESPONSE_CODES } from 'rocketmq-core/protocol';
import { createRemotingClient } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import { startBroker, type TestBroker } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { goldenExchanges } from '../support/golden-exchanges.js';
import { until } from '../support/until.js';

const LONG_MAX = 2n ** 63n - 1n;
const SMALL_INDEX = { maxHashSlotNum: 50, maxIndexNum: 100 };

const textsOf = (messages: readonly { text(): string }[]): string[] => messages.map((message) => message.text());

interface Wish {
  topic?: string;
  key: string;
  maxNum?: number;
  begin?: number;
  end?: bigint;
  unique?: boolean;
  indexType?: string;
}

describe('QUERY_MESSAGE', () => {
  let broker: TestBroker;
  let client: BrokerClient;
  const start = async (config: Record<string, unknown> = {}, directory?: string): Promise<void> => {
    broker = await startBroker({ config: { ...SMALL_INDEX, ...config }, ...(directory === undefined ? {} : { directory }) });
    client = new BrokerClient(broker.address);
  };
  afterEach(async () => {
    await client.close();
    await broker.close();
  });

  const query = (wish: Wish) =>
    client.remoting.invoke(QUERY_MESSAGE, broker.address, {
      topic: wish.topic ?? 'orders',
      key: wish.key,
      maxNum: wish.maxNum ?? 32,
      beginTimestamp: wish.begin ?? 0,
      endTimestamp: wish.end ?? LONG_MAX,
      uniqueKeyQuery: wish.unique === undefined ? undefined : String(wish.unique),
      indexType: wish.indexType,
    });
  const found = async (wish: Wish): Promise<string[]> => {
    const answer = await query(wish);
    return answer.code === RESPONSE_CODES.SUCCESS ? textsOf(decodeMessages(answer.body)) : [];
  };
  const send = (body: string, keys: string, more: Record<string, string> = {}, topic = 'orders') =>
    client.send(topic, body, { properties: { KEYS: keys, ...more } });

  it('finds what was sent just now, by each of its keys, its id and its tag, oldest first', async () => {
    await start();
    await send('m1', 'a b', { UNIQ_KEY: 'ID1', TAGS: 'paid' });
    await send('m2', 'b  grün', { UNIQ_KEY: 'ID2' });
    await send('m3', 'b', {}, 'others');
    expect(await found({ key: 'a' })).toEqual(['m1']);
    expect(await found({ key: 'b' })).toEqual(['m1', 'm2']);
    expect(await found({ key: 'grün' })).toEqual(['m2']);
    expect(await found({ key: 'ID2', unique: true })).toEqual(['m2']);
    expect(await found({ key: 'ID2' })).toEqual(['m2']);
    expect(await found({ key: 'paid', indexType: 'T' })).toEqual(['m1']);
    expect(await found({ key: 'paid' })).toEqual([]);
    expect(await found({ key: 'b', topic: 'others' })).toEqual(['m3']);
    const answer = await query({ key: 'b' });
    const store = broker.app.get<MessageStore>(MESSAGE_STORE, { strict: false });
    expect(answer.header!.indexLastUpdatePhyoffset).toBeLessThan(store.maxPhysicalOffset);
    expect(answer.header!.indexLastUpdateTimestamp).toBeGreaterThan(0);
  });

  it('keeps the newest of many, within its limits', async () => {
    await start({ maxMsgsNumBatch: 5, defaultQueryMaxNum: 3 });
    for (let i = 0; i < 150; i++) await send(`m${i}`, 'k', { UNIQ_KEY: 'same' });
    expect(await found({ key: 'k', maxNum: 2 })).toEqual(['m148', 'm149']);
    expect(await found({ key: 'k', maxNum: 1000 })).toEqual(['m145', 'm146', 'm147', 'm148', 'm149']);
    expect(await found({ key: 'same', maxNum: 1, unique: true })).toEqual(['m147', 'm148', 'm149']);
    expect(readdirSync(join(broker.directory, 'index')).length).toBeGreaterThan(2);
  });

  it('tells keys of one hash apart, however many of the other there are', async () => {
    await start();
    // "Aa" and "BB" have one hash in Java.
    await send('first', 'Aa');
    for (let i = 0; i < 100; i++) await send(`m${i}`, 'BB');
    expect(await found({ key: 'Aa' })).toEqual(['first']);
    expect((await found({ key: 'BB', maxNum: 3 })).length).toBe(3);
  });

  it('answers no more bytes than a frame of Java holds', async () => {
    await start({ mappedFileSizeCommitLog: 64 * 1024 * 1024 });
    for (let i = 0; i < 6; i++) await send(`${i}${'x'.repeat(4_000_000)}`, 'large');
    expect((await found({ key: 'large' })).map((text) => text[0])).toEqual(['2', '3', '4', '5']);
  });

  it('keeps to the time asked for', async () => {
    await start();
    await send('m1', 'k');
    const [first] = decodeMessages((await query({ key: 'k' })).body);
    const at = first!.storeTimestamp;
    await until(() => Date.now() > at);
    await send('m2', 'k');
    expect(await found({ key: 'k', begin: at, end: BigInt(at) })).toEqual(['m1']);
    expect(await found({ key: 'k', begin: at + 1 })).toEqual(['m2']);
    expect(await found({ key: 'k', end: BigInt(at - 1) })).toEqual([]);
    expect(await found({ key: 'k', begin: at + 60_000 })).toEqual([]);
    expect(await found({ key: 'k', begin: -5, end: LONG_MAX })).toEqual(['m1', 'm2']);
    expect(await found({ key: 'k', end: -1n })).toEqual([]);
  });

  it.each([
    ['an unknown key', { key: 'nobody' }],
    ['an unknown topic', { key: 'k', topic: 'unheard-of' }],
    ['an empty key', { key: '' }],
    ['a key of 30 KB', { key: 'x'.repeat(30_000) }],
    ['no message at all', { key: 'k', maxNum: 0 }],
    ['less than none', { key: 'k', maxNum: -1 }],
    ['an end before the begin', { key: 'k', begin: Number.MAX_SAFE_INTEGER, end: 0n }],
  ])('answers 22 to %s', async (_, wish) => {
    await start();
    await send('m1', 'k');
    const { code, remark, header } = await query(wish);
    expect([code, remark]).toEqual([RESPONSE_CODES.QUERY_NOT_FOUND, 'can not find message, maybe time range not correct']);
    expect(header).toEqual({ indexLastUpdateTimestamp: 0, indexLastUpdatePhyoffset: 0 });
  });

  it('finds everything again after a stop, without its index, and with indexing off', async () => {
    await start();
    for (let i = 0; i < 200; i++) await send(`m${i}`, `k${i} all`, { UNIQ_KEY: `ID${i}` });
    const { directory } = broker;
    const check = async (): Promise<void> => {
      expect(await found({ key: 'k0' })).toEqual(['m0']);
      expect(await found({ key: 'k199' })).toEqual(['m199']);
      expect(await found({ key: 'ID77', unique: true })).toEqual(['m77']);
      expect((await found({ key: 'all', maxNum: 64 })).at(-1)).toBe('m199');
    };
    await check();
    const again = async (config: Record<string, unknown> = {}): Promise<void> => {
      await client.close();
      await broker.stop();
      await start(config, directory);
    };
    await again();
    await check();
    const before = readdirSync(join(directory, 'index'));
    await again({ messageIndexEnable: false });
    await send('unindexed', 'k200');
    await check();
    expect(await found({ key: 'k200' })).toEqual([]);
    await again();
    expect(readdirSync(join(directory, 'index')).slice(0, before.length)).toEqual(before);
    // What came while indexing was off is in the log, and so comes into the index.
    expect(await found({ key: 'k200' })).toEqual(['unindexed']);
    await client.close();
    await broker.stop();
    rmSync(join(directory, 'index'), { recursive: true });
    await start({}, directory);
    const store = broker.app.get<MessageStore>(MESSAGE_STORE, { strict: false });
    await until(() => store.counters()['indexLagBytes'] === 0);
    expect(await found({ key: 'k0' })).toEqual(['m0']);
    expect((await found({ key: 'all', maxNum: 64 })).at(-1)).toBe('m199');
  });

  const captured = goldenExchanges('view-query').filter(({ code }) => code === RESPONSE_CODES.QUERY_NOT_FOUND || code === 12);
  it.each(captured.map((exchange) => [exchange.name, exchange.peer, exchange] as const))(
    'as captured: %s (%s)',
    async (_, __, exchange) => {
      await start();
      const { request, response } = exchange.decoded;
      const fields = request.extFields!;
      const unique = fields['_UNIQUE_KEY_QUERY'] === 'true';
      const isFound = response!.code === RESPONSE_CODES.SUCCESS;
      const properties: Record<string, string> = unique ? { UNIQ_KEY: fields['key']! } : { KEYS: fields['key']! };
      if (isFound) await client.send(fields['topic']!, 'hi', { properties });
      // The times are those of the capture; ours are later.
      const answer = await query({ topic: fields['topic']!, key: fields['key']!, maxNum: Number(fields['maxNum']), unique });
      expect([answer.code, answer.remark ?? null]).toEqual([response!.code, response!.remark]);
      expect([...answer.extFields.keys()].toSorted()).toEqual(Object.keys(response!.extFields!).toSorted());
      expect(answer.body.length > 0).toBe(response!.bodyLength > 0);
    },
  );
});

describe('queries of the client', () => {
  let cluster: TestCluster;
  let producer: DefaultMQProducer;
  let maker: DefaultMQProducer;
  const names = createRemotingClient();
  beforeAll(async () => {
    cluster = await startCluster(['broker-a', 'broker-b'], SMALL_INDEX);
    producer = new DefaultMQProducer({ producerGroup: 'query', namesrvAddr: cluster.nameServer });
    maker = new DefaultMQProducer({ producerGroup: 'maker', instanceName: 'maker', namesrvAddr: cluster.nameServer });
    await Promise.all([producer.start(), maker.start()]);
  });
  afterAll(async () => {
    await Promise.all([producer.shutdown(), maker.shutdown(), names.shutdown()]);
    await cluster.close();
  });

  /** A topic the name server knows on both brokers before the client that asks has seen any route of it. */
  async function make(topic: string): Promise<void> {
    const brokers = ['broker-a', 'broker-b'];
    for (const brokerName of brokers) await maker.send(new Message(topic, 'first'), { topic, brokerName, queueId: 0 });
    await until(async () => {
      const { code, body } = await names.invoke(GET_ROUTEINFO_BY_TOPIC, cluster.nameServer, { topic });
      return code === RESPONSE_CODES.SUCCESS && decodeTopicRouteData(body).brokerDatas.length === brokers.length;
    });
  }

  /** One message to each queue of both brokers. */
  async function spread(topic: string, keys: (i: number) => string): Promise<string[]> {
    await make(topic);
    const ids: string[] = [];
    for (let i = 0; i < 8; i++) {
      const brokerName = i % 2 === 0 ? 'broker-a' : 'broker-b';
      const message = new Message(topic, 'A', keys(i), `m${i}`);
      ids.push((await producer.send(message, { topic, brokerName, queueId: i % 4 })).msgId);
    }
    return ids;
  }

  it('find a key on every broker, oldest first, and only that key', async () => {
    await spread('both', (i) => `all n${i} ${i % 2 === 0 ? 'Aa' : 'BB'}`);
    const all = await producer.queryMessage('both', 'all', 32);
    const times = all.messageList.map(({ storeTimestamp }) => storeTimestamp);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(textsOf(all.messageList).toSorted()).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']);
    expect(all.messageList.map(({ topic, keys }) => `${topic} ${keys}`)).toContain('both all n3 BB');
    expect(all.failedBrokers).toEqual([]);
    expect(all.indexLastUpdateTimestamp).toBe(all.messageList.at(-1)!.storeTimestamp);
    expect(textsOf((await producer.queryMessage('both', 'n5')).messageList)).toEqual(['m5']);
    expect(textsOf((await producer.queryMessage('both', 'Aa')).messageList)).toEqual(['m0', 'm2', 'm4', 'm6']);
    // At most so many of each broker.
    expect(textsOf((await producer.queryMessage('both', 'all', 1)).messageList).toSorted()).toEqual(['m6', 'm7']);
    const { storeTimestamp } = all.messageList[4]!;
    const early = await producer.queryMessage('both', 'all', 32, 0, storeTimestamp);
    expect(early.messageList.every((message) => message.storeTimestamp <= storeTimestamp)).toBe(true);
    expect(textsOf(early.messageList)).toContain('m4');
  });

  it('find a message by either id', async () => {
    const ids = await spread('ids', () => 'k');
    for (const [i, id] of ids.entries()) expect((await producer.viewMessage('ids', id)).text()).toBe(`m${i}`);
    const result = await producer.send(new Message('ids', 'last'));
    expect((await producer.viewMessage('ids', result.offsetMsgId)).msgId).toBe(result.msgId);
  });

  it('say by type that there is nothing', async () => {
    await producer.send(new Message('none', 'x'));
    const missing = await producer.queryMessage('none', 'k').catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(MessageNotFoundError);
    expect(missing).toMatchObject({ responseCode: 208, code: 'RMQ_MESSAGE_NOT_FOUND' });
    await expect(producer.viewMessage('none', '7F0000010000528000000000000F423F')).rejects.toThrow(MessageNotFoundError);
    await expect(producer.viewMessage('none', 'no id')).rejects.toThrow(/no message with id no id was found in topic none/);
    await expect(producer.queryMessage('never-made', 'k')).rejects.toThrow(NoRouteError);
  });

  it('know times and offsets of a queue', async () => {
    const queue = { topic: 'times', brokerName: 'broker-a', queueId: 0 };
    await producer.send(new Message('times', 'x'));
    for (const body of ['m0', 'm1']) await producer.send(new Message('times', body), queue);
    const earliest = await producer.earliestMsgStoreTime(queue);
    expect(Math.abs(Date.now() - earliest)).toBeLessThan(60_000);
    expect(await producer.searchOffset(queue, earliest)).toBe(0);
    expect(await producer.searchOffset(queue, Date.now() + 60_000)).toBe(await producer.maxOffset(queue));
    expect(await producer.earliestMsgStoreTime({ ...queue, queueId: 4000 })).toBe(-1);
  });

  it('work from a consumer, with a namespace', async () => {
    const options = { namesrvAddr: cluster.nameServer, namespace: 'space', instanceName: 'spaced' };
    const spaced = new DefaultMQProducer({ ...options, producerGroup: 'spaced' });
    const consumer = new DefaultMQPushConsumer({ ...options, consumerGroup: 'spaced' });
    await spaced.start();
    const { msgId } = await spaced.send(new Message('inside', 'A', 'k', 'm'));
    consumer.subscribe('inside');
    consumer.registerMessageListener(() => 'CONSUME_SUCCESS');
    await consumer.start();
    for (const client of [spaced, consumer]) {
      const { messageList } = await client.queryMessage('inside', 'k');
      expect(messageList.map(({ topic, msgId: id }) => [topic, id])).toEqual([['inside', msgId]]);
      expect((await client.viewMessage('inside', msgId)).topic).toBe('inside');
    }
    await consumer.shutdown();
    await spaced.shutdown();
  });

  it('split what is too large for one batch, and only if asked to', async () => {
    const bodies = Array.from({ length: 30 }, (_, i) => `${i}-${'x'.repeat(400_000)}`);
    const messages = (): Message[] => bodies.map((body) => new Message('split', 'A', 'batch', body));
    await expect(producer.send(messages())).rejects.toThrow(/the message body size over max value/);
    const result = await producer.send(messages(), { splitBatches: true });
    expect(result.sendStatus).toBe('SEND_OK');
    expect(result.parts!.map(({ msgId }) => msgId.split(',').length)).toEqual([10, 10, 10]);
    expect(result.msgId.split(',')).toHaveLength(30);
    for (const [i, id] of result.msgId.split(',').entries()) {
      if (i % 9 === 0) expect((await producer.viewMessage('split', id)).text()).toBe(bodies[i]);
    }
    const small = await producer.send([new Message('split', 'a'), new Message('split', 'b')], { splitBatches: true });
    expect(small.msgId.split(',')).toHaveLength(2);
    await expect(producer.send([], { splitBatches: true })).rejects.toThrow(/at least one message/);
  });

  it('name the broker that did not answer', async () => {
    await spread('half', () => 'k');
    expect(textsOf((await producer.queryMessage('half', 'k')).messageList)).toHaveLength(8);
    await cluster.brokers[1]!.stop();
    const { messageList, failedBrokers } = await producer.queryMessage('half', 'k');
    expect([textsOf(messageList), failedBrokers]).toEqual([['m0', 'm2', 'm4', 'm6'], ['broker-b']]);
    // Nothing found on one broker proves nothing about the other.
    await expect(producer.queryMessage('half', 'nobody')).rejects.toThrow(/broker|connect|127\.0\.0\.1/i);
  });
});
