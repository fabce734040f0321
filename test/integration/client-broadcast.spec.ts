// Broadcasting groups over real sockets: everything to everyone, offsets in each member's own file.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConsumeConcurrentlyStatus,
  ConsumeOrderlyStatus,
  DefaultMQProducer,
  DefaultMQPushConsumer,
  Message,
  type MessageExt,
} from 'rocketmq-core';
import { silentLogger } from 'rocketmq-core/common';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

let cluster: TestCluster;
let directory: string;
let producer: DefaultMQProducer;
const open: Array<{ shutdown(): Promise<void> }> = [];

beforeEach(async () => {
  cluster = await startCluster();
  directory = await mkdtemp(join(tmpdir(), 'nrmq-offsets-'));
  producer = new DefaultMQProducer({ producerGroup: 'pg', namesrvAddr: cluster.nameServer });
  await producer.start();
  await send('opening');
});
afterEach(async () => {
  for (const client of open.splice(0).toReversed()) await client.shutdown();
  await producer.shutdown();
  await cluster.close();
  await rm(directory, { recursive: true, force: true });
});

const send = (body: string) => producer.send(new Message('news', body));

interface Member {
  readonly consumer: DefaultMQPushConsumer;
  readonly received: string[];
  readonly warnings: string[];
}

async function joinGroup(
  instanceName: string,
  settings: Partial<DefaultMQPushConsumer> = {},
  listen: (message: MessageExt) => ConsumeConcurrentlyStatus = () => ConsumeConcurrentlyStatus.CONSUME_SUCCESS,
): Promise<Member> {
  const received: string[] = [];
  const warnings: string[] = [];
  const consumer = new DefaultMQPushConsumer('readers', {
    namesrvAddr: cluster.nameServer,
    messageModel: 'BROADCASTING',
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    localOffsetStoreDir: directory,
    clientIP: '10.0.0.1',
    instanceName,
    logger: { ...silentLogger, warn: (line) => void warnings.push(line) },
    ...settings,
  });
  consumer.subscribe('news');
  consumer.registerMessageListenerConcurrently(([message]) => {
    received.push(message!.text());
    return listen(message!);
  });
  await consumer.start();
  open.push(consumer);
  return { consumer, received, warnings };
}

describe('a broadcasting group', () => {
  it('gives everything to every member, from every queue', async () => {
    const one = await joinGroup('one');
    const two = await joinGroup('two');
    const sent = ['opening'];
    for (let i = 0; i < 40; i++) {
      sent.push(`m${i}`);
      await send(`m${i}`);
    }
    await until(() => one.received.length >= sent.length && two.received.length >= sent.length);
    expect(one.received.toSorted()).toEqual(sent.toSorted());
    expect(two.received.toSorted()).toEqual(sent.toSorted());
  });

  it('goes on from its file after a restart, each member from its own', async () => {
    const one = await joinGroup('one');
    const two = await joinGroup('two');
    await until(() => one.received.length === 1 && two.received.length === 1);
    await one.consumer.shutdown();
    for (let i = 0; i < 8; i++) await send(`m${i}`);
    await until(() => two.received.length === 9);
    const file = join(directory, '10.0.0.1@one', 'readers', 'offsets.json');
    expect((await readFile(file, 'utf8')).replace(/\s/g, '')).toMatch(
      /^\{"offsetTable":\{(\{"brokerName":"broker-a","queueId":\d,"topic":"news"\}:[01],?){4}\}\}$/,
    );
    const again = await joinGroup('one');
    await until(() => again.received.length >= 8);
    expect(again.received.toSorted()).toEqual(Array.from({ length: 8 }, (_, i) => `m${i}`));
  });

  it('is found again by the default instance name', async () => {
    const first = await joinGroup('DEFAULT');
    await until(() => first.received.length === 1);
    expect(first.consumer.clientId).toBe('10.0.0.1@DEFAULT');
    await first.consumer.shutdown();
    const second = await joinGroup('DEFAULT');
    await send('later');
    await until(() => second.received.length >= 1);
    expect(second.received).toEqual(['later']);
  });

  it('begins where consumeFromWhere says when it has no file', async () => {
    const late = await joinGroup('late', { consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET' });
    // The offsets are written before anything is consumed: killed now, it would begin there again.
    const file = join(directory, '10.0.0.1@late', 'readers', 'offsets.json');
    await until(async () => (await readFile(file, 'utf8').catch(() => '')) !== '');
    for (let i = 0; i < 4; i++) await send(`m${i}`);
    await until(() => late.received.length >= 4);
    expect(late.received.toSorted()).toEqual(['m0', 'm1', 'm2', 'm3']);
  });

  it('drops a message that fails, with a warning, and has no retry topic', async () => {
    const { received, warnings } = await joinGroup('one', {}, (message) => {
      if (message.text() === 'bad') throw new Error('no');
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    await send('bad');
    for (let i = 0; i < 4; i++) await send(`good${i}`);
    await until(() => received.length >= 6);
    expect(received.filter((body) => body === 'bad')).toHaveLength(1);
    expect(warnings).toEqual(
      expect.arrayContaining(['the listener failed: no', 'a message of a broadcasting group is dropped: its listener failed']),
    );
  });

  it('keeps the order of each queue for an orderly listener, without any lock', async () => {
    const orderly = async (instanceName: string): Promise<MessageExt[]> => {
      const consumer = new DefaultMQPushConsumer('readers', {
        namesrvAddr: cluster.nameServer,
        messageModel: 'BROADCASTING',
        consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
        localOffsetStoreDir: directory,
        instanceName,
        maxReconsumeTimes: 1,
        suspendCurrentQueueTimeMillis: 10,
      });
      const received: MessageExt[] = [];
      consumer.subscribe('news');
      consumer.registerMessageListenerOrderly(async ([message]) => {
        received.push(message!);
        return message!.text() === 'm0' ? ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT : ConsumeOrderlyStatus.SUCCESS;
      });
      await consumer.start();
      open.push(consumer);
      return received;
    };
    for (let i = 0; i < 40; i++) await send(`m${i}`);
    const members = [await orderly('one'), await orderly('two')];
    for (const received of members) {
      await until(() => received.length >= 42);
      expect(received.filter((message) => message.text() === 'm0')).toHaveLength(2);
      for (let queueId = 0; queueId < 4; queueId++) {
        const offsets = received.filter((message) => message.queueId === queueId).map((message) => message.queueOffset);
        expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
      }
    }
  });

  it('refuses an instance name that would lead out of the folder', async () => {
    await expect(joinGroup('../../etc')).rejects.toThrow(/instanceName: .*cannot be the name of the folder/);
  });
});
