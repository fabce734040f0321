// Pull consumers across makers: our three kinds on Apache's brokers, Java's two kinds on ours.
import {
  DefaultLitePullConsumer,
  DefaultMQPullConsumer,
  Message,
  type MessageExt,
  type MessageQueue,
  MQPullConsumerScheduleService,
} from 'rocketmq-core';
import { until } from '../support/until.js';
import { bodies, bodiesOf, type Cluster, namesOf, produce } from './support/exchange.js';
import { type JavaClient, runJava } from './support/java-program.js';
import { startProducer } from './support/our-clients.js';
import { CLIENTS, clientName, describeWithPeers, ONE_CLIENT_EACH, VERSIONS } from './support/peers.js';
import { type Maker, startBroker, startNameServer } from './support/servers.js';
import { Workspace } from './support/workspace.js';

type Scenario = (cluster: Cluster, client: JavaClient) => Promise<void>;

const textsOf = (messages: readonly MessageExt[]): string[] => messages.map((message) => message.text());
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** `m0`, `m1`, ... with the tags in turn; a producer in this process costs no virtual machine. */
async function send(cluster: Cluster, { serializeType }: JavaClient, topic: string, numbers: readonly number[], tags = 'A'): Promise<void> {
  const producer = await startProducer(cluster.workspace, cluster.nameServer, serializeType);
  for (const i of numbers) await producer.send(new Message(topic, tags[i % tags.length]!, `k${i}`, `m${i}`));
  await producer.shutdown();
}

const upTo = (count: number, first = 0): number[] => Array.from({ length: count }, (_, i) => first + i);

async function startLite(
  cluster: Cluster,
  { serializeType }: JavaClient,
  group: string,
  prepare: (consumer: DefaultLitePullConsumer) => void,
): Promise<DefaultLitePullConsumer> {
  const consumer = new DefaultLitePullConsumer(group, {
    namesrvAddr: cluster.nameServer,
    serializeType,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    autoCommit: false,
    pollNameServerInterval: 1000,
  });
  prepare(consumer);
  await consumer.start();
  cluster.workspace.atEnd(() => consumer.shutdown());
  return consumer;
}

async function poll(consumer: DefaultLitePullConsumer, count: number): Promise<string[]> {
  const texts: string[] = [];
  await until(async () => {
    texts.push(...textsOf(await consumer.poll(500)));
    return texts.length >= count;
  });
  return texts;
}

/** Subscribed with tags, committed, gone on from there; assigned, sought, found by time. */
async function lite(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'lite');
  await produce(cluster, client, { topic, count: 12, tags: 'A,B,C' });
  const first = await startLite(cluster, client, group, (consumer) => consumer.subscribe(topic, 'A || B'));
  expect((await poll(first, 8)).toSorted()).toEqual(['m0', 'm1', 'm10', 'm3', 'm4', 'm6', 'm7', 'm9']);
  await until(async () => {
    await first.poll(0);
    await first.commit();
    const offsets = await Promise.all(first.assignment().map((queue) => first.committed(queue)));
    return sum(offsets) === 12;
  });
  await first.shutdown();

  await send(cluster, client, topic, upTo(4, 20));
  const queues = [0, 1, 2, 3].map((queueId): MessageQueue => ({ topic, brokerName: brokerNameOf(client), queueId }));
  const next = await startLite(cluster, client, group, (consumer) => consumer.assign(queues));
  expect(sum(await Promise.all(queues.map((queue) => next.committed(queue))))).toBe(12);
  expect((await poll(next, 4)).toSorted()).toEqual(bodies(4, 20));
  for (const queue of queues) await next.seekToBegin(queue);
  expect((await poll(next, 16)).toSorted()).toEqual([...bodies(12), ...bodies(4, 20)].toSorted());
  const ends = await Promise.all(queues.map((queue) => next.offsetForTimestamp(queue, Date.now() + 3_600_000)));
  expect(sum(ends)).toBeGreaterThanOrEqual(12);
  await next.shutdown();
}

const brokerNameOf = ({ version }: JavaClient): string => `broker-java${version[0]}`;

/** What each kind of pull answers, offsets there and back. */
async function pull(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'pull');
  await send(cluster, client, topic, upTo(8), 'AB');
  const consumer = new DefaultMQPullConsumer(group, {
    namesrvAddr: cluster.nameServer,
    serializeType: client.serializeType,
    brokerSuspendMaxTimeMillis: 1000,
  });
  await consumer.start();
  cluster.workspace.atEnd(() => consumer.shutdown());
  const got: string[] = [];
  const queues = await consumer.fetchSubscribeMessageQueues(topic);
  expect(queues).toHaveLength(4);
  for (const queue of queues) {
    const end = await consumer.maxOffset(queue);
    expect(await consumer.minOffset(queue)).toBe(0);
    let offset = 0;
    while (offset < end) {
      const result = await consumer.pull(queue, 'A', offset, 32);
      got.push(...textsOf(result.msgFoundList));
      offset = result.nextBeginOffset;
    }
    // One will do: Apache's brokers look at held pulls every 5 s.
    if (queue.queueId === 0) expect((await consumer.pullBlockIfNotFound(queue, '*', end, 1)).pullStatus).toBe('NO_NEW_MSG');
    expect(await consumer.pull(queue, '*', end + 100, 1)).toMatchObject({ pullStatus: 'OFFSET_ILLEGAL', maxOffset: end });
    await consumer.updateConsumeOffset(queue, offset);
  }
  expect(got.toSorted()).toEqual(['m0', 'm2', 'm4', 'm6']);
  await consumer.persistConsumerOffset();
  expect(sum(await Promise.all(queues.map((queue) => consumer.fetchConsumeOffset(queue, true))))).toBe(8);
  await consumer.shutdown();
}

