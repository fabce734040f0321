// Orderly groups over real sockets: the order of every queue, one owner at a time, hand-over without loss, dead letters.
import {
  type ConsumeOrderlyContext,
  ConsumeOrderlyStatus,
  DefaultMQProducer,
  DefaultMQPushConsumer,
  Message,
  type MessageExt,
  SelectMessageQueueByHash,
} from 'rocketmq-core';
import { sleep, SystemClock } from 'rocketmq-core/common';
import { startBroker } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

const clock = new SystemClock();
let cluster: TestCluster;
const open: Array<{ shutdown(): Promise<void> }> = [];

afterEach(async () => {
  for (const client of open.splice(0).toReversed()) await client.shutdown();
  await cluster?.close();
});

/** One listener call, with when it began and ended. */
interface Call {
  readonly member: string;
  readonly queue: string;
  readonly offset: number;
  readonly key: string;
  readonly number: number;
  readonly startMs: number;
  endMs: number;
}

type Listen = (message: MessageExt, context: ConsumeOrderlyContext) => Promise<ConsumeOrderlyStatus | undefined>;

/** Members of one group, and every listener call any of them made. */
class Group {
  readonly calls: Call[] = [];

  constructor(
    private readonly topic: string,
    private readonly listen: Listen = async () => ConsumeOrderlyStatus.SUCCESS,
  ) {}

  async join(member: string, settings: Partial<DefaultMQPushConsumer> = {}): Promise<DefaultMQPushConsumer> {
    const consumer = new DefaultMQPushConsumer('orderly-group');
    Object.assign(consumer, {
      namesrvAddr: cluster.nameServer,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      awaitTerminationMillisWhenShutdown: 10_000,
      suspendCurrentQueueTimeMillis: 20,
      ...settings,
    });
    consumer.subscribe(this.topic);
    consumer.registerMessageListenerOrderly(async ([message], context) => {
      const [key, number] = message!.text().split(' ');
      const { brokerName, queueId } = context.messageQueue;
      const call: Call = {
        member,
        queue: `${brokerName}/${queueId}`,
        offset: message!.queueOffset,
        key: key!,
        number: Number(number),
        startMs: clock.monotonic(),
        endMs: Infinity,
      };
      this.calls.push(call);
      try {
        return await this.listen(message!, context);
      } finally {
        call.endMs = clock.monotonic();
      }
    });
    await consumer.start();
    open.push(consumer);
    return consumer;
  }

  count(member: string): number {
    return this.calls.filter((call) => call.member === member).length;
  }

  /** Distinct messages. */
  get consumed(): Set<string> {
    return new Set(this.calls.map(({ key, number }) => `${key} ${number}`));
  }
}

/** Messages that came before one in front of them, and calls of one queue at the same time. */
function evidenceOf(calls: readonly Call[]): { outOfOrder: string[]; overlaps: string[]; duplicates: number; handovers: number } {
  const evidence = { outOfOrder: [] as string[], overlaps: [] as string[], duplicates: 0, handovers: 0 };
  const nextOfKey = new Map<string, number>();
  const lastOfQueue = new Map<string, Call>();
  for (const call of calls) {
    const next = nextOfKey.get(call.key) ?? 0;
    if (call.number > next) evidence.outOfOrder.push(`${call.key} ${call.number} came while ${next} was due`);
    if (call.number < next) evidence.duplicates++;
    nextOfKey.set(call.key, Math.max(next, call.number + 1));
    const last = lastOfQueue.get(call.queue);
    if (last !== undefined && call.startMs < last.endMs) evidence.overlaps.push(`${call.queue}: ${last.member} and ${call.member} at once`);
    if (last !== undefined && last.member !== call.member) evidence.handovers++;
    lastOfQueue.set(call.queue, call);
  }
  return evidence;
}

/** Messages `k<n> 0..` in the order of each key, each key on one queue. */
class KeyedSender {
  private readonly producer = new DefaultMQProducer('pg');
  private readonly next = new Map<string, number>();
  sent = 0;

  constructor(private readonly topic: string) {}

