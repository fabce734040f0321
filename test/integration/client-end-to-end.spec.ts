// Producer and push consumer over real sockets, through this product's name server and brokers.
import {
  ConsumeConcurrentlyStatus,
  DefaultMQProducer,
  DefaultMQPushConsumer,
  IllegalMessageError,
  Message,
  type MessageExt,
  NoRouteError,
  SelectMessageQueueByHash,
  SendStatus,
} from 'rocketmq-core';
import { ConnectError } from 'rocketmq-core/errors';
import { GET_MAX_OFFSET, QUERY_CONSUMER_OFFSET } from 'rocketmq-core/protocol';
import { createRemotingClient } from 'rocketmq-core/remoting';
import { jest } from '@jest/globals';
import { startBroker } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

jest.setTimeout(60_000);

let cluster: TestCluster;
const open: Array<{ shutdown(): Promise<void> }> = [];

async function startProducer(settings: Partial<DefaultMQProducer> = {}): Promise<DefaultMQProducer> {
  const producer = new DefaultMQProducer('pg');
  Object.assign(producer, { namesrvAddr: cluster.nameServer, ...settings });
  await producer.start();
  open.push(producer);
  return producer;
}

interface Member {
  readonly consumer: DefaultMQPushConsumer;
  readonly received: MessageExt[];
}

