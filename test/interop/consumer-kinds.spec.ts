// Kinds of push consumption across makers: in order, to every member, and what mqadmin sees of a member and does to it.
import { ConsumeOrderlyStatus, DefaultMQPushConsumer, type MessageExt } from 'rocketmq-core';
import { until } from '../support/until.js';
import { bodies, bodiesOf, type Cluster, consume, namesOf, produce } from './support/exchange.js';
import { type JavaClient, startJava } from './support/java-program.js';
import { mqadmin } from './support/mqadmin.js';
import { startConsumer } from './support/our-clients.js';
import { clientName, describeWithPeers, ONE_CLIENT_EACH } from './support/peers.js';
import type { Maker } from './support/servers.js';
import { startCluster } from './support/clusters.js';
import { Workspace } from './support/workspace.js';

type Scenario = (cluster: Cluster, client: JavaClient) => Promise<void>;

const LIMIT_MS = 60_000;
const KEYS = ['Anna', 'Bert', 'Cem'];

/** A member under observation, of either maker. */
interface Member {
  readonly clientId: string;
  received(): string[];
  close(): Promise<void>;
}

async function startOrdered(cluster: Cluster, group: string, topic: string, instanceName: string, seen: MessageExt[], failing: string) {
  const consumer = new DefaultMQPushConsumer({
    consumerGroup: group,
    instanceName,
    namesrvAddr: cluster.nameServer,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    pollNameServerInterval: 1000,
    suspendCurrentQueueTimeMillis: 100,
    awaitTerminationMillisWhenShutdown: 10_000,
  });
  consumer.subscribe(topic, '*');
  consumer.registerMessageListenerOrderly(([message]) => {
    seen.push(message!);
    const times = seen.filter(({ msgId }) => msgId === message!.msgId).length;
    return message!.text() === failing && times < 3 ? ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT : ConsumeOrderlyStatus.SUCCESS;
  });
  await consumer.start();
  cluster.workspace.atEnd(() => consumer.shutdown());
  return consumer;
}

/** Two of ours share the queues under the broker's locks; a failure holds up its queue; a Java member goes on where they stop. */
async function oursInOrder(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'ours-ordered');
  const keyed = { topic, body: '#', mode: 'hash', hashKeys: KEYS.join(',') };
  await produce(cluster, client, { ...keyed, count: 24 });
  const seen: MessageExt[] = [];
  const members = await Promise.all(['one', 'two'].map((name) => startOrdered(cluster, group, topic, name, seen, '9')));
  const handled = (): number => new Set(seen.map(({ msgId }) => msgId)).size;
  await until(() => handled() === 24 && seen.length >= 26, LIMIT_MS);
  for (const member of members) await member.shutdown();
  const numbers = seen.map((message) => Number(message.text()));
  for (const key of [0, 1, 2]) {
    const inOrder = Array.from({ length: 8 }, (_, i) => 3 * i + key).flatMap((number) => (number === 9 ? [9, 9, 9] : [number]));
    expect(numbers.filter((number) => number % 3 === key)).toEqual(inOrder);
  }
  await produce(cluster, client, { ...keyed, first: 24, count: 6 });
  const { messages } = await consume(cluster, client, { topic, group, count: 6, orderly: true, idleMs: 300 });
  expect(bodiesOf(messages)).toEqual(bodies(6, 24, ''));
}

/** Every member gets every message, ours and Java's beside each other in one group. */
async function toEveryMember(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'broadcast');
  await produce(cluster, client, { topic, count: 6 });
  const ours = ['one', 'two'].map((instanceName) =>
    startConsumer(cluster.workspace, {
      topic,
      consumerGroup: group,
      instanceName,
      namesrvAddr: cluster.nameServer,
      messageModel: 'BROADCASTING',
      localOffsetStoreDir: cluster.workspace.folder(`offsets-${instanceName}`),
    }),
  );
  const java = [1, 2].map(() => consume(cluster, client, { topic, group, count: 6, idleMs: 500, broadcasting: true }));
  const members = await Promise.all(ours);
  await until(() => members.every(({ received }) => received.length >= 6), LIMIT_MS);
  for (const { messages } of await Promise.all(java)) expect(bodiesOf(messages)).toEqual(bodies(6));
  for (const member of members) {
    await member.close();
    expect(member.bodies()).toEqual(bodies(6));
  }
}

async function javaMember(cluster: Cluster, client: JavaClient, topic: string, group: string): Promise<Member> {
  const run = startJava(cluster.workspace, client, 'Consume', { namesrv: cluster.nameServer, topic, group, count: 1000 });
  const [started] = await run.until('started');
  const received = (): string[] => run.of('message').map((line) => String(line['body']));
  return { clientId: String(started!['clientId']), received, close: () => run.kill() };
}

async function ourMember(cluster: Cluster, _client: JavaClient, topic: string, group: string): Promise<Member> {
  const clientId = `127.0.0.1@${group}`;
  const settings = { topic, consumerGroup: group, namesrvAddr: cluster.nameServer, clientIP: '127.0.0.1', instanceName: group };
  const { received, close } = await startConsumer(cluster.workspace, settings);
  return { clientId, received: () => received.map((message) => message.text()), close };
}

/** The tool lists the member, asks what it is doing, gives it one message directly, and sets its group back. */
const administered =
  (start: typeof ourMember, what: string): Scenario =>
  async (cluster, client) => {
    const { topic, group } = namesOf(client, what);
    const sent = await produce(cluster, client, { topic, count: 6 });
    const member = await start(cluster, client, topic, group);
    const run = (...words: string[]): Promise<string> => mqadmin(cluster.workspace, client, cluster.nameServer, words);
    await until(() => member.received().length >= 6, LIMIT_MS);

    expect(await run('consumerConnection', '-g', group)).toContain(member.clientId);
    const status = await run('consumerStatus', '-g', group, '-i', member.clientId);
    expect(status).toContain('#Consumer Subscription#');
    expect(status).toContain(topic);

    const [, second] = sent;
    const place = client.version === '4.9.7' ? [] : ['-t', topic];
    const direct = await run('queryMsgById', ...place, '-i', String(second!['offsetMsgId']), '-g', group, '-d', member.clientId);
    expect(direct).toContain('CR_SUCCESS');
    await until(() => member.received().length >= 7, LIMIT_MS);
    expect(member.received().slice(6)).toEqual([second!['body']]);

    await run('resetOffsetByTime', '-g', group, '-t', topic, '-s', String(Date.now() - 3_600_000));
    await until(() => member.received().length >= 13, LIMIT_MS);
    expect(member.received().slice(7).toSorted()).toEqual(bodies(6));
    await member.close();
  };

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'ours in order, then Java': oursInOrder,
  'to every member': toEveryMember,
  'mqadmin and a member of ours': administered(ourMember, 'admin-ours'),
  'mqadmin and a member of Java': administered(javaMember, 'admin-java'),
};

const PAIRS = ONE_CLIENT_EACH.flatMap((client) =>
  [client.version, 'ours' as const].map((maker: Maker) => ({ maker, client, name: clientName(client) })),
);

describeWithPeers.each(PAIRS)('kinds of consumption on $maker, beside $name', ({ maker, client }) => {
  let workspace: Workspace;
  let cluster: Cluster;
  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => void (cluster = await startCluster(workspace, maker)));
  });
  afterAll(() => workspace?.close());

  it.each(Object.entries(SCENARIOS))('%s', (_name, scenario) => workspace.run(() => scenario(cluster, client)));
});