  async start(): Promise<void> {
    this.producer.namesrvAddr = cluster.nameServer;
    await this.producer.start();
    open.push(this.producer);
  }

  /** Resolves to the queue. */
  async send(key: string): Promise<string> {
    const number = this.next.get(key) ?? 0;
    this.next.set(key, number + 1);
    const { messageQueue } = await this.producer.send(new Message(this.topic, `${key} ${number}`), new SelectMessageQueueByHash(), key);
    this.sent++;
    return `${messageQueue.brokerName}/${messageQueue.queueId}`;
  }
}

async function setUp(topic: string, brokers = ['broker-a', 'broker-b']): Promise<KeyedSender> {
  cluster = await startCluster(brokers);
  // A topic comes into being only on the broker that gets a message.
  for (const { address } of cluster.brokers) {
    const client = new BrokerClient(address);
    for (let queueId = 0; queueId < 4; queueId++) await client.send(topic, `opening-${address}-${queueId} 0`, { queueId });
    await client.close();
  }
  const sender = new KeyedSender(topic);
  await sender.start();
  sender.sent = brokers.length * 4;
  return sender;
}

const KEYS = Array.from({ length: 12 }, (_, i) => `k${i}`);

describe('an orderly group', () => {
  it('keeps the order of every key, one owner per queue, while members come and go', async () => {
    const sender = await setUp('orders');
    const group = new Group('orders', async () => {
      await sleep(clock, 2);
      return ConsumeOrderlyStatus.SUCCESS;
    });
    await group.join('one');
    let sending = true;
    const traffic = (async () => {
      while (sending) for (const key of KEYS) await sender.send(key);
    })();
    await until(() => group.count('one') > 100);
    const two = await group.join('two');
    await until(() => group.count('two') > 100);
    await group.join('three');
    await until(() => group.count('three') > 100);
    await two.shutdown();
    const before = group.count('one') + group.count('three');
    await until(() => group.count('one') + group.count('three') > before + 200);
    sending = false;
    await traffic;
    await until(() => group.consumed.size === sender.sent);
    const evidence = evidenceOf(group.calls);
    process.stdout.write(
      `orderly: sent ${sender.sent}, calls ${group.calls.length}, out of order ${evidence.outOfOrder.length}, overlaps ${evidence.overlaps.length}, ` +
        `duplicates ${evidence.duplicates}, hand-overs ${evidence.handovers}\n`,
    );
    expect(evidence).toMatchObject({ outOfOrder: [], overlaps: [], duplicates: 0 });
    expect(evidence.handovers).toBeGreaterThanOrEqual(8);
  });

  it('keeps one owner per queue when the broker, and with it every lock, is gone and comes back', async () => {
    const sender = await setUp('orders', ['broker-a']);
    const group = new Group('orders', async () => {
      await sleep(clock, 2);
      return ConsumeOrderlyStatus.SUCCESS;
    });
    await group.join('one');
    await group.join('two');
    const [broker] = cluster.brokers;
    await until(async () => {
      for (const key of KEYS) await sender.send(key);
      return group.count('one') > 20 && group.count('two') > 20;
    });
    await broker!.stop();
    const restarted = await startBroker({
      directory: broker!.directory,
      config: { namesrvAddr: [cluster.nameServer], brokerIP1: '127.0.0.1', listenPort: broker!.port },
    });
    open.unshift({ shutdown: () => restarted.stop() });
    for (let i = 0; i < 10; i++) for (const key of KEYS) await sender.send(key);
    await until(() => group.consumed.size === sender.sent);
    const evidence = evidenceOf(group.calls);
    process.stdout.write(`orderly, broker restarted: sent ${sender.sent}, ${JSON.stringify(evidence)}\n`);
    expect(evidence).toMatchObject({ outOfOrder: [], overlaps: [] });
  });

  it('holds up the queue of a message that fails, and no other', async () => {
    const sender = await setUp('orders', ['broker-a']);
    let failures = 3;
    const group = new Group('orders', async (message) => {
      if (message.text() === 'k0 1' && failures-- > 0) throw new Error('not yet');
      return ConsumeOrderlyStatus.SUCCESS;
    });
    for (let i = 0; i < 3; i++) for (const key of KEYS) await sender.send(key);
    await group.join('one');
    await until(() => group.consumed.size === sender.sent);
    const attempts = group.calls.filter((call) => call.key === 'k0').map((call) => call.number);
    expect(attempts).toEqual([0, 1, 1, 1, 1, 2]);
    expect(evidenceOf(group.calls)).toMatchObject({ outOfOrder: [], overlaps: [], duplicates: 3 });
  });

  it('moves a message that failed too often to the dead-letter queue, with its id, and goes on behind it', async () => {
    await setUp('orders', ['broker-a']);
    const group = new Group('orders', async (message) =>
      message.text() === 'bad 0' ? ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT : ConsumeOrderlyStatus.SUCCESS,
    );
    const producer = new DefaultMQProducer({ producerGroup: 'pg', namesrvAddr: cluster.nameServer });
    await producer.start();
    open.push(producer);
    const one = (queues: readonly { queueId: number }[]) => queues[0] as never;
    const sent = await producer.send(new Message('orders', 'tag', 'key-7', 'bad 0'), one, undefined);
    await producer.send(new Message('orders', 'good 0'), one, undefined);
    await group.join('one', { maxReconsumeTimes: 3 });
    await until(() => group.consumed.has('good 0'));
    expect(group.calls.filter((call) => call.key === 'bad')).toHaveLength(4);
    const client = new BrokerClient(cluster.brokers[0]!.address);
    open.push({ shutdown: () => client.close() });
    const dead = async (): Promise<MessageExt[]> => client.messages({ topic: '%DLQ%orderly-group', group: 'reader' });
    await until(async () => (await dead()).length > 0);
    expect(await dead()).toEqual([expect.objectContaining({ msgId: sent.msgId, keys: 'key-7', tags: 'tag', reconsumeTimes: 4 })]);
    expect((await dead())[0]!.properties.get('RETRY_TOPIC')).toBe('orders');
  });

  it('commits what COMMIT says and delivers again what ROLLBACK takes back', async () => {
    const sender = await setUp('orders', ['broker-a']);
    let rolledBack = 0;
    const group = new Group('orders', async (message, context) => {
      context.autoCommit = false;
      const text = message.text();
      if (text === 'k0 2' && rolledBack++ === 0) return ConsumeOrderlyStatus.ROLLBACK;
      return /^k0 [05]$|^opening/.test(text) ? ConsumeOrderlyStatus.COMMIT : ConsumeOrderlyStatus.SUCCESS;
    });
    const consumer = await group.join('one');
    for (let i = 0; i < 8; i++) await sender.send('k0');
    await until(() => group.consumed.has('k0 7'));
    expect(group.calls.filter((call) => call.key === 'k0').map((call) => call.number)).toEqual([0, 1, 2, 1, 2, 3, 4, 5, 6, 7]);
    // Behind the last COMMIT nothing counts: the next member gets it again.
    await consumer.shutdown();
    const before = group.calls.length;
    await group.join('two');
    await until(() => group.calls.length === before + 2);
    expect(group.calls.slice(before).map((call) => call.number)).toEqual([6, 7]);
  });

  it('keeps a queue locked when its listener outlives the shutdown: the next member waits for the lock to end', async () => {
    const sender = await setUp('orders', ['broker-a']);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const group = new Group('orders', async (message) => {
      if (message.text() === 'k0 0') await held;
      return ConsumeOrderlyStatus.SUCCESS;
    });
    const consumer = await group.join('one');
    const locked = await sender.send('k0');
    await until(() => group.consumed.has('k0 0'));
    await consumer.shutdown(0);
    await group.join('two');
    let elsewhere = 0;
    for (let i = 0; i < 5; i++) for (const key of KEYS) if ((await sender.send(key)) !== locked) elsewhere++;
    await until(() => group.count('two') === elsewhere);
    expect(group.calls.filter((call) => call.member === 'two' && call.queue === locked)).toEqual([]);
    release();
    expect(evidenceOf(group.calls).overlaps).toEqual([]);
  });
});
