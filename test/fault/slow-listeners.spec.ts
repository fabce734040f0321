// Listeners that are slow or never come back: the thresholds of flow control hold, memory stays bounded, concurrency and pauses take effect
// under load, nothing is lost, and a shutdown ends when it was told to.
import v8 from 'node:v8';
import vm from 'node:vm';
import { ConsumeConcurrentlyStatus, ConsumeOrderlyStatus, DefaultMQProducer, DefaultMQPushConsumer, Message } from 'rocketmq-core';
import { GET_CONSUMER_RUNNING_INFO, parseJson } from 'rocketmq-core/protocol';
import { createRemotingClient, type RemotingClient } from 'rocketmq-core/remoting';
import { BrokerClient } from '../support/broker-client.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;
/** Memory outside the heap that somebody still refers to. */
function bufferBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

const QUEUES = 4;
const MIB = 1024 * 1024;

/** What a member holds of one queue, as it tells an administrator. */
interface Held {
  cachedMsgCount: number;
  cachedMsgSizeInMiB: number;
}

describe('slow listeners', () => {
  let cluster: TestCluster;
  let producer: DefaultMQProducer;
  let admin: RemotingClient;
  const open: DefaultMQPushConsumer[] = [];

  beforeEach(async () => {
    cluster = await startCluster(['broker-a']);
    producer = new DefaultMQProducer({ producerGroup: 'pg', namesrvAddr: cluster.nameServer });
    await producer.start();
    admin = createRemotingClient();
  });

  afterEach(async () => {
    for (const consumer of open.splice(0)) await consumer.shutdown(0);
    await admin.shutdown();
    await producer.shutdown();
    await cluster.close();
  });

  function newConsumer(group: string, settings: Partial<DefaultMQPushConsumer> = {}): DefaultMQPushConsumer {
    const consumer = new DefaultMQPushConsumer(group, {
      namesrvAddr: cluster.nameServer,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      persistConsumerOffsetInterval: 200,
      ...settings,
    });
    open.push(consumer);
    return consumer;
  }

  async function fill(topic: string, perQueue: number, bytes = 10): Promise<number> {
    const client = new BrokerClient(cluster.brokers[0]!.address);
    const filler = 'x'.repeat(bytes);
    let number = 0;
    for (let i = 0; i < perQueue; i++) {
      await Promise.all(Array.from({ length: QUEUES }, (_, queueId) => client.send(topic, `${number++} ${filler}`, { queueId })));
    }
    await client.close();
    return number;
  }

  async function held(consumer: DefaultMQPushConsumer, topic: string): Promise<Held[]> {
    const { body } = await admin.call(GET_CONSUMER_RUNNING_INFO, cluster.brokers[0]!.address, {
      consumerGroup: consumer.consumerGroup,
      clientId: consumer.clientId!,
      jstackEnable: false,
    });
    const { mqTable } = parseJson(body) as unknown as { mqTable: Map<{ topic: string }, Held> | object };
    // Empty, it looks like any object.
    return [...(mqTable instanceof Map ? (mqTable as Map<{ topic: string }, Held>) : [])]
      .filter(([queue]) => queue.topic === topic)
      .map(([, info]) => info);
  }

  it.each([
    { limit: 'pullThresholdForQueue', settings: { pullThresholdForQueue: 40 }, messages: 40, of: 'queue' },
    { limit: 'pullThresholdForTopic', settings: { pullThresholdForTopic: 80 }, messages: 20, of: 'queue' },
    { limit: 'consumeConcurrentlyMaxSpan', settings: { consumeConcurrentlyMaxSpan: 30 }, messages: 31, of: 'queue' },
  ])('$limit bounds what is held of a queue, and all of it is consumed in the end', async ({ limit, settings, messages }) => {
    const total = await fill('held', 300);
    const consumed = new Set<string>();
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const consumer = newConsumer('slow', { ...settings, pullBatchSize: 8, consumeThreadMin: 4 });
    consumer.subscribe('held');
    consumer.registerMessageListenerConcurrently(async ([message]) => {
      await gate;
      consumed.add(message!.text());
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    await consumer.start();
    const most = messages + 8;
    await until(async () => {
      const queues = await held(consumer, 'held');
      expect(queues.filter(({ cachedMsgCount }) => cachedMsgCount > most)).toEqual([]);
      return queues.length === QUEUES && queues.every(({ cachedMsgCount }) => cachedMsgCount > messages - 8);
    });
    const full = (await held(consumer, 'held')).map(({ cachedMsgCount }) => cachedMsgCount);
    release();
    await until(() => consumed.size === total);
    process.stdout.write(
      `flow control, ${limit}: held at most ${Math.max(...full)} of each queue (limit ${messages} + 8), lost 0 of ${total}\n`,
    );
  });

  it('pullThresholdSizeForQueue keeps memory bounded while 40 MiB wait', async () => {
    const total = await fill('large', 100, 100 * 1024);
    const consumed = new Set<string>();
    let gateOpen = false;
    let waiting = 0;
    const wake: Array<() => void> = [];
    const consumer = newConsumer('slow', { pullThresholdSizeForQueue: 1, pullBatchSize: 4, consumeThreadMin: 2 });
    consumer.subscribe('large');
    consumer.registerMessageListenerConcurrently(async ([message]) => {
      waiting++;
      if (!gateOpen) await new Promise<void>((resolve) => wake.push(resolve));
      consumed.add(message!.text().split(' ')[0]!);
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    const before = bufferBytes();
    await consumer.start();
    const sizes = async (): Promise<number[]> => (await held(consumer, 'large')).map(({ cachedMsgCount }) => cachedMsgCount * 100 * 1024);
    // One MiB and what one pull brings beyond it.
    const most = MIB + 4 * 101 * 1024;
    await until(async () => {
      const now = await sizes();
      expect(now.filter((bytes) => bytes > most)).toEqual([]);
      return now.length === QUEUES && now.every((bytes) => bytes > 0.9 * MIB) && waiting === 2;
    });
    const grownMiB = (bufferBytes() - before) / MIB;
    const heldMiB = (await sizes()).reduce((sum, n) => sum + n, 0) / MIB;
    gateOpen = true;
    for (const go of wake.splice(0)) go();
    await until(() => consumed.size === total);
    process.stdout.write(
      `flow control, size: ${Math.round((total * 100) / 1024)} MiB waiting, held ${heldMiB.toFixed(1)} MiB, buffers grown by ${grownMiB.toFixed(1)} MiB, lost 0 of ${total}\n`,
    );
    expect(heldMiB).toBeLessThan((QUEUES * most) / MIB);
    expect(grownMiB).toBeLessThan(15);
  });

  it('changes its concurrency and pauses while running, and loses nothing', async () => {
    let [active, mostActive, sent] = [0, 0, 0];
    const consumed = new Map<string, number>();
    const consumer = newConsumer('changing', { consumeThreadMin: 2, consumeThreadMax: 32, awaitTerminationMillisWhenShutdown: 5000 });
    consumer.subscribe('steady');
    consumer.registerMessageListenerConcurrently(async ([message]) => {
      mostActive = Math.max(mostActive, ++active);
      await new Promise((resolve) => setTimeout(resolve, 5));
      active--;
      consumed.set(message!.text(), (consumed.get(message!.text()) ?? 0) + 1);
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    await producer.send(new Message('steady', `m${sent++}`));
    await consumer.start();
    let sending = true;
    const traffic = Promise.all(
      Array.from({ length: 8 }, async () => {
        while (sending) await producer.send(new Message('steady', `m${sent++}`));
      }),
    );
    const seen: number[] = [];
    for (const size of [2, 16, 1, 32, 4]) {
      consumer.updateCorePoolSize(size);
      // Calls that run already may end.
      await until(() => active <= size);
      mostActive = 0;
      await until(() => mostActive === size);
      const before = consumed.size;
      await until(() => consumed.size > before + 3 * size);
      expect(mostActive).toBeLessThanOrEqual(size);
      seen.push(mostActive);
    }
    expect(() => consumer.updateCorePoolSize(33)).toThrow('1..32');
    consumer.updateCorePoolSize(32);
    for (let i = 0; i < 3; i++) {
      consumer.suspend();
      // What was pulled is consumed, then nothing more comes.
      await until(async () => {
        const queues = await held(consumer, 'steady');
        return queues.length === QUEUES && queues.every(({ cachedMsgCount }) => cachedMsgCount === 0) && active === 0;
      });
      const before = consumed.size;
      const sentBefore = sent;
      await until(() => sent > sentBefore + 100);
      expect(consumed.size).toBe(before);
      consumer.resume();
      await until(() => consumed.size > before);
    }
    sending = false;
    await traffic;
    await until(() => consumed.size === sent);
    const duplicates = [...consumed.values()].filter((times) => times > 1).length;
    process.stdout.write(
      `flow control, under load: concurrency ${seen.join(', ')}, 3 pauses, sent ${sent}, lost 0, duplicates ${duplicates}\n`,
    );
    expect(duplicates).toBe(0);
  });

  it.each(['CONCURRENTLY', 'ORDERLY'] as const)(
    'a %s listener that never returns holds up no other queue and no shutdown',
    async (mode) => {
      const total = await fill('stuck', 50);
      const consumed = new Set<string>();
      const stuck = '0 xxxxxxxxxx';
      const never = new Promise<undefined>(() => undefined);
      const consumer = newConsumer('stuck', { consumeThreadMin: 3 });
      consumer.subscribe('stuck');
      if (mode === 'ORDERLY') {
        consumer.registerMessageListenerOrderly(async ([message]) => {
          if (message!.text() === stuck) await never;
          consumed.add(message!.text());
          return ConsumeOrderlyStatus.SUCCESS;
        });
      } else {
        consumer.registerMessageListenerConcurrently(async ([message]) => {
          if (message!.text() === stuck) await never;
          consumed.add(message!.text());
          return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
      }
      await consumer.start();
      // An orderly queue waits for its listener: the others do not.
      const expected = mode === 'ORDERLY' ? total - 50 : total - 1;
      await until(() => consumed.size === expected);
      const beginMs = performance.now();
      await consumer.shutdown(500);
      const tookMs = performance.now() - beginMs;
      process.stdout.write(
        `flow control, ${mode} listener that never returns: others consumed ${consumed.size} of ${expected}, shutdown of 500 ms took ${Math.round(tookMs)} ms\n`,
      );
      expect(tookMs).toBeGreaterThanOrEqual(499);
      expect(tookMs).toBeLessThan(3000);
      const client = new BrokerClient(cluster.brokers[0]!.address);
      const { header } = await client.committed('stuck', 'stuck', 0);
      await client.close();
      // The message is not consumed: whoever comes next begins there.
      expect(header?.offset ?? 0).toBe(0);
    },
  );
});