/** A task per queue. */
async function scheduled(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'schedule');
  await send(cluster, client, topic, upTo(8));
  const service = new MQPullConsumerScheduleService(group, { namesrvAddr: cluster.nameServer, serializeType: client.serializeType });
  const got: string[] = [];
  service.registerPullTaskCallback(topic, async (queue, context) => {
    const consumer = context.getMQPullConsumer();
    const offset = Math.max(0, await consumer.fetchConsumeOffset(queue, false));
    const result = await consumer.pull(queue, '*', offset, 32);
    got.push(...textsOf(result.msgFoundList));
    await consumer.updateConsumeOffset(queue, result.nextBeginOffset);
    context.setPullNextDelayTimeMillis(50);
  });
  await service.start();
  cluster.workspace.atEnd(() => service.shutdown());
  await until(() => got.length >= 8);
  await service.shutdown();
  expect(got.toSorted()).toEqual(bodies(8));
}

/** Java's lite pull consumer: subscribed, then assigned over what it committed. */
async function javaLite(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'java-lite');
  const namesrv = cluster.nameServer;
  await send(cluster, client, topic, upTo(12), 'ABC');
  const first = await runJava(cluster.workspace, client, 'Pull', {
    namesrv,
    topic,
    group,
    mode: 'subscribe',
    expression: 'A || B',
    count: 8,
  });
  expect(bodiesOf(first.of('message'))).toEqual(['m0', 'm1', 'm10', 'm3', 'm4', 'm6', 'm7', 'm9']);
  const committed = first.of('committed').map((line) => Number(line['offset']));
  const next = await runJava(cluster.workspace, client, 'Pull', { namesrv, topic, group, mode: 'assign', count: 12 });
  expect(next.of('before').map((line) => Number(line['committed']))).toEqual(committed);
  expect(sum(next.of('before').map((line) => Number(line['now'])))).toBe(12);
  expect(bodiesOf(next.of('message'))).toEqual(bodies(12));
  expect(sum(next.of('committed').map((line) => Number(line['offset'])))).toBe(12);
}

async function javaPull(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'java-pull');
  await send(cluster, client, topic, upTo(8), 'AB');
  const run = await runJava(cluster.workspace, client, 'Pull', {
    namesrv: cluster.nameServer,
    topic,
    group,
    mode: 'pull',
    expression: 'A',
  });
  expect(bodiesOf(run.of('message'))).toEqual(['m0', 'm2', 'm4', 'm6']);
  expect(run.of('held').map((line) => line['status'])).toEqual(['NO_NEW_MSG']);
  const bounds = run.of('bounds');
  expect(bounds.map((line) => line['illegal'])).toEqual(bounds.map(() => 'OFFSET_ILLEGAL'));
  expect(bounds.map((line) => line['committed'])).toEqual(bounds.map((line) => line['max']));
  expect(sum(bounds.map((line) => Number(line['max'])))).toBe(8);
}

function scenarios(maker: Maker, clients: readonly JavaClient[], all: Readonly<Record<string, Scenario>>): void {
  let workspace: Workspace;
  let cluster: Cluster;

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => {
      const { address: nameServer } = await startNameServer(workspace, maker);
      const { address: brokerAddress } = await startBroker(workspace, maker, { nameServer });
      cluster = { workspace, nameServer, brokerAddress };
    });
  });
  afterAll(() => workspace?.close());

  describe.each(clients.map((client) => ({ name: clientName(client), client })))('$name', ({ client }) => {
    it.each(Object.entries(all))('%s', (_name, scenario) => workspace.run(() => scenario(cluster, client)));
  });
}

describeWithPeers.each(VERSIONS)('our consumers on Apache %s, beside', (version) =>
  scenarios(version, CLIENTS.filter((client) => client.version === version).slice(0, 1), {
    'lite pull: subscribed and assigned': lite,
    'pull: every answer, and offsets': pull,
    'a task per queue': scheduled,
  }),
);

describeWithPeers('on our broker', () =>
  scenarios('ours', ONE_CLIENT_EACH, { 'lite pull: subscribed and assigned': javaLite, 'pull: every answer, and offsets': javaPull }),
);
