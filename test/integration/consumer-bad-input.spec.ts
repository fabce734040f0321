// What a consumer is given that cannot be right: each has one outcome and a message that says what to do, and no message is skipped.
import {
  ConsumeConcurrentlyStatus,
  ConsumeOrderlyStatus,
  DefaultMQProducer,
  DefaultMQPushConsumer,
  Message,
  type PushConsumerOptions,
} from 'rocketmq-core';
import type { BrokerConfigInput, BrokerOverrides } from '@nest-rocketmq/broker';
import type { Logger } from 'rocketmq-core/common';
import { GET_MIN_OFFSET, HEART_BEAT, LOCK_BATCH_MQ, encodeLockBatchRequest, UNLOCK_BATCH_MQ } from 'rocketmq-core/protocol';
import { BrokerClient } from '../support/broker-client.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { FastClock } from '../support/fast-clock.js';
import { until } from '../support/until.js';

const TOPIC = 'orders';
const GROUP = 'cg';

let cluster: TestCluster;
let client: BrokerClient;
let log: string[] = [];
const open: Array<{ shutdown(): Promise<void> }> = [];

const logger = (): Logger => {
  const line = (message: string, fields?: unknown): void => void log.push(`${message} ${JSON.stringify(fields ?? {})}`);
  return { debug: () => {}, info: () => {}, warn: line, error: line };
};

async function setUp(config: BrokerConfigInput = {}, overrides: Partial<BrokerOverrides> = {}): Promise<void> {
  log = [];
  cluster = await startCluster(['broker-a'], config, overrides);
  client = new BrokerClient(cluster.brokers[0]!.address);
}

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.shutdown();
  await client?.close();
  await cluster?.close();
});

function newConsumer(options: PushConsumerOptions & { consumerGroup?: string } = {}): DefaultMQPushConsumer {
  const consumer = new DefaultMQPushConsumer({
    consumerGroup: GROUP,
    namesrvAddr: cluster.nameServer,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    persistConsumerOffsetInterval: 100,
    logger: logger(),
    ...options,
  });
  open.push(consumer);
  return consumer;
}

/** A concurrent member; resolves to the texts it gets. */
async function consume(options: PushConsumerOptions & { consumerGroup?: string } = {}, expression = '*'): Promise<string[]> {
  const consumer = newConsumer(options);
  const texts: string[] = [];
  consumer.subscribe(TOPIC, expression);
  consumer.registerMessageListenerConcurrently(([message]) => {
    texts.push(message!.text());
    return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
  });
  await consumer.start();
  return texts;
}

const send = (text: string, queueId = 0): Promise<unknown> => client.send(TOPIC, text, { queueId });

/** As if the group had been here before. */
async function commit(offset: number): Promise<void> {
  // A group comes into being by pulling.
  await client.pull({ topic: TOPIC, group: GROUP, offset: 0 });
  expect((await client.commit(GROUP, TOPIC, 0, offset)).code).toBe(0);
}

describe('a committed offset', () => {
  it('past the end: the group goes on at the end, with a word about it, and gets what comes then', async () => {
    await setUp();
    for (let i = 0; i < 4; i++) await send(`old ${i}`);
    await commit(1_000_000);
    const texts = await consume();
    await until(() => log.some((line) => line.includes('offset 1000000 of orders broker-a/0 is illegal, going on at 4')));
    for (let i = 0; i < 4; i++) await send(`new ${i}`);
    await until(() => texts.length >= 4);
    expect(texts).toEqual(['new 0', 'new 1', 'new 2', 'new 3']);
    await until(async () => (await client.committed(GROUP, TOPIC, 0)).header?.offset === 8);
  });

  it('before the start: the group goes on at the start and gets everything that is still kept', async () => {
    const clock = new FastClock(20);
    // Files are older than the clock says by nothing: it is years ahead of them.
    clock.jump(10 * 365 * 24 * 3_600_000);
    const always = Array.from({ length: 24 }, (_, hour) => hour).join(';');
    await setUp({ fileReservedTime: 0, deleteWhen: always, mappedFileSizeCommitLog: 65_536, mappedFileSizeConsumeQueue: 200 }, { clock });
    const body = 'x'.repeat(8000);
    for (let i = 0; i < 40; i++) await send(`${i} ${body}`);
    const minOffset = async (): Promise<number> =>
      (await client.remoting.call(GET_MIN_OFFSET, client.address, { topic: TOPIC, queueId: 0 })).header!.offset;
    await until(async () => (await minOffset()) > 10);
    await commit(3);
    const first = await minOffset();
    const texts = await consume();
    await until(() => texts.length >= 40 - first);
    expect(texts.map((text) => Number(text.split(' ')[0]))).toEqual(Array.from({ length: 40 - first }, (_, i) => first + i));
    expect(log.join('\n')).toMatch(new RegExp(`offset 3 of orders broker-a/0 is illegal, going on at ${first}`));
  });
});

