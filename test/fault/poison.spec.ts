// S22: messages whose listener fails in every way there is. Each is delivered 17 times, then it is in the dead-letter topic as itself; the
// messages beside it are not held up. Ordinary limits in lapsed time, delays of one second.
import {
  ConsumeConcurrentlyStatus,
  type ConcurrentListenerFunction,
  DefaultMQProducer,
  DefaultMQPushConsumer,
  Message,
  type SendResult,
} from 'rocketmq-core';
import { BrokerClient } from '../support/broker-client.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { storedMessages } from '../support/stored-messages.js';
import { type Call, GroupHost } from '../support/group-host.js';
import { TimeLapse } from '../support/time-lapse.js';
import { until } from '../support/until.js';

const MESSAGES = 200;
/** One delivery and 16 retries. */
const DELIVERIES = 17;
const DELAYS = Array.from({ length: 18 }, () => '1s').join(' ');
/** The disk does not lapse with the time. */
const PATIENT = { sendMsgTimeout: 60_000, mqClientApiTimeout: 60_000 };
/** How long a message that fails nowhere may take, in lapsed ms. */
const GOOD_LIMIT_MS = 5000;

type Poison = () => unknown;
const POISONS: Readonly<Record<string, Poison>> = {
  throws: () => {
    throw new Error('no');
  },
  'throws-nothing': () => {
    throw undefined;
  },
  rejects: () => Promise.reject(new Error('no')),
  'returns-nothing': () => undefined,
  'returns-null': () => null,
  'returns-text': () => 'CONSUME SUCCESS',
  'returns-number': () => 0,
  'returns-object': () => ({ status: 'CONSUME_SUCCESS' }),
  'returns-true': () => Promise.resolve(true),
  'returns-later': () => ConsumeConcurrentlyStatus.RECONSUME_LATER,
  'never-returns': () => new Promise(() => undefined),
  'throws-after-changing-the-message': () => undefined,
};

describe('poison among 200 messages', () => {
  let lapse: TimeLapse;
  let cluster: TestCluster;
  let producer: DefaultMQProducer;
  let consumer: DefaultMQPushConsumer;
  let direct: BrokerClient;
  const deliveries = new Map<string, number[]>();
  const sent = new Map<string, SendResult>();
  const consumedAfterMs: number[] = [];

  beforeAll(async () => {
    lapse = new TimeLapse(160);
    cluster = await startCluster(['broker-a'], { messageDelayLevel: DELAYS }, { clock: lapse.clock });
    direct = new BrokerClient(cluster.brokers[0]!.address);
    const common = { namesrvAddr: cluster.nameServer, clock: lapse.clock, ...PATIENT };
    producer = new DefaultMQProducer({ producerGroup: 'pg', ...common, sendMsgTimeout: PATIENT.sendMsgTimeout });
    await producer.start();
    consumer = new DefaultMQPushConsumer('poisoned', {
      namesrvAddr: cluster.nameServer,
      clock: lapse.clock,
      mqClientApiTimeout: PATIENT.mqClientApiTimeout,
      pollNameServerInterval: 1000,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      // A listener that never returns keeps its place, once for each delivery.
      consumeThreadMin: 64,
      consumeThreadMax: 64,
      consumeTimeout: 1,
    });
    consumer.subscribe('orders');
    consumer.registerMessageListenerConcurrently((async ([message]) => {
      const text = message!.text();
      deliveries.set(text, [...(deliveries.get(text) ?? []), message!.reconsumeTimes]);
      if (text.startsWith('good')) {
        consumedAfterMs.push(lapse.clock.now() - message!.bornTimestamp);
        return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
      }
      if (text === 'throws-after-changing-the-message') {
        message!.body = Buffer.from('changed');
        message!.properties.clear();
        throw new Error('no');
      }
      return POISONS[text]!();
    }) as ConcurrentListenerFunction);
  });

  afterAll(async () => {
    await consumer?.shutdown(0);
    await producer?.shutdown();
    await direct?.close();
    await cluster?.close();
    await lapse?.stop();
  });

  it('is delivered 17 times, then lies in the dead-letter topic as itself, and holds up nobody', async () => {
    const poison = Object.keys(POISONS);
    const every = Math.floor(MESSAGES / poison.length);
    await producer.send(new Message('orders', 'good-opening'));
    await consumer.start();
    await lapse.until(() => deliveries.has('good-opening'), 30_000);
    for (let i = 0; i < MESSAGES; i++) {
      const text = i % every === 0 && i / every < poison.length ? poison[i / every]! : `good-${i}`;
      sent.set(text, await producer.send(new Message('orders', 'tag', `key-${text}`, text)));
    }
    const dead = async (): Promise<string[]> => {
      const found = await storedMessages(direct, '%DLQ%poisoned', 1).catch(() => []);
      return found.map((message) => message.msgId);
    };
    const ended = (): boolean => poison.every((text) => deliveries.get(text)?.length === DELIVERIES);
    // Messages go on coming while the poison goes round.
    let late = 0;
    while (!ended()) {
      const text = `good-late-${late++}`;
      sent.set(text, await producer.send(new Message('orders', text)));
      await lapse.pass(10_000);
      if (late > 600) break;
    }
    await lapse.until(async () => (await dead()).length >= poison.length, 300_000).catch(() => undefined);
    // None comes an 18th time.
    await lapse.pass(130_000);

    const counts = Object.fromEntries(poison.map((text) => [text, deliveries.get(text)?.length]));
    expect(counts).toEqual(Object.fromEntries(poison.map((text) => [text, DELIVERIES])));
    for (const text of poison) expect([text, deliveries.get(text)]).toEqual([text, Array.from({ length: DELIVERIES }, (_, i) => i)]);
    const inDlq = await storedMessages(direct, '%DLQ%poisoned', 1);
    expect(inDlq.map((message) => message.text()).toSorted()).toEqual(poison.toSorted());
    for (const message of inDlq) {
      const { msgId, offsetMsgId } = sent.get(message.text())!;
      expect(message).toMatchObject({ msgId, keys: `key-${message.text()}`, tags: 'tag' });
      expect(message.properties.get('ORIGIN_MESSAGE_ID')).toBe(offsetMsgId);
      expect(message.properties.get('RETRY_TOPIC')).toBe('orders');
    }
    const good = [...sent.keys()].filter((text) => text.startsWith('good'));
    const slowest = Math.max(...consumedAfterMs);
    process.stdout.write(
      `S22 poison: messages ${sent.size}, poison ${poison.length}, deliveries of each ${[...new Set(Object.values(counts))].join('/')}, ` +
        `dead letters ${inDlq.length}, others ${good.length} delivered once each, slowest ${slowest} ms\n`,
    );
    expect(good.filter((text) => deliveries.get(text)?.length !== 1)).toEqual([]);
    expect(slowest).toBeLessThan(GOOD_LIMIT_MS);
  });
});

