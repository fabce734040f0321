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

  async send(key: string): Promise<void> {
    const number = this.next.get(key) ?? 0;
    this.next.set(key, number + 1);
    await this.producer.send(new Message(this.topic, `${key} ${number}`), new SelectMessageQueueByHash(), key);
    this.sent++;
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
});
