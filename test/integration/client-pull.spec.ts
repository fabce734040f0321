// DefaultMQPullConsumer and MQPullConsumerScheduleService over real sockets: what a pull finds, offsets, members, tasks, wrong use.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DefaultMQPullConsumer,
  type MessageQueue,
  MessageSelector,
  MQPullConsumerScheduleService,
  type PullConsumerOptions,
  type PullResult,
  PullStatus,
  RocketMQError,
} from 'rocketmq-core';
import { silentLogger } from 'rocketmq-core/common';
import type { BrokerConfigInput } from '@nest-rocketmq/broker';
import { BrokerClient } from '../support/broker-client.js';
import { startBroker, type TestBroker } from '../support/broker.js';
import { startNamesrv, type TestNamesrv } from '../support/namesrv.js';
import { until } from '../support/until.js';

const TOPIC = 'orders';
const GROUP = 'pullers';

let namesrv: TestNamesrv;
let nameServer: string;
let broker: TestBroker;
let client: BrokerClient;
let directory: string;
let log: string[] = [];
const open: Array<{ shutdown(): Promise<void> }> = [];

async function runBroker(config: BrokerConfigInput = {}): Promise<void> {
  broker = await startBroker({
    config: { namesrvAddr: [nameServer], brokerIP1: '127.0.0.1', ...config },
    directory: join(directory, 'store'),
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
  directory = await mkdtemp(join(tmpdir(), 'nrmq-pull-'));
  namesrv = await startNamesrv();
  nameServer = `127.0.0.1:${namesrv.address.port}`;
  await runBroker({ enablePropertyFilter: true });
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
const textsOf = ({ msgFoundList }: PullResult): string[] => msgFoundList.map((message) => message.text());
const committed = async (queueId: number, group = GROUP): Promise<number | undefined> =>
  (await client.committed(group, TOPIC, queueId)).header?.offset;

function options(more: PullConsumerOptions = {}): PullConsumerOptions {
  const line = (text: string, fields?: unknown): void => void log.push(`${text} ${JSON.stringify(fields ?? {})}`);
  return {
    namesrvAddr: nameServer,
    persistConsumerOffsetInterval: 100,
    heartbeatBrokerInterval: 500,
    logger: { ...silentLogger, warn: line, error: line },
    ...more,
  };
}

async function start(more: PullConsumerOptions = {}): Promise<DefaultMQPullConsumer> {
  const consumer = new DefaultMQPullConsumer(more.consumerGroup ?? GROUP, options(more));
  open.push(consumer);
  await consumer.start();
  return consumer;
}

async function failureOf(work: Promise<unknown>): Promise<RocketMQError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(RocketMQError);
  return outcome as RocketMQError;
}

describe('a pull', () => {
  it('says what it found, and where to go on', async () => {
    for (let i = 0; i < 5; i++) await send(`m${i}`, 0, { TAGS: 'AB'[i % 2]!, size: String(i) });
    const consumer = await start();
    const all = await consumer.pull(queue(0), '*', 0, 32);
    expect(all).toMatchObject({ pullStatus: PullStatus.FOUND, nextBeginOffset: 5, minOffset: 0, maxOffset: 5 });
    expect(textsOf(all)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
    expect(all.msgFoundList[4]).toMatchObject({ topic: TOPIC, brokerName: 'broker-a', queueOffset: 4 });
    // Java's examples give null.
    for (const nothing of [undefined, null as never]) expect(textsOf(await consumer.pull(queue(0), nothing, 1, 2))).toEqual(['m1', 'm2']);
    expect(textsOf(await consumer.pull(queue(0), 'B', 0, 32, 1000))).toEqual(['m1', 'm3']);
    expect(textsOf(await consumer.pull(queue(0), MessageSelector.bySql('size > 2'), 0, 32, { timeout: 1000 }))).toEqual(['m3', 'm4']);
    expect(await consumer.pull(queue(0), 'nobody', 0, 32)).toMatchObject({ pullStatus: 'NO_MATCHED_MSG', nextBeginOffset: 5 });
    expect(await consumer.pull(queue(0), '*', 5, 32)).toMatchObject({ pullStatus: 'NO_NEW_MSG', nextBeginOffset: 5, msgFoundList: [] });
    expect(await consumer.pull(queue(0), '*', 99, 32)).toMatchObject({ pullStatus: 'OFFSET_ILLEGAL', nextBeginOffset: 5, maxOffset: 5 });
  });

  it('blocks until there is something, the time is over, it is aborted, or the consumer ends', async () => {
    await send('m0');
    const consumer = await start({ brokerSuspendMaxTimeMillis: 1000 });
    const waiting = consumer.pullBlockIfNotFound(queue(0), '*', 1, 32);
    await send('m1');
    expect(textsOf(await waiting)).toEqual(['m1']);
    const controller = new AbortController();
    const aborted = consumer.pullBlockIfNotFound(queue(0), '*', 2, 32, { signal: controller.signal }).catch((error: unknown) => error);
    controller.abort('enough');
    expect(await aborted).toBe('enough');
    const last = consumer.pullBlockIfNotFound(queue(0), '*', 2, 32).catch((error: unknown) => String(error));
    await consumer.shutdown();
    expect(await last).toContain('was shut down');
  });

  it('of what cannot be is refused with the reason', async () => {
    await send('m0');
    const consumer = await start();
    for (const offset of [-1, 0.5, Number.NaN, 2 ** 60]) {
      expect((await failureOf(consumer.pull(queue(0), '*', offset, 1))).code).toBe('RMQ_ILLEGAL_OFFSET');
    }
    for (const maxNums of [0, -1, 1.5]) {
      expect((await failureOf(consumer.pull(queue(0), '*', 0, maxNums))).message).toContain(`maxNums: ${maxNums} is no integer above 0`);
    }
    expect((await failureOf(consumer.pull(queue(0), ' || ', 0, 1))).code).toBe('RMQ_ILLEGAL_SUBSCRIPTION');
    expect((await failureOf(consumer.pull(queue(0, 'unknown'), '*', 0, 1))).message).toContain('TOPIC_NOT_EXIST');
    expect((await failureOf(consumer.pull(queue(77), '*', 0, 1))).code).toBe('RMQ_BROKER_REPLY');
    expect((await failureOf(consumer.pull({ ...queue(0), brokerName: 'broker-z' }, '*', 0, 1))).code).toBe('RMQ_CONNECT');
    expect((await failureOf(consumer.fetchSubscribeMessageQueues('unknown'))).code).toBe('RMQ_NO_ROUTE');
    await restartBroker({ autoCreateSubscriptionGroup: false });
    const stranger = await start({ consumerGroup: 'strangers' });
    expect((await failureOf(stranger.pull(queue(0), '*', 0, 1))).message).toContain('SUBSCRIPTION_GROUP_NOT_EXIST');
  });
});

describe('offsets', () => {
  it('are the ones set, kept at the broker, and read again after a restart', async () => {
    for (let i = 0; i < 4; i++) await send(`m${i}`);
    const consumer = await start();
    await consumer.pull(queue(0), '*', 0, 4);
    await consumer.updateConsumeOffset(queue(0), 3);
    expect(await consumer.fetchConsumeOffset(queue(0), false)).toBe(3);
    await consumer.persistConsumerOffset();
    expect([await consumer.fetchConsumeOffset(queue(0), true), await committed(0)]).toEqual([3, 3]);
    await consumer.updateConsumeOffset(queue(0), 2);
    await consumer.shutdown();
    expect(await committed(0)).toBe(2);
    await restartBroker();
    const again = await start();
    expect(await again.fetchConsumeOffset(queue(0), false)).toBe(2);
    for (const offset of [-1, Number.NaN])
      expect((await failureOf(again.updateConsumeOffset(queue(0), offset))).code).toBe('RMQ_ILLEGAL_OFFSET');
  });

  it('are never zero because a broker does not answer', async () => {
    await send('m0');
    const consumer = await start({ mqClientApiTimeout: 300, connectTimeout: 300 });
    await consumer.updateConsumeOffset(queue(0), 1);
    await consumer.persistConsumerOffset();
    const { port } = broker;
    await client.close();
    await broker.stop();
    await failureOf(consumer.fetchConsumeOffset(queue(0), true));
    await failureOf(consumer.minOffset(queue(0)));
    // Set while nobody can be told: it is told later.
    await consumer.updateConsumeOffset(queue(1), 0);
    await consumer.updateConsumeOffset(queue(0), 0);
    await consumer.persistConsumerOffset();
    await runBroker({ listenPort: port });
    await consumer.persistConsumerOffset();
    expect(await committed(0)).toBe(0);
  });

  it('none is -1, and bounds, times and messages are found', async () => {
    await send('m0', 0, { KEYS: 'k0', UNIQ_KEY: '0123456789ABCDEF0123456789ABCDEF' });
    for (let i = 1; i < 4; i++) await send(`m${i}`);
    const consumer = await start();
    const [first] = (await consumer.pull(queue(0), '*', 0, 1)).msgFoundList;
    expect([await consumer.minOffset(queue(0)), await consumer.maxOffset(queue(0))]).toEqual([0, 4]);
    expect(await consumer.earliestMsgStoreTime(queue(0))).toBe(first!.storeTimestamp);
    expect(await consumer.searchOffset(queue(0), first!.storeTimestamp)).toBe(0);
    expect((await consumer.viewMessage(TOPIC, first!.offsetMsgId)).text()).toBe('m0');
    await until(async () => (await consumer.queryMessage(TOPIC, 'k0').catch(() => undefined)) !== undefined);
    expect((await failureOf(consumer.viewMessage(TOPIC, 'FFFF'))).code).toBe('RMQ_MESSAGE_NOT_FOUND');
    expect((await consumer.fetchSubscribeMessageQueues(TOPIC)).map(({ queueId }) => queueId)).toEqual([0, 1, 2, 3]);
  });

  it('of a broadcasting member lie in its own file', async () => {
    await send('m0');
    const broadcasting: PullConsumerOptions = {
      messageModel: 'BROADCASTING',
      localOffsetStoreDir: directory,
      clientIP: '10.0.0.1',
      instanceName: 'one',
    };
    const consumer = await start(broadcasting);
    expect(await consumer.fetchConsumeOffset(queue(0), false)).toBe(-1);
    await consumer.updateConsumeOffset(queue(0), 1);
    await consumer.shutdown();
    expect(await readFile(join(directory, '10.0.0.1@one', GROUP, 'offsets.json'), 'utf8')).toContain('"queueId":0');
    expect(await (await start(broadcasting)).fetchConsumeOffset(queue(0), false)).toBe(1);
  });
});

describe('a message sent back', () => {
  it('comes again on the retry topic', async () => {
    await send('m0');
    const consumer = await start();
    const [message] = (await consumer.pull(queue(0), '*', 0, 1)).msgFoundList;
    expect(await consumer.sendMessageBack(message!, 1)).toBe(true);
    const retry = `%RETRY%${GROUP}`;
    let found: PullResult | undefined;
    await until(async () => {
      found = await consumer.pull(queue(0, retry), '*', 0, 1).catch(() => undefined);
      return found?.pullStatus === 'FOUND';
    });
    expect(found!.msgFoundList[0]).toMatchObject({ topic: retry, reconsumeTimes: 1 });
    expect(found!.msgFoundList[0]!.getProperty('RETRY_TOPIC')).toBe(TOPIC);
  });
});

describe('members of a group', () => {
  it('share the queues of registered topics, and are told', async () => {
    await send('m0');
    const told: string[] = [];
    const one = new DefaultMQPullConsumer(GROUP, options({ instanceName: 'one' }));
    open.push(one);
    one.registerMessageQueueListener(TOPIC, (topic, all, mine) => void told.push(`${topic} ${mine.length} of ${all.length}`));
    await one.start();
    await until(() => told.length === 1);
    expect(await one.fetchMessageQueuesInBalance(TOPIC)).toHaveLength(4);
    await one.updateConsumeOffset(queue(3), 0);
    const two = await start({ instanceName: 'two', registerTopics: [TOPIC] });
    await until(async () => (await two.fetchMessageQueuesInBalance(TOPIC)).length === 2 && told.length === 2);
    expect(told).toEqual([`${TOPIC} 4 of 4`, `${TOPIC} 2 of 4`]);
    // What moved away is committed, and not known here any more.
    await until(async () => (await two.fetchConsumeOffset(queue(3), true)) === 0);
    await two.shutdown();
    await until(() => told.length === 3);
    expect(told[2]).toBe(`${TOPIC} 4 of 4`);
  });
});

describe('the schedule service', () => {
  it('calls one task per queue, again after the delay asked for, also after one that throws', async () => {
    for (let i = 0; i < 40; i++) await send(`m${i}`, i % 4);
    const service = new MQPullConsumerScheduleService(GROUP, options());
    open.push(service);
    const got: string[] = [];
    const atWork = new Set<number>();
    let overlaps = 0;
    let failures = 0;
    service.registerPullTaskCallback(TOPIC, async (mine, context) => {
      if (atWork.has(mine.queueId)) overlaps++;
      atWork.add(mine.queueId);
      try {
        if (mine.queueId === 2 && failures++ === 0) throw new Error('the first time fails');
        const consumer = context.getMQPullConsumer();
        const offset = Math.max(0, await consumer.fetchConsumeOffset(mine, false));
        const result = await consumer.pull(mine, '*', offset, 3);
        got.push(...textsOf(result));
        await consumer.updateConsumeOffset(mine, result.nextBeginOffset);
        context.setPullNextDelayTimeMillis(result.pullStatus === 'FOUND' ? 0 : 20);
      } finally {
        atWork.delete(mine.queueId);
      }
    });
    await service.start();
    await until(() => got.length >= 40);
    expect(new Set(got).size).toBe(40);
    expect(overlaps).toBe(0);
    expect(log.filter((line) => line.includes('the first time fails'))).toHaveLength(1);
    await service.shutdown();
    expect(await Promise.all([0, 1, 2, 3].map((id) => committed(id)))).toEqual([10, 10, 10, 10]);
    const calls = got.length;
    await send('late');
    expect(got).toHaveLength(calls);
    expect((await failureOf(service.start())).code).toBe('RMQ_NOT_STARTED');
  });

  it('stops a task when its queue moves away, and starts it when it comes back', async () => {
    await send('m0');
    const busy = new Map<string, Set<number>>();
    const run = async (instanceName: string): Promise<MQPullConsumerScheduleService> => {
      const service = new MQPullConsumerScheduleService(GROUP, options({ instanceName }));
      open.push(service);
      busy.set(instanceName, new Set());
      service.registerPullTaskCallback(TOPIC, {
        doPullTask: async (mine, context) => {
          const { pullConsumer, signal } = context;
          busy.get(instanceName)!.add(mine.queueId);
          signal.addEventListener('abort', () => busy.get(instanceName)!.delete(mine.queueId));
          const end = await pullConsumer.maxOffset(mine);
          await pullConsumer.pullBlockIfNotFound(mine, '*', end, 1, { signal });
        },
      });
      await service.start();
      return service;
    };
    await run('one');
    await until(() => busy.get('one')!.size === 4);
    const two = await run('two');
    await until(() => busy.get('one')!.size === 2 && busy.get('two')!.size === 2);
    expect([...busy.get('one')!, ...busy.get('two')!].toSorted()).toEqual([0, 1, 2, 3]);
    await two.shutdown();
    await until(() => busy.get('one')!.size === 4);
  });

  it('does not wait for ever for a task that never ends', async () => {
    await send('m0');
    const service = new MQPullConsumerScheduleService(GROUP, options());
    let called = false;
    service.registerPullTaskCallback(TOPIC, () => {
      called = true;
      return new Promise<void>(() => {});
    });
    await service.start();
    await until(() => called);
    await service.shutdown(50);
    expect(log.some((line) => line.includes('a pull task still works after 50 ms'))).toBe(true);
  });
});

describe('wrong use', () => {
  it('before start and after shutdown is refused, with the state', async () => {
    const consumer = new DefaultMQPullConsumer(GROUP, options());
    expect((await failureOf(consumer.pull(queue(0), '*', 0, 1))).message).toBe('the pull consumer pullers is not started');
    await consumer.start();
    expect((await failureOf(consumer.start())).message).toContain('running already');
    await consumer.shutdown();
    await consumer.shutdown();
    for (const work of [
      consumer.pull(queue(0), '*', 0, 1),
      consumer.maxOffset(queue(0)),
      consumer.updateConsumeOffset(queue(0), 1),
      consumer.start(),
    ]) {
      expect(await failureOf(work)).toMatchObject({ code: 'RMQ_NOT_STARTED', message: expect.stringContaining('shut down') });
    }
  });

  it('settings and names that cannot be are named', async () => {
    const wrong = {
      brokerSuspendMaxTimeMillis: 0,
      consumerPullTimeoutMillis: -1,
      maxReconsumeTimes: -2,
      messageModel: 'ALL' as 'CLUSTERING',
    };
    const error = await failureOf(new DefaultMQPullConsumer(GROUP, options(wrong)).start());
    for (const key of Object.keys(wrong)) expect(error.message).toContain(`${key}: `);
    expect((await failureOf(new DefaultMQPullConsumer('DEFAULT_CONSUMER', options()).start())).code).toBe('RMQ_ILLEGAL_SUBSCRIPTION');
    expect((await failureOf(new DefaultMQPullConsumer(GROUP, options({ registerTopics: ['no topic'] })).start())).code).toMatch(/ILLEGAL/);
  });
});