describe('a subscription', () => {
  it.each(['||', ' || || ', '|| ||'])('to %j is refused where it is written, and a running consumer keeps its own', async (expression) => {
    await setUp();
    expect(() => newConsumer().subscribe(TOPIC, expression)).toThrow(`subscription of ${TOPIC}: "${expression}" names no tag`);
    const consumer = newConsumer();
    const texts: string[] = [];
    consumer.subscribe(TOPIC, 'A');
    consumer.registerMessageListenerConcurrently(([message]) => {
      texts.push(message!.text());
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    await client.send(TOPIC, 'before', { properties: { TAGS: 'A' } });
    await consumer.start();
    await until(() => texts.length === 1);
    expect(() => consumer.subscribe(TOPIC, expression)).toThrow('names no tag');
    await client.send(TOPIC, 'other', { properties: { TAGS: 'B' } });
    await client.send(TOPIC, 'after', { properties: { TAGS: 'A' } });
    await until(() => texts.length === 2);
    expect(texts).toEqual(['before', 'after']);
  });

  it('that differs from that of another member is told by the broker, once', async () => {
    await setUp({}, { logger: logger() });
    await send('opening');
    const brokerLines = log;
    let heartbeats = 0;
    const rpcHooks = [
      { beforeRequest: (_address: string, { code }: { code: number }) => void (heartbeats += code === HEART_BEAT.code ? 1 : 0) },
    ];
    await consume({ instanceName: 'one', heartbeatBrokerInterval: 100, rpcHooks }, 'A');
    await consume({ instanceName: 'two', heartbeatBrokerInterval: 100, rpcHooks }, 'A || B');
    const told = (): string[] => brokerLines.filter((line) => line.includes('disagree'));
    await until(() => told().length > 0);
    const [line] = told();
    expect(line).toContain(GROUP);
    expect(line).toContain(TOPIC);
    // Heartbeats go on telling the same.
    const beats = heartbeats;
    await until(() => heartbeats > beats + 6);
    expect(told()).toHaveLength(1);
  });
});

describe('a queue locked by a stranger', () => {
  it('is left alone until it is free; the others are consumed meanwhile', async () => {
    await setUp();
    for (let queueId = 0; queueId < 4; queueId++) await send(`m${queueId}`, queueId);
    const body = encodeLockBatchRequest({
      consumerGroup: GROUP,
      clientId: 'stranger',
      mqSet: [{ topic: TOPIC, brokerName: 'broker-a', queueId: 0 }],
      onlyThisBroker: false,
    });
    await client.remoting.call(LOCK_BATCH_MQ, client.address, {}, { body });
    const consumer = newConsumer();
    const texts: string[] = [];
    consumer.subscribe(TOPIC);
    consumer.registerMessageListenerOrderly(async ([message]) => {
      texts.push(message!.text());
      return ConsumeOrderlyStatus.SUCCESS;
    });
    await consumer.start();
    await until(() => texts.length === 3);
    await send('m4', 1);
    await until(() => texts.length === 4);
    expect(texts).not.toContain('m0');
    await client.remoting.call(UNLOCK_BATCH_MQ, client.address, {}, { body });
    await until(() => texts.includes('m0'));
    expect(texts.toSorted()).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
  });
});

describe('a group name', () => {
  it.each([
    ['DEFAULT_CONSUMER', 'consumerGroup can not equal DEFAULT_CONSUMER, please specify another one.'],
    ['', 'group'],
    ['has space', 'group'],
    ['a'.repeat(256), 'group'],
  ])('%j is refused at start with a reason', async (consumerGroup, reason) => {
    await setUp();
    await expect(consume({ consumerGroup })).rejects.toThrow(reason);
  });

  it.each(['TOOLS_CONSUMER', 'CID_ONSAPI_PULL', 'CID_RMQ_SYS_mine', '__proto__'])('%s works like any other', async (consumerGroup) => {
    await setUp();
    await send('one');
    const texts = await consume({ consumerGroup });
    await until(() => texts.length === 1);
    await until(async () => (await client.committed(consumerGroup, TOPIC, 0)).header?.offset === 1);
  });

  it('that the broker may not create is refused by name; system ones work all the same', async () => {
    await setUp({ autoCreateSubscriptionGroup: false });
    await send('one');
    const refused = await consume({ consumerGroup: 'nobody-made-me' });
    await until(() => log.some((line) => line.includes('no consumer for this group, nobody-made-me')));
    expect(refused).toEqual([]);
    const texts = await consume({ consumerGroup: 'CID_RMQ_SYS_mine' });
    await until(() => texts.length === 1);
  });
});

describe('an orderly listener', () => {
  it.each([
    ['text', () => 'yes'],
    ['a number', () => 1],
    ['an object', () => ({})],
    ['nothing', () => undefined],
    ['null', () => null],
    ['an error', () => Promise.reject(new Error('no'))],
  ])('that answers %s gets the message again, before any other of its queue', async (_what, answer) => {
    await setUp();
    for (let i = 0; i < 3; i++) await send(`m${i}`);
    const consumer = newConsumer({ suspendCurrentQueueTimeMillis: 10 });
    const texts: string[] = [];
    consumer.subscribe(TOPIC);
    consumer.registerMessageListenerOrderly((async ([message]: [{ text(): string }]) => {
      texts.push(message.text());
      return texts.length < 4 ? answer() : ConsumeOrderlyStatus.SUCCESS;
    }) as never);
    await consumer.start();
    await until(() => texts.length === 6);
    expect(texts).toEqual(['m0', 'm0', 'm0', 'm0', 'm1', 'm2']);
  });
});

describe('a start without what it needs', () => {
  it('names every wrong setting at once', async () => {
    await setUp();
    const consumer = newConsumer({ consumeThreadMin: 0, pullBatchSize: 2000, consumeTimeout: 0.5 });
    consumer.subscribe(TOPIC);
    consumer.registerMessageListenerConcurrently(() => ConsumeConcurrentlyStatus.CONSUME_SUCCESS);
    const error: unknown = await consumer.start().catch((thrown: unknown) => thrown);
    expect((error as { problems: Array<{ key: string }> }).problems.map(({ key }) => key).toSorted()).toEqual([
      'consumeThreadMin',
      'consumeTimeout',
      'pullBatchSize',
    ]);
  });

  it('without a listener is refused, and may be done again with one', async () => {
    await setUp();
    const producer = new DefaultMQProducer({ producerGroup: 'pg', namesrvAddr: cluster.nameServer });
    await producer.start();
    open.push(producer);
    await producer.send(new Message(TOPIC, 'one'));
    const consumer = newConsumer();
    consumer.subscribe(TOPIC);
    await expect(consumer.start()).rejects.toThrow('no listener is registered');
    const texts: string[] = [];
    consumer.registerMessageListenerConcurrently(([message]) => {
      texts.push(message!.text());
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    await consumer.start();
    await until(() => texts.length === 1);
  });
});
