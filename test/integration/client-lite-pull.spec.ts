// DefaultLitePullConsumer over real sockets: subscribe and assign, positions, commits, members that come and go, restarts, wrong use.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DefaultLitePullConsumer,
  type LitePullConsumerOptions,
  type MessageExt,
  type MessageQueue,
  MessageSelector,
  RocketMQError,
} from 'rocketmq-core';
import type { BrokerConfigInput, BrokerOverrides } from '@nest-rocketmq/broker';
import { silentLogger } from 'rocketmq-core/common';
import { GET_MIN_OFFSET } from 'rocketmq-core/protocol';
import { BrokerClient } from '../support/broker-client.js';
import { startBroker, type TestBroker } from '../support/broker.js';
import { FastClock } from '../support/fast-clock.js';
import { startNamesrv, type TestNamesrv } from '../support/namesrv.js';
import { until } from '../support/until.js';

const TOPIC = 'orders';
const GROUP = 'readers';

let namesrv: TestNamesrv;
let nameServer: string;
let broker: TestBroker;
let client: BrokerClient;
let directory: string;
let log: string[] = [];
const open: Array<{ shutdown(): Promise<void> }> = [];

async function runBroker(config: BrokerConfigInput = {}, overrides: Partial<BrokerOverrides> = {}, store = 'store'): Promise<void> {
  broker = await startBroker({
    config: { namesrvAddr: [nameServer], brokerIP1: '127.0.0.1', ...config },
    directory: join(directory, store),
    overrides,
  });
  client = new BrokerClient(broker.address);
}

async function restartBroker(config: BrokerConfigInput = {}): Promise<void> {
  const { port } = broker;
  await client.close();
  await broker.stop();
  await runBroker({ listenPort: port, ...config });
}

beforeEach(async () => {
  log = [];
  directory = await mkdtemp(join(tmpdir(), 'nrmq-lite-'));
  namesrv = await startNamesrv();
  nameServer = `127.0.0.1:${namesrv.address.port}`;
  await runBroker();
});
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.shutdown();
  await client.close();
  await broker.close();
  await namesrv.close();
  await rm(directory, { recursive: true, force: true });
});

const queue = (queueId: number, topic = TOPIC): MessageQueue => ({ topic, brokerName: 'broker-a', queueId });
const send = (body: string, queueId = 0, properties: Record<string, string> = {}): Promise<unknown> =>
  client.send(TOPIC, body, { queueId, properties });

async function sendAll(count: number, queueId = 0, first = 0): Promise<void> {
  for (let i = first; i < first + count; i++) await send(`m${i}`, queueId);
}

function create(options: LitePullConsumerOptions = {}): DefaultLitePullConsumer {
  const line = (text: string, fields?: unknown): void => void log.push(`${text} ${JSON.stringify(fields ?? {})}`);
  const consumer = new DefaultLitePullConsumer({
    consumerGroup: GROUP,
    namesrvAddr: nameServer,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    persistConsumerOffsetInterval: 100,
    pullTimeDelayMillsWhenException: 100,
    heartbeatBrokerInterval: 500,
    logger: { ...silentLogger, warn: line, error: line },
    ...options,
  });
  open.push(consumer);
  return consumer;
}

async function assigned(queues: readonly MessageQueue[], options: LitePullConsumerOptions = {}): Promise<DefaultLitePullConsumer> {
  const consumer = create(options);
  consumer.assign(queues);
  await consumer.start();
  return consumer;
}

async function subscribed(
  options: LitePullConsumerOptions = {},
  expression: string | MessageSelector = '*',
): Promise<DefaultLitePullConsumer> {
  const consumer = create(options);
  consumer.subscribe(TOPIC, expression);
  await consumer.start();
  return consumer;
}

/** As if the group had been here before: a group comes into being by pulling. */
async function commit(offset: number): Promise<void> {
  await client.pull({ topic: TOPIC, group: GROUP, offset: 0 });
  expect((await client.commit(GROUP, TOPIC, 0, offset)).code).toBe(0);
}