describe('a message that ends the process', () => {
  it('is delivered again by the next process, takes nothing with it, and is counted only when it fails there', async () => {
    const EXITS = 3;
    const cluster = await startCluster(['broker-a'], { messageDelayLevel: DELAYS });
    const direct = new BrokerClient(cluster.brokers[0]!.address);
    const producer = new DefaultMQProducer({ producerGroup: 'pg', namesrvAddr: cluster.nameServer });
    const history: Call[] = [];
    const host = new GroupHost(
      {
        nameServer: cluster.nameServer,
        topic: 'orders',
        group: 'crashing',
        orderly: false,
        speed: 1,
        listenMs: 1,
        leaveWithinMs: 5000,
        options: { pollNameServerInterval: 500, maxReconsumeTimes: 2, consumeThreadMin: 2 },
      },
      history,
    );
    try {
      await producer.start();
      const texts = Array.from({ length: 40 }, (_, i) => (i === 20 ? 'poison' : `good-${i}`));
      let poison: SendResult | undefined;
      for (const text of texts) {
        const result = await producer.send(new Message('orders', text));
        if (text === 'poison') poison = result;
      }
      for (let i = 0; i < EXITS; i++) {
        await host.start({ exitOn: 'poison' });
        await host.join(`crashes-${i}`);
        await host.ended();
      }
      await host.start({ throwOn: 'poison' });
      await host.join('throws');
      const dead = () => storedMessages(direct, '%DLQ%crashing', 1).catch(() => []);
      await until(async () => (await dead()).length > 0);
      const ended = (): Set<string> => new Set(history.filter(({ endMs }) => endMs < Infinity).map(({ text }) => text));
      await until(() => ended().size === texts.length - 1);
      const members = history.filter(({ text }) => text === 'poison').map(({ member }) => member);
      expect(members).toEqual(['crashes-0', 'crashes-1', 'crashes-2', 'throws', 'throws', 'throws']);
      expect((await dead()).map(({ msgId }) => msgId)).toEqual([poison!.msgId]);
      const duplicates = history.length - members.length - (texts.length - 1);
      process.stdout.write(
        `S22 process.exit in the listener: exits ${EXITS}, delivered again ${members.length - 1}, dead letters 1, lost 0, duplicates of others ${duplicates}\n`,
      );
    } finally {
      await host.close();
      await producer.shutdown();
      await direct.close();
      await cluster.close();
    }
  });
});
