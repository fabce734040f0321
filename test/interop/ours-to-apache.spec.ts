// Our template, producer, consumer and Nest listener on Apache's name servers and brokers, with Java clients on the other side.
import { ConsumeConcurrentlyStatus, Message, SelectMessageQueueByHash } from 'rocketmq-core';
import { DeadLetter, type MessageContext, ReconsumeLater, RocketMQMessageListener } from 'nest-rocketmq';
import type { DefaultMQPushConsumer, SendResult } from 'rocketmq-core';
import { until } from '../support/until.js';
import { bodies, bodiesOf, type Cluster, consume, namesOf, offsets, produce } from './support/exchange.js';
import type { JavaClient } from './support/java-program.js';
import { fromTheFirst, startConsumer, startNest, startProducer } from './support/our-clients.js';
import { CLIENTS, describeWithPeers, VERSIONS } from './support/peers.js';
import { startCluster } from './support/clusters.js';
import { Workspace } from './support/workspace.js';

/** One header form: ours send it to the broker, and so does the Java client on the other side. */
type Scenario = (cluster: Cluster, client: JavaClient) => Promise<void>;

const text = (body: string): Buffer => Buffer.from(body);

/** The template sends in each way there is; a Java consumer gets it all as it was made. */
async function templateReachesJava(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'template');
  const { template, close } = await startNest(cluster.workspace, cluster.nameServer);
  const sent: SendResult[] = [];
  const options = { keys: ['k1', 'k2'], headers: { colour: 'grün & blau' } };
  for (const i of [0, 1, 2]) sent.push(await template.syncSend(`${topic}:${'ABC'[i]}`, `m${i}`, options));
  sent.push(...(await Promise.all([3, 4].map((i) => template.asyncSend(`${topic}:A`, `m${i}`, options)))));
  const ordered = [];
  for (const i of [5, 6, 7]) ordered.push(await template.syncSendOrderly(`${topic}:B`, `m${i}`, 'one key', options));
  const batch = await template.sendBatch(`${topic}:A`, ['m8', 'm9']);
  await template.sendOneWay(`${topic}:C`, 'm10', options);
  await template.convertAndSend(`${topic}:D`, { text: 'x'.repeat(20_000) });
  for (const result of [...sent, ...ordered, batch]) expect(result.sendStatus).toBe('SEND_OK');

  const [all, filtered] = await Promise.all([
    consume(cluster, client, { topic, group, count: 12, idleMs: 200 }),
    consume(cluster, client, { topic, group: `${group}-ab`, expression: 'A || B', count: 9, idleMs: 200 }),
  ]);
  await close();
  expect(bodiesOf(all.messages.filter((line) => line['tags'] !== 'D'))).toEqual(bodies(11));
  expect(bodiesOf(filtered.messages)).toEqual(['m0', 'm1', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9']);
  const large = all.messages.find((line) => line['tags'] === 'D')!;
  expect(large).toMatchObject({ body: JSON.stringify({ text: 'x'.repeat(20_000) }), properties: { contentType: 'application/json' } });
  expect(Number(large['storeSize'])).toBeLessThan(1000);
  const byId = new Map(all.messages.map((line) => [line['msgId'], line]));
  for (const { msgId, messageQueue, queueOffset } of [...sent, ...ordered]) {
    const message = byId.get(msgId)!;
    expect(message).toMatchObject({
      topic,
      keys: 'k1 k2',
      queueId: messageQueue.queueId,
      queueOffset,
      properties: { colour: 'grün & blau' },
    });
  }
  expect(new Set(ordered.map(({ messageQueue }) => messageQueue.queueId)).size).toBe(1);
  expect(batch.msgId.split(',').map((id) => byId.get(id)?.['body'])).toEqual(['m8', 'm9']);
}

/** One key goes to the queue a Java producer picks for it. */
async function keysGoWhereJavaSendsThem(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic } = namesOf(client, 'key');
  const keys = ['Anna', 'polygenelubricants', 'order-1', 'größe'];
  await produce(cluster, client, { topic, count: 1 });
  const java = await produce(cluster, client, { topic, count: keys.length, mode: 'hash', hashKeys: keys.join(',') });
  const producer = await startProducer(cluster.workspace, cluster.nameServer, client.serializeType);
  const queues = [];
  for (const key of keys) {
    const result = await producer.send(new Message(topic, 'A', key, text(key)), new SelectMessageQueueByHash(), key);
    queues.push(result.messageQueue.queueId);
  }
  expect(queues).toEqual(java.map((line) => line['queueId']));
  await producer.shutdown();
}

/** Routes, bounds and messages as our client reads them from Apache's servers. */
async function ourClientReadsTheCluster(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic } = namesOf(client, 'read');
  const [line] = await produce(cluster, client, { topic, count: 1, tags: 'A', keys: 'k#', properties: 'colour:red' });
  const producer = await startProducer(cluster.workspace, cluster.nameServer, client.serializeType);
  const queues = await producer.fetchPublishMessageQueues(topic);
  expect(queues.map(({ queueId }) => queueId)).toEqual([0, 1, 2, 3]);
  const bounds = await Promise.all(queues.map(async (queue) => [await producer.minOffset(queue), await producer.maxOffset(queue)]));
  expect(bounds).toEqual(queues.map(({ queueId }) => [0, queueId === line!['queueId'] ? 1 : 0]));
  const found = await producer.viewMessage(topic, String(line!['offsetMsgId']));
  expect(found).toMatchObject({ topic, tags: 'A', keys: 'k0', queueOffset: 0, msgId: line!['msgId'] });
  expect([found.text(), found.getProperty('colour')]).toEqual(['m0', 'red']);
  await producer.shutdown();
}