/** Polls until there are so many. */
async function take(consumer: DefaultLitePullConsumer, count: number): Promise<string[]> {
  const texts: string[] = [];
  await until(async () => {
    texts.push(...textsOf(await consumer.poll(200)));
    return texts.length >= count;
  });
  return texts;
}

const textsOf = (messages: readonly MessageExt[]): string[] => messages.map((message) => message.text());
const numbers = (count: number, first = 0): string[] => Array.from({ length: count }, (_, i) => `m${first + i}`);
const committed = async (queueId: number): Promise<number | undefined> => (await client.committed(GROUP, TOPIC, queueId)).header?.offset;

/** The promise's error; fails when there is none. */
async function failureOf(work: Promise<unknown>): Promise<RocketMQError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(RocketMQError);
  return outcome as RocketMQError;
}

describe('a subscribed consumer', () => {
  it('gets every message once, each queue in order, in batches of one queue', async () => {
    for (const id of [0, 1, 2, 3]) await sendAll(25, id, id * 100);
    const consumer = await subscribed();
    const got: MessageExt[] = [];
    await until(async () => {
      const batch = await consumer.poll(200);
      expect(batch.length).toBeLessThanOrEqual(10);
      expect(new Set(batch.map((message) => message.queueId)).size).toBeLessThanOrEqual(1);
      got.push(...batch);
      return got.length >= 100;
    });
    for (const id of [0, 1, 2, 3]) {
      expect(textsOf(got.filter((message) => message.queueId === id))).toEqual(numbers(25, id * 100));
    }
    expect(got.every((message) => message.topic === TOPIC && message.brokerName === 'broker-a')).toBe(true);
    expect(await consumer.poll(0)).toEqual([]);
    expect(consumer.assignment()).toEqual([0, 1, 2, 3].map((id) => queue(id)));
  });

  it('is given only what its expression wants, and commits past the rest', async () => {
    for (let i = 0; i < 6; i++) await send(`m${i}`, 0, { TAGS: 'ABC'[i % 3]! });
    const consumer = await subscribed({ autoCommitIntervalMillis: 1000 }, 'A || B');
    expect(await take(consumer, 4)).toEqual(['m0', 'm1', 'm3', 'm4']);
    await consumer.poll(0);
    await consumer.shutdown();
    expect(await committed(0)).toBe(6);
  });

  it('takes a topic and another expression while it runs, and gives a topic up', async () => {
    await sendAll(2);
    await client.send('other', 'from other', { queueId: 0 });
    const consumer = await subscribed();
    expect(await take(consumer, 2)).toEqual(['m0', 'm1']);
    consumer.subscribe('other');
    expect(await take(consumer, 1)).toEqual(['from other']);
    consumer.unsubscribe(TOPIC);
    await until(() => consumer.assignment().every(({ topic }) => topic === 'other'));
    await sendAll(1, 0, 9);
    expect(await consumer.poll(300)).toEqual([]);
    consumer.subscribe(TOPIC);
    expect(await take(consumer, 1)).toEqual(['m9']);
  });

  it('tells its listeners which queues it has', async () => {
    await sendAll(1);
    const told: string[] = [];
    const consumer = create();
    consumer.setMessageQueueListener((topic, all, mine) => {
      told.push(`${topic} ${mine.length} of ${all.length}`);
      throw new Error('listeners may fail');
    });
    consumer.subscribe(TOPIC, '*', (topic, _all, mine) => void told.push(`own ${topic} ${mine.length}`));
    await consumer.start();
    expect(await take(consumer, 1)).toEqual(['m0']);
    expect(told).toEqual([`own ${TOPIC} 4`, `${TOPIC} 4 of 4`]);
    expect(log.some((line) => line.includes('listeners may fail'))).toBe(true);
  });

  it('shares queues with another member, and nothing is lost when that one leaves with messages it did not finish', async () => {
    const total = 400;
    for (let i = 0; i < total / 2; i++) await send(`m${i}`, i % 4);
    const settings = { autoCommitIntervalMillis: 1000, consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET' } as const;
    const done = new Set<string>();
    const one = await subscribed({ ...settings, instanceName: 'one' });
    const two = await subscribed({ ...settings, instanceName: 'two' });
    await until(() => one.assignment().length === 2 && two.assignment().length === 2);
    for (let i = total / 2; i < total; i++) await send(`m${i}`, i % 4);
    for (let i = 0; i < 8; i++) for (const text of textsOf(await two.poll(1000))) done.add(text);
    // What this call gives is never worked on: whoever takes over must get it.
    const unfinished = textsOf(await two.poll(1000));
    expect(unfinished).toHaveLength(10);
    await two.shutdown();
    await until(async () => {
      for (const text of textsOf(await one.poll(200))) done.add(text);
      return done.size >= total;
    });
    expect(one.assignment()).toHaveLength(4);
    expect([...done].toSorted()).toEqual(numbers(total).toSorted());
  });
});

describe('members that come and go while messages flow', () => {
  it('skip nothing, and get again only what was not done', async () => {
    const given = new Map<string, number>();
    const stopped = new Set<DefaultLitePullConsumer>();
    const loops: Array<Promise<void>> = [];
    const join = async (instanceName: string): Promise<DefaultLitePullConsumer> => {
      const member = await subscribed({ instanceName, autoCommitIntervalMillis: 1000 });
      const work = async (): Promise<void> => {
        while (!stopped.has(member)) for (const text of textsOf(await member.poll(100))) given.set(text, (given.get(text) ?? 0) + 1);
      };
      loops.push(work());
      return member;
    };
    const leave = async (member: DefaultLitePullConsumer): Promise<void> => {
      stopped.add(member);
      await member.shutdown();
    };
    let sent = 0;
    const sendSome = async (enough: () => boolean): Promise<void> => {
      do await send(`m${sent}`, sent++ % 4);
      while (!enough());
    };
    const first = await join('one');
    let stay: DefaultLitePullConsumer = first;
    await sendSome(() => sent >= 100);
    for (const name of ['two', 'three', 'four']) {
      const next = await join(name);
      await sendSome(() => next.assignment().length === 2 && stay.assignment().length === 2);
      await sendSome(() => sent % 50 === 0);
      await leave(stay);
      stay = next;
      await sendSome(() => next.assignment().length === 4);
    }
    await until(() => given.size >= sent);
    await leave(stay);
    await Promise.all(loops);
    const again = [...given.values()].reduce((sum, times) => sum + times - 1, 0);
    process.stdout.write(`lite pull, 6 moves: sent ${sent}, skipped ${sent - given.size}, given again ${again}\n`);
    expect([...given.keys()].toSorted()).toEqual(numbers(sent).toSorted());
    // A move brings back what its last calls gave and what waited for the commit: never more than what was sent meanwhile.
    expect(again).toBeLessThan(sent);
  });
});

describe('commits', () => {
  it('with autoCommit only what earlier calls gave, also at shutdown', async () => {
    await sendAll(30);
    const consumer = await assigned([queue(0)], { autoCommitIntervalMillis: 1000 });
    expect(await take(consumer, 10)).toEqual(numbers(10));
    expect(textsOf(await consumer.poll(1000))).toEqual(numbers(10, 10));
    await consumer.shutdown();
    expect(await committed(0)).toBe(10);
    const again = await assigned([queue(0)]);
    expect(await take(again, 20)).toEqual(numbers(20, 10));
  });

  it('without autoCommit nothing but what the application commits, in every form', async () => {
    await sendAll(30);
    const consumer = await assigned([queue(0), queue(1)], { autoCommit: false });
    expect(await consumer.committed(queue(0))).toBe(0);
    expect(await take(consumer, 10)).toEqual(numbers(10));
    await consumer.poll(1000);
    expect(await committed(0)).toBe(0);
    await consumer.commit();
    expect([await committed(0), await consumer.committed(queue(0))]).toEqual([20, 20]);
    await consumer.commit(new Map([[queue(0), 7]]), true);
    expect(await committed(0)).toBe(7);
    await consumer.commit(new Map([[queue(0), 8]]));
    expect(await consumer.committed(queue(0))).toBe(8);
    await until(async () => (await committed(0)) === 8);
    await consumer.commit([queue(0), queue(3)], true);
    expect(await committed(0)).toBe(20);
    expect(log.some((line) => line.includes('queueId=3] is not assigned to this member, its offset is not committed'))).toBe(true);
    await consumer.commitSync();
    expect((await failureOf(consumer.commit(new Map([[queue(0), -1]]), true))).code).toBe('RMQ_ILLEGAL_OFFSET');
    await consumer.shutdown();
    expect(await take(await assigned([queue(0)]), 10)).toEqual(numbers(10, 20));
  });

  it('reject when the broker does not take them, and are repeated', async () => {
    await sendAll(5);
    const consumer = await assigned([queue(0)], { autoCommit: false, mqClientApiTimeout: 500, connectTimeout: 300 });
    expect(await take(consumer, 5)).toEqual(numbers(5));
    const { port } = broker;
    const silent = await assigned([queue(0)], { consumerGroup: 'silent', mqClientApiTimeout: 500, connectTimeout: 300 });
    await broker.stop();
    await failureOf(consumer.commit());
    await failureOf(silent.committed(queue(1)));
    await client.close();
    await runBroker({ listenPort: port });
    await until(async () => (await committed(0)) === 5);
  });

  it('of a broadcasting group go to a file of its own', async () => {
    await sendAll(6);
    const settings: LitePullConsumerOptions = {
      messageModel: 'BROADCASTING',
      localOffsetStoreDir: join(directory, 'offsets'),
      instanceName: 'one',
    };
    const consumer = await subscribed(settings);
    expect(await take(consumer, 6)).toEqual(numbers(6));
    await consumer.commit();
    await consumer.shutdown();
    await sendAll(2, 1, 6);
    const again = await subscribed(settings);
    expect(await take(again, 2)).toEqual(numbers(2, 6));
    const other = await subscribed({ ...settings, instanceName: 'two' });
    expect((await take(other, 8)).toSorted()).toEqual(numbers(8));
  });
});

describe('positions', () => {
  it('seek drops what was pulled from the old one, while pulls are under way', async () => {
    await sendAll(200);
    const consumer = await assigned([queue(0)]);
    expect(await take(consumer, 10)).toEqual(numbers(10));
    for (const offset of [150, 3, 77, 199, 0, 120]) {
      await consumer.seek(queue(0), offset);
      const [message] = await consumer.poll(5000);
      expect(message!.queueOffset).toBe(offset);
    }
    // A pull that is held at the end belongs to the old position too.
    await consumer.seekToEnd(queue(0));
    expect(await consumer.poll(200)).toEqual([]);
    await consumer.seekToBegin(queue(0));
    await send('m200');
    expect((await take(consumer, 201)).slice(0, 201)).toEqual(numbers(201));
  });

  it('seek before the first poll wins over the committed offset', async () => {
    await sendAll(10);
    const consumer = await assigned([queue(0)]);
    await consumer.seek(queue(0), 6);
    expect(await take(consumer, 4)).toEqual(numbers(4, 6));
  });

  it('pause stops a queue, resume goes on where it was', async () => {
    await sendAll(5, 0);
    await sendAll(5, 1, 100);
    const consumer = await assigned([queue(0), queue(1)]);
    expect((await take(consumer, 10)).toSorted()).toEqual([...numbers(5), ...numbers(5, 100)].toSorted());
    consumer.pause([queue(0)]);
    await sendAll(2, 0, 5);
    await sendAll(2, 1, 105);
    expect(await take(consumer, 2)).toEqual(numbers(2, 105));
    expect(await consumer.poll(300)).toEqual([]);
    consumer.resume([queue(0)]);
    expect(await take(consumer, 2)).toEqual(numbers(2, 5));
    consumer.pause([queue(9)]);
    expect(log.some((line) => line.includes('queueId=9] is not assigned to this member, it cannot be paused'))).toBe(true);
  });

  it('are found by time, and a topic without that queue says so', async () => {
    await sendAll(3);
    const [message] = await client.messages({ topic: TOPIC, offset: 1 });
    const consumer = await assigned([queue(0)]);
    expect(await consumer.offsetForTimestamp(queue(0), message!.storeTimestamp)).toBeLessThanOrEqual(1);
    expect(await consumer.offsetForTimestamp(queue(0), message!.storeTimestamp + 60_000)).toBe(3);
    expect(await consumer.fetchMessageQueues(TOPIC)).toEqual([0, 1, 2, 3].map((id) => queue(id)));
  });

  it('committed past the end: goes on at the end, with a word about it', async () => {
    await sendAll(4);
    await commit(1_000_000);
    const consumer = await assigned([queue(0)]);
    await until(() => log.some((line) => line.includes(`offset 1000000 of ${TOPIC} broker-a/0 is illegal, going on at 4`)));
    await sendAll(2, 0, 4);
    expect(await take(consumer, 2)).toEqual(numbers(2, 4));
  });

  it('committed before the start: goes on at the start and gets everything that is still kept', async () => {
    const clock = new FastClock(20);
    // Files are older than the clock says by nothing: it is years ahead of them.
    clock.jump(10 * 365 * 24 * 3_600_000);
    const always = Array.from({ length: 24 }, (_, hour) => hour).join(';');
    await client.close();
    await broker.stop();
    await runBroker(
      { fileReservedTime: 0, deleteWhen: always, mappedFileSizeCommitLog: 65_536, mappedFileSizeConsumeQueue: 200 },
      { clock },
      'aged',
    );
    const body = 'x'.repeat(8000);
    for (let i = 0; i < 40; i++) await send(`${i} ${body}`);
    const minOffset = async (): Promise<number> =>
      (await client.remoting.call(GET_MIN_OFFSET, client.address, { topic: TOPIC, queueId: 0 })).header!.offset;
    await until(async () => (await minOffset()) > 10);
    await commit(3);
    const first = await minOffset();
    const texts = await take(await assigned([queue(0)]), 40 - first);
    expect(texts.map((text) => Number(text.split(' ')[0]))).toEqual(Array.from({ length: 40 - first }, (_, i) => first + i));
    expect(log.join('\n')).toContain(`offset 3 of ${TOPIC} broker-a/0 is illegal, going on at ${first}`);
  });
});

describe('assigned queues', () => {
  it('are exactly the last ones given, and go on at the committed offset when they come back', async () => {
    await sendAll(10, 0);
    await sendAll(10, 1, 100);
    const consumer = await assigned([queue(0)]);
    expect(await take(consumer, 10)).toEqual(numbers(10));
    await consumer.poll(0);
    consumer.assign([queue(1)]);
    expect(await take(consumer, 10)).toEqual(numbers(10, 100));
    await sendAll(1, 0, 10);
    expect(await consumer.poll(200)).toEqual([]);
    consumer.assign([queue(1), queue(0)]);
    expect(await take(consumer, 1)).toEqual(['m10']);
  });

  it('are filtered by tags', async () => {
    for (let i = 0; i < 4; i++) await send(`m${i}`, 0, { TAGS: 'AB'[i % 2]! });
    const consumer = create();
    consumer.setSubExpressionForAssign(TOPIC, 'B');
    consumer.assign([queue(0)]);
    await consumer.start();
    expect(await take(consumer, 2)).toEqual(['m1', 'm3']);
  });
});

describe('a namespace', () => {
  it('is put on and taken off everywhere, and keeps groups apart', async () => {
    await client.send(`tenant%${TOPIC}`, 'm0', { queueId: 0 });
    await send('of others');
    const consumer = await assigned([queue(0)], { namespace: 'tenant', autoCommit: false });
    const [message] = await consumer.poll(5000);
    expect([message!.text(), message!.topic]).toEqual(['m0', TOPIC]);
    expect(consumer.assignment()).toEqual([queue(0)]);
    await consumer.commit([queue(0)], true);
    expect(await consumer.committed(queue(0))).toBe(1);
    expect((await client.committed(`tenant%${GROUP}`, `tenant%${TOPIC}`, 0)).header?.offset).toBe(1);
    expect(await consumer.fetchMessageQueues(TOPIC)).toHaveLength(4);
    await consumer.seekToBegin(queue(0));
    expect(await take(consumer, 1)).toEqual(['m0']);
  });
});

describe('flow control', () => {
  it.each<[string, LitePullConsumerOptions, number]>([
    ['of a queue', { pullThresholdForQueue: 20 }, 30],
    ['of all queues', { pullThresholdForAll: 20 }, 30],
    ['by span', { consumeMaxSpan: 15 }, 30],
    ['by size', { pullThresholdSizeForQueue: 1 }, 25],
  ])('%s holds pulls back until poll() takes something', async (_name, options, limit) => {
    const body = 'x'.repeat(100_000);
    for (let i = 0; i < 60; i++) await send(`${i} ${body}`);
    const consumer = await assigned([queue(0)], { pullBatchSize: 5, ...options });
    const served: number[] = [];
    await until(() => {
      served.push(waitingOf(consumer));
      return served.length > 20;
    });
    expect(Math.max(...served)).toBeGreaterThan(0);
    expect(Math.max(...served)).toBeLessThanOrEqual(limit);
    const texts = await take(consumer, 60);
    expect(texts.map((text) => Number(text.split(' ')[0]))).toEqual(Array.from({ length: 60 }, (_, i) => i));
  });
});

/** Messages pulled and not polled. */
function waitingOf(consumer: DefaultLitePullConsumer): number {
  const { lifecycle } = consumer as unknown as { lifecycle: { member: { assignedQueues(): Array<{ messageCount: number }> } } };
  return lifecycle.member.assignedQueues().reduce((sum, each) => sum + each.messageCount, 0);
}

describe('a restart of the broker', () => {
  it('is got over: nothing lost, and only what was not committed comes again', async () => {
    await sendAll(50);
    const consumer = await subscribed({ autoCommitIntervalMillis: 1000 });
    const got = await take(consumer, 30);
    await restartBroker();
    await sendAll(50, 0, 50);
    got.push(...(await take(consumer, 100 - got.length)));
    expect(got).toEqual(numbers(100));
    await consumer.poll(0);
    await consumer.shutdown();
    expect(await committed(0)).toBe(100);
    await restartBroker();
    const again = await subscribed();
    await sendAll(3, 0, 100);
    expect(await take(again, 3)).toEqual(numbers(3, 100));
  });
});

describe('changes of a topic', () => {
  it('are told to whoever asked', async () => {
    await sendAll(1);
    const told: number[] = [];
    const consumer = create({ topicMetadataCheckIntervalMillis: 100 });
    consumer.subscribe(TOPIC);
    consumer.registerTopicMessageQueueChangeListener(TOPIC, (topic, queues) => {
      expect(topic).toBe(TOPIC);
      told.push(queues.length);
    });
    await consumer.start();
    expect(await take(consumer, 1)).toEqual(['m0']);
    const second = await startBroker({ config: { namesrvAddr: [nameServer], brokerIP1: '127.0.0.1', brokerName: 'broker-b' } });
    const there = new BrokerClient(second.address);
    open.unshift({
      shutdown: async () => {
        await there.close();
        await second.close();
      },
    });
    await there.send(TOPIC, 'm1');
    await until(() => told.length > 0);
    expect(told).toEqual([8]);
  });
});

describe('wrong use', () => {
  it('subscribe and assign exclude each other, whichever came first', async () => {
    const one = create();
    one.subscribe(TOPIC);
    expect(() => one.assign([queue(0)])).toThrow('Subscribe and assign are mutually exclusive');
    expect(() => one.setSubExpressionForAssign(TOPIC, 'A')).toThrow('Subscribe and assign are mutually exclusive');
    const two = create({ consumerGroup: 'two' });
    two.assign([queue(0)]);
    expect(() => two.subscribe(TOPIC)).toThrow('Subscribe and assign are mutually exclusive');
    expect(() => two.assign([])).toThrow('can not be null or empty');
    expect(() => two.assign([{ ...queue(0), queueId: -1 }])).toThrow('is no queue');
    await two.start();
    expect(() => two.setSubExpressionForAssign(TOPIC, 'A')).toThrow('only possible before start');
  });

  it('before start and after shutdown is refused, with the state', async () => {
    const consumer = create();
    consumer.subscribe(TOPIC);
    expect((await failureOf(consumer.poll())).message).toBe('the lite pull consumer readers is not started');
    await consumer.start();
    expect((await failureOf(consumer.start())).message).toContain('running already');
    const waiting = consumer.poll(60_000);
    await consumer.shutdown();
    expect(await waiting).toEqual([]);
    await consumer.shutdown();
    for (const work of [consumer.poll(), consumer.commit(), consumer.seek(queue(0), 0), consumer.committed(queue(0)), consumer.start()]) {
      expect(await failureOf(work)).toMatchObject({ code: 'RMQ_NOT_STARTED', message: expect.stringContaining('shut down') });
    }
    expect(() => consumer.assignment()).toThrow('shut down');
    expect(consumer.isRunning()).toBe(false);
  });

  it('offsets outside of the queue, queues of others, times below zero', async () => {
    await sendAll(3);
    const consumer = await assigned([queue(0)]);
    for (const offset of [-1, 4, 1.5, Number.NaN]) {
      const error = await failureOf(consumer.seek(queue(0), offset));
      expect(error).toMatchObject({ code: 'RMQ_ILLEGAL_OFFSET' });
      expect(error.message).toContain(`seek offset = ${offset}, min offset = 0, max offset = 3`);
    }
    for (const work of [consumer.seek(queue(1), 0), consumer.seekToBegin(queue(1)), consumer.seekToEnd(queue(1))]) {
      expect((await failureOf(work)).message).toContain('queueId=1] is not assigned to this member of group readers');
    }
    expect((await failureOf(consumer.poll(-1))).code).toBe('RMQ_CONFIG');
    expect((await failureOf(consumer.fetchMessageQueues('nobody-knows'))).code).toBe('RMQ_NO_ROUTE');
    const nothing = create({ consumerGroup: 'nothing' });
    await nothing.start();
    expect((await failureOf(nothing.poll())).message).toContain('call subscribe() or assign() first');
  });

  it('a poll may be aborted, and loses nothing by it', async () => {
    await sendAll(3);
    const consumer = await assigned([queue(0)]);
    expect(await take(consumer, 3)).toEqual(numbers(3));
    const controller = new AbortController();
    const waiting = consumer.poll(60_000, { signal: controller.signal }).catch((error: unknown) => error);
    controller.abort('enough');
    expect(await waiting).toBe('enough');
    await send('m3');
    expect(await take(consumer, 1)).toEqual(['m3']);
  });

  it('settings that cannot be are all named at start', async () => {
    const consumer = create({
      pullBatchSize: 0,
      autoCommitIntervalMillis: 10,
      consumerTimeoutMillisWhenSuspend: 1,
      consumeTimestamp: 'never',
    });
    const error = await failureOf(consumer.start());
    for (const key of ['pullBatchSize', 'autoCommitIntervalMillis', 'consumerTimeoutMillisWhenSuspend', 'consumeTimestamp']) {
      expect(error.message).toContain(`${key}: `);
    }
    for (const group of ['', 'DEFAULT_CONSUMER', 'no spaces']) {
      expect((await failureOf(create({ consumerGroup: group }).start())).code).toMatch(/RMQ_ILLEGAL|RMQ_CONFIG/);
    }
    expect(() => create({ pullBatch: 1 } as LitePullConsumerOptions)).toThrow('pullBatch: there is no such setting');
  });

  it('a group the broker refuses is logged, and read as soon as it is allowed', async () => {
    await sendAll(2);
    await restartBroker({ autoCreateSubscriptionGroup: false });
    const consumer = await assigned([queue(0)], { consumerGroup: 'unknown-group' });
    await until(() => log.some((line) => line.includes('SUBSCRIPTION_GROUP_NOT_EXIST')));
    expect(await consumer.poll(0)).toEqual([]);
    await restartBroker();
    expect(await take(consumer, 2)).toEqual(numbers(2));
  });
});