async function startConsumer(
  topic: string,
  expression: string,
  listen: (message: MessageExt) => ConsumeConcurrentlyStatus | Promise<ConsumeConcurrentlyStatus> = () =>
    ConsumeConcurrentlyStatus.CONSUME_SUCCESS,
  settings: Partial<DefaultMQPushConsumer> = {},
): Promise<Member> {
  const consumer = new DefaultMQPushConsumer('cg');
  Object.assign(consumer, { namesrvAddr: cluster.nameServer, consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET', ...settings });
  const received: MessageExt[] = [];
  consumer.subscribe(topic, expression);
  consumer.registerMessageListenerConcurrently(async (messages) => {
    received.push(...messages);
    return listen(messages[0]!);
  });
  await consumer.start();
  open.push(consumer);
  return { consumer, received };
}

const bodies = (messages: readonly MessageExt[]): string[] => messages.map((message) => message.text()).toSorted();

/** Committed and highest offset, added up over the queues of a topic. */
async function offsetsOf(topic: string, consumerGroup: string, queueIds: readonly number[]): Promise<{ committed: number; max: number }> {
  const remoting = createRemotingClient();
  const sum = { committed: 0, max: 0 };
  for (const { address } of cluster.brokers) {
    for (const queueId of queueIds) {
      const committed = await remoting.invoke(QUERY_CONSUMER_OFFSET, address, { topic, queueId, consumerGroup, setZeroIfNotFound: false });
      sum.committed += committed.code === 0 ? committed.header!.offset : 0;
      sum.max += (await remoting.call(GET_MAX_OFFSET, address, { topic, queueId })).header!.offset;
    }
  }
  await remoting.shutdown();
  return sum;
}

const QUEUES = [0, 1, 2, 3];

/** Empty as long as the name server does not know the topic. */
async function queueIdsOf(producer: DefaultMQProducer, topic: string): Promise<number[]> {
  try {
    return (await producer.fetchPublishMessageQueues(topic)).map((queue) => queue.queueId);
  } catch (error) {
    if (error instanceof NoRouteError) return [];
    throw error;
  }
}

/** A topic comes into being only on the broker that gets a message: one for each. */
async function createEverywhere(topic: string): Promise<void> {
  for (const { address } of cluster.brokers) {
    const client = new BrokerClient(address);
    await client.send(topic, 'seed');
    await client.close();
  }
}

afterEach(async () => {
  for (const client of open.splice(0).toReversed()) await client.shutdown();
  await cluster?.close();
});

describe('producer', () => {
  it('creates the topic with the first send and tells where each message lies', async () => {
    cluster = await startCluster();
    const producer = await startProducer();
    const message = new Message('orders', 'TagA', 'k1', Buffer.from('hello'));
    await expect(producer.fetchPublishMessageQueues('orders')).rejects.toThrow('knows it');
    const first = await producer.send(message);
    expect(first).toMatchObject({
      sendStatus: SendStatus.SEND_OK,
      messageQueue: { topic: 'orders', brokerName: 'broker-a' },
      queueOffset: 0,
      regionId: 'DefaultRegion',
      traceOn: true,
      transactionId: first.msgId,
    });
    expect(first.msgId).toBe(message.getProperty('UNIQ_KEY'));
    const stored = await producer.viewMessage('orders', first.offsetMsgId);
    expect(stored).toMatchObject({ topic: 'orders', tags: 'TagA', keys: 'k1', msgId: first.msgId });
    expect(stored.text()).toBe('hello');
    await until(async () => (await queueIdsOf(producer, 'orders')).join() === QUEUES.join());
    expect(await producer.maxOffset(first.messageQueue)).toBe(1);
    expect(await producer.minOffset(first.messageQueue)).toBe(0);
  });

  it('that is shut down while it starts does not go on', async () => {
    cluster = await startCluster();
    const producer = new DefaultMQProducer('pg', { namesrvAddr: cluster.nameServer });
    const starting = producer.start();
    await producer.shutdown();
    await starting;
    expect(producer.clientId).toBeUndefined();
    await expect(producer.start()).rejects.toThrow('shut down already');
  });

  it('compresses what is large and gives it back whole, and leaves what is small alone', async () => {
    cluster = await startCluster();
    const producer = await startProducer();
    const text = 'large '.repeat(20_000);
    const large = await producer.viewMessage('orders', (await producer.send(new Message('orders', 'A', text))).offsetMsgId);
    expect([large.text() === text, large.storeSize < 5000]).toEqual([true, true]);
    const small = await producer.viewMessage('orders', (await producer.send(new Message('orders', 'A', 'x'.repeat(4095)))).offsetMsgId);
    expect(small.storeSize).toBeGreaterThan(4095);
  });

  it('goes through the queues in turn, keeps one key on one queue and a batch together', async () => {
    cluster = await startCluster(['broker-a', 'broker-b']);
    await createEverywhere('orders');
    const producer = await startProducer();
    const send = (): Promise<{ messageQueue: { brokerName: string; queueId: number } }> => producer.send(new Message('orders', 'x'));
    const results = [await send(), await send(), await send(), await send(), await send(), await send(), await send(), await send()];
    expect(new Set(results.map((each) => `${each.messageQueue.brokerName}/${each.messageQueue.queueId}`)).size).toBe(8);
    const byKey = new SelectMessageQueueByHash();
    const places = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const { messageQueue } = await producer.send(new Message('orders', 'x'), byKey, 'order-77');
      places.add(`${messageQueue.brokerName}/${messageQueue.queueId}`);
    }
    expect(places.size).toBe(1);
    const chosen = await producer.send([new Message('orders', 'a'), new Message('orders', 'b')], byKey, 'order-77');
    expect([...places]).toEqual([`${chosen.messageQueue.brokerName}/${chosen.messageQueue.queueId}`]);
    const batch = await producer.send([new Message('orders', 'a'), new Message('orders', 'b'), new Message('orders', 'c')]);
    expect(batch.msgId.split(',')).toHaveLength(3);
    expect(batch.offsetMsgId.split(',')).toHaveLength(3);
    const last = await producer.viewMessage('orders', batch.offsetMsgId.split(',')[2]!);
    expect([last.text(), last.msgId, last.queueOffset]).toEqual(['c', batch.msgId.split(',')[2], batch.queueOffset + 2]);
  });

  it('refuses what no broker should see, and says which topic has no route', async () => {
    cluster = await startCluster(['broker-a'], { autoCreateTopicEnable: false });
    const producer = await startProducer();
    await expect(producer.send(new Message('orders', ''))).rejects.toThrow(new IllegalMessageError('the message body length is zero'));
    await expect(producer.send(new Message('../etc', 'x'))).rejects.toThrow(/illegal characters/);
    await expect(producer.send(new Message('SCHEDULE_TOPIC_XXXX', 'x'))).rejects.toThrow(/forbidden/);
    await expect(producer.send(new Message('nowhere', 'x'))).rejects.toThrow(NoRouteError);
  });

  it('fails to start without a name server, and starts when one is there', async () => {
    cluster = await startCluster();
    const producer = new DefaultMQProducer({ producerGroup: 'pg', namesrvAddr: '127.0.0.1:1' });
    await expect(producer.start()).rejects.toThrow(ConnectError);
    producer.namesrvAddr = `127.0.0.1:1;${cluster.nameServer}`;
    await producer.start();
    open.push(producer);
    expect((await producer.send(new Message('orders', 'x'))).sendStatus).toBe('SEND_OK');
  });

  it('uses the other broker when one is gone', async () => {
    cluster = await startCluster(['broker-a', 'broker-b']);
    await createEverywhere('orders');
    const producer = await startProducer();
    await producer.send(new Message('orders', 'x'));
    await cluster.brokers[0]!.stop();
    const results = [];
    for (let i = 0; i < 8; i++) results.push((await producer.send(new Message('orders', 'x'))).messageQueue.brokerName);
    expect(new Set(results)).toEqual(new Set(['broker-b']));
  });
});

describe('push consumer', () => {
  it('gets what its tags ask for, large bodies whole, and commits its offsets', async () => {
    cluster = await startCluster();
    const producer = await startProducer();
    const large = 'x'.repeat(10_000);
    for (const [tag, body] of [
      ['paid', 'p1'],
      ['open', 'o1'],
      ['shipped', large],
      ['', 'none'],
      ['paid', 'p2'],
    ] as const) {
      await producer.send(new Message('orders', tag, body));
    }
    const { consumer, received } = await startConsumer('orders', 'paid || shipped');
    await until(() => received.length === 3);
    expect(bodies(received)).toEqual(['p1', 'p2', large]);
    expect(received.every((message) => message.topic === 'orders' && message.brokerName === 'broker-a')).toBe(true);
    // The last of each queue is a wanted one, so that the consumer has been through all of them.
    for (let n = 0; n < QUEUES.length; n++) await producer.send(new Message('orders', 'paid', 'p3'));
    await until(() => received.length === 3 + QUEUES.length);
    await consumer.shutdown();
    expect(await offsetsOf('orders', 'cg', QUEUES)).toEqual({ committed: 5 + QUEUES.length, max: 5 + QUEUES.length });
    const again = await startConsumer('orders', '*');
    await producer.send(new Message('orders', 'paid', 'p4'));
    await until(() => again.received.length >= 1);
    expect(bodies(again.received)).toEqual(['p4']);
  });

  it('gives a failed message again, with the number of attempts and its own topic', async () => {
    cluster = await startCluster(['broker-a'], { messageDelayLevel: '1s 1s 1s 1s 1s' });
    const producer = await startProducer();
    const { received } = await startConsumer('orders', '*', (message) => {
      if (message.text() === 'bad' && message.reconsumeTimes < 2) throw new Error('not yet');
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    const sent = await producer.send(new Message('orders', 'bad'));
    await producer.send(new Message('orders', 'good'));
    await until(() => received.length === 4);
    const attempts = received.filter((message) => message.text() === 'bad');
    expect(attempts.map((message) => [message.topic, message.reconsumeTimes, message.msgId])).toEqual([
      ['orders', 0, sent.msgId],
      ['orders', 1, sent.msgId],
      ['orders', 2, sent.msgId],
    ]);
  });

  it('shares the queues among members and takes over those of one that leaves', async () => {
    cluster = await startCluster(['broker-a', 'broker-b']);
    await createEverywhere('orders');
    const producer = await startProducer();
    const one = await startConsumer('orders', '*');
    const two = await startConsumer('orders', '*');
    await until(() => one.received.length + two.received.length >= 2);
    let sent = 2;
    // Every round reaches every queue; done when both members have got something of one round.
    await until(async () => {
      const before = [one.received.length, two.received.length];
      for (let i = 0; i < 8; i++) await producer.send(new Message('orders', `m${sent++}`));
      await until(() => one.received.length + two.received.length >= sent);
      return one.received.length > before[0]! && two.received.length > before[1]!;
    });
    await two.consumer.shutdown();
    const rest = one.received.length + two.received.length;
    for (let i = 0; i < 16; i++) await producer.send(new Message('orders', `m${sent++}`));
    await until(() => one.received.length + two.received.length >= rest + 16);
    expect(new Set([...bodies(one.received), ...bodies(two.received)]).size).toBe(sent - 1);
  });

  it('waits for running listeners at shutdown and commits what they finished', async () => {
    cluster = await startCluster();
    const producer = await startProducer();
    let finish = (): void => {};
    const { consumer, received } = await startConsumer('orders', '*', async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    });
    await producer.send(new Message('orders', 'slow'));
    await until(() => received.length === 1);
    const stopped = consumer.shutdown(10_000);
    finish();
    await stopped;
    expect(await offsetsOf('orders', 'cg', QUEUES)).toEqual({ committed: 1, max: 1 });
  });

  it('goes on after the broker was restarted', async () => {
    cluster = await startCluster();
    const producer = await startProducer();
    const { received } = await startConsumer('orders', '*');
    await producer.send(new Message('orders', 'before'));
    await until(() => received.length === 1);
    const [broker] = cluster.brokers;
    await broker!.stop();
    const restarted = await startBroker({
      directory: broker!.directory,
      config: { namesrvAddr: [cluster.nameServer], brokerIP1: '127.0.0.1', listenPort: broker!.port },
    });
    open.unshift({ shutdown: () => restarted.stop() });
    await producer.send(new Message('orders', 'after'));
    await until(() => received.length >= 2);
    expect(bodies(received)).toEqual(['after', 'before']);
  });
});