/** Our push consumer gets what Java and our producer send, sends failures back, commits, and is followed by a Java consumer. */
async function consumerServesFromApache(cluster: Cluster, client: JavaClient): Promise<void> {
  const names = namesOf(client, 'consumer');
  const { serializeType } = client;
  const failed: string[] = [];
  const settings = { topic: names.topic, consumerGroup: names.group, expression: 'A || B', namesrvAddr: cluster.nameServer, serializeType };
  await produce(cluster, client, { topic: names.topic, count: 6, tags: 'A,B,C', keys: 'k#' });
  const consumer = await startConsumer(cluster.workspace, settings, ([message], context) => {
    if (message!.text() !== 'm3' || message!.reconsumeTimes > 0) return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    failed.push(message!.msgId);
    context.delayLevelWhenNextConsume = 1;
    return ConsumeConcurrentlyStatus.RECONSUME_LATER;
  });
  await until(() => consumer.received.length >= 5);
  const producer = await startProducer(cluster.workspace, cluster.nameServer, serializeType);
  await producer.send(new Message(names.topic, 'A', 'k6', text('m6')));
  await producer.send([new Message(names.topic, 'B', 'k7', text('m7')), new Message(names.topic, 'B', 'k8', text('m8'))]);
  await producer.sendOneway(new Message(names.topic, 'C', 'k9', text('m9')));
  await producer.send(new Message(names.topic, 'B', 'k10', Buffer.alloc(20_000, 'x')));
  await until(() => consumer.received.length >= 9);
  await producer.shutdown();
  await consumer.close();
  expect(consumer.bodies()).toEqual(['m0', 'm1', 'm3', 'm3', 'm4', 'm6', 'm7', 'm8', 'x'.repeat(20_000)].toSorted());
  const again = consumer.received.filter((message) => message.reconsumeTimes === 1);
  expect(again.map(({ msgId, topic, tags, keys }) => [msgId, topic, tags, keys])).toEqual([[failed[0], names.topic, 'A', 'k3']]);

  const before = await offsets(cluster, client, names);
  expect(before.reduce((sum, queue) => sum + queue.max, 0)).toBe(11);
  await produce(cluster, client, { topic: names.topic, count: 4, first: 20, tags: 'A' });
  const next = await consume(cluster, client, { ...names, expression: 'A || B', count: 4, idleMs: 300 });
  expect(bodiesOf(next.messages)).toEqual(bodies(4, 20));
}

/** A decorated listener on Apache's servers: delivery by tag, delivery again, the dead letter queue. */
async function nestListenerServesFromApache(cluster: Cluster, client: JavaClient): Promise<void> {
  const names = namesOf(client, 'listener');
  const attempts: string[] = [];
  const dead: string[] = [];

  @RocketMQMessageListener({ topic: names.topic, consumerGroup: names.group, selectorExpression: 'paid || shipped', messageType: String })
  class Orders {
    onMessage(body: string, { reconsumeTimes, tags, topic }: MessageContext): void {
      attempts.push(`${topic} ${body} ${tags} ${reconsumeTimes}`);
      if (tags === 'shipped' && reconsumeTimes === 0) throw new ReconsumeLater(1);
      if (tags === 'shipped') throw new DeadLetter('twice is enough');
    }
    prepareStart(consumer: DefaultMQPushConsumer): void {
      fromTheFirst(consumer);
    }
  }

  @RocketMQMessageListener({ topic: `%DLQ%${names.group}`, consumerGroup: `${names.group}-dead`, messageType: String })
  class Dead {
    onMessage(body: string): void {
      dead.push(body);
    }
    prepareStart(consumer: DefaultMQPushConsumer): void {
      fromTheFirst(consumer);
    }
  }

  await produce(cluster, client, { topic: names.topic, count: 3, tags: 'paid,shipped,closed' });
  const app = await startNest(cluster.workspace, cluster.nameServer, [Orders, Dead]);
  await until(() => attempts.length >= 3 && dead.length >= 1, 60_000);
  await app.close();
  expect(attempts.toSorted()).toEqual([`${names.topic} m0 paid 0`, `${names.topic} m1 shipped 0`, `${names.topic} m1 shipped 1`]);
  expect(dead).toEqual(['m1']);
}

describeWithPeers.each(VERSIONS)('on an Apache %s cluster', (version) => {
  let workspace: Workspace;
  let cluster: Cluster;
  const scenario = (body: Scenario, client: JavaClient) => () => workspace.run(() => body(cluster, client));

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => void (cluster = await startCluster(workspace, version)));
  });
  afterAll(() => workspace?.close());

  describe.each(CLIENTS.filter((client) => client.version === version))('with $serializeType headers', (client) => {
    it('our template reaches a Java consumer', scenario(templateReachesJava, client));
    it('our producer picks the queue a Java producer picks', scenario(keysGoWhereJavaSendsThem, client));
    it('our client reads routes, offsets and messages', scenario(ourClientReadsTheCluster, client));
    it('our consumer takes, sends back and commits; a Java consumer goes on', scenario(consumerServesFromApache, client));
  });
  it('our Nest listener takes, gets again and buries', () =>
    workspace.run(() => nestListenerServesFromApache(cluster, { version, serializeType: 'JSON' })));
});
