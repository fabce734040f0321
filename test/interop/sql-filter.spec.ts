// SQL92 filters across makers: Java consumers on our broker, our consumer on Apache's brokers, the file of registered filters handed over.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DefaultMQProducer, IllegalSubscriptionError, Message, MessageSelector } from 'rocketmq-core';
import { UPDATE_BROKER_CONFIG } from 'rocketmq-core/protocol';
import { createRemotingClient } from 'rocketmq-core/remoting';
import { until } from '../support/until.js';
import { bodiesOf, type Cluster, consume, namesOf } from './support/exchange.js';
import { type JavaClient, startJava } from './support/java-program.js';
import { startConsumer, startProducer } from './support/our-clients.js';
import { describeWithPeers, ONE_CLIENT_EACH, VERSIONS } from './support/peers.js';
import { type Maker, startBroker, startNameServer } from './support/servers.js';
import { Workspace } from './support/workspace.js';

const FILTERS_ON = { enablePropertyFilter: true };
const SQL = "(amount BETWEEN 100 AND 900 OR amount > 5000) AND region IN ('eu','it''s') AND gone IS NULL";
const ORDERS = [
  ['50', 'eu'],
  ['100', 'eu'],
  ['500', 'us'],
  ['900', "it's"],
  ['901', "it's"],
  ['much', 'eu'],
  ['6000', 'eu'],
] as const;
const WANTED = ['100', '6000', '900'];

function send(producer: DefaultMQProducer, topic: string, amount: string, region = 'eu') {
  const message = new Message(topic, amount);
  message.putUserProperty('amount', amount);
  message.putUserProperty('region', region);
  return producer.send(message);
}

async function sendOrders({ workspace, nameServer }: Cluster, client: JavaClient, topic: string): Promise<DefaultMQProducer> {
  const producer = await startProducer(workspace, nameServer, client.serializeType);
  for (const [amount, region] of ORDERS) await send(producer, topic, amount, region);
  return producer;
}

/** What matches arrives, at first and as it comes in, and again when it fails. */
async function javaGetsWhatMatches(cluster: Cluster, client: JavaClient): Promise<void> {
  const names = namesOf(client, 'sql');
  const producer = await sendOrders(cluster, client, names.topic);
  const consumer = startJava(cluster.workspace, client, 'Consume', {
    ...names,
    namesrv: cluster.nameServer,
    sql: SQL,
    count: WANTED.length + 4,
    failTimes: 1,
    idleMs: 500,
  });
  await consumer.until('failed', WANTED.length);
  // Its pulls are held now; each of these is for one of them, or for none.
  for (const amount of ['1', '200', '2', '300', '3', '400', '4', '600']) await send(producer, names.topic, amount);
  const { messages } = await consumer.end().then((run) => ({ messages: run.of('message') }));
  expect(bodiesOf(messages)).toEqual([...WANTED, '200', '300', '400', '600'].toSorted());
  expect(messages.map((message) => message['reconsumeTimes'])).toEqual(messages.map(() => 1));
}

/** A Java consumer does not start with what does not compile, and shows our reason. */
async function javaIsToldWhatIsWrong(cluster: Cluster, client: JavaClient): Promise<void> {
  const names = namesOf(client, 'broken');
  await sendOrders(cluster, client, names.topic);
  await expect(consume(cluster, client, { ...names, sql: 'amount > > 1', limitMs: 5000 })).rejects.toThrow(
    /SUBSCRIPTION_PARSE_FAILED|CODE: 23[\s\S]*line 1, column 10: found/,
  );
}

/** The same expression, sent and evaluated the other way round. */
async function oursGetsWhatMatches(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'ours-sql');
  const producer = await sendOrders(cluster, client, topic);
  const consumer = await startConsumer(
    cluster.workspace,
    {
      topic,
      consumerGroup: group,
      namesrvAddr: cluster.nameServer,
      expression: MessageSelector.bySql(SQL),
      serializeType: client.serializeType,
    },
    ([message], context) => {
      context.delayLevelWhenNextConsume = 1;
      return message!.text() === '900' && message!.reconsumeTimes === 0 ? 'RECONSUME_LATER' : 'CONSUME_SUCCESS';
    },
  );
  await until(() => consumer.received.length >= WANTED.length);
  for (const amount of ['1', '200', '2', '300']) await send(producer, topic, amount);
  await until(() => consumer.received.length >= WANTED.length + 3);
  await consumer.close();
  expect(consumer.bodies()).toEqual([...WANTED, '900', '200', '300'].toSorted());
}

/** The entry of consumerFilter.json that our broker wrote, and what a Java broker made of it. */
async function fileHandedOver(workspace: Workspace, nameServer: string): Promise<{ ours: unknown; apaches: unknown }> {
  const client: JavaClient = { version: '5.5.0', serializeType: 'JSON' };
  const first = await startBroker(workspace, 'ours', { nameServer, conf: FILTERS_ON, name: 'handed-over' });
  const names = namesOf(client, 'file');
  const producer = await sendOrders({ workspace, nameServer, brokerAddress: first.address }, client, names.topic);
  const consumer = await startConsumer(workspace, {
    topic: names.topic,
    consumerGroup: names.group,
    namesrvAddr: nameServer,
    expression: MessageSelector.bySql(SQL),
  });
  await until(() => consumer.received.length >= WANTED.length);
  await consumer.close();
  await producer.shutdown();
  await first.process.stop();
  const file = join(first.store, 'config/consumerFilter.json');
  const ours = await readFile(file, 'utf8');
  await startBroker(workspace, client.version, { nameServer, conf: FILTERS_ON, name: first.name, store: first.store });
  // It writes every ten seconds, and forgets all filters when the bit positions of one are not what it expects.
  await until(async () => (await readFile(`${file}.bak`, 'utf8').catch(() => '')) === ours, 60_000);
  const entry = (text: string): unknown => {
    const { filterDataByTopic } = JSON.parse(text) as { filterDataByTopic: Record<string, { groupFilterData: Record<string, object> }> };
    return filterDataByTopic[names.topic]?.groupFilterData[names.group];
  };
  // Apache puts the new file in the place of the old one in two steps, with none between them.
  let apaches: string | undefined;
  await until(async () => (apaches = await readFile(file, 'utf8').catch(() => undefined)) !== undefined);
  return { ours: entry(ours), apaches: entry(apaches!) };
}

describeWithPeers('SQL92 filters', () => {
  const clusters = new Map<Maker, Cluster>();
  let workspace: Workspace;
  /** Begun at once: most of it is waiting. */
  let handedOver: ReturnType<typeof fileHandedOver>;

  async function startCluster(maker: Maker): Promise<void> {
    const { address: nameServer } = await startNameServer(workspace, maker);
    const { address: brokerAddress } = await startBroker(workspace, maker, { nameServer, conf: FILTERS_ON });
    clusters.set(maker, { workspace, nameServer, brokerAddress });
    if (maker !== 'ours') return;
    handedOver = startNameServer(workspace, maker).then((server) => fileHandedOver(workspace, server.address));
    handedOver.catch(() => {
      // Its test tells.
    });
  }

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => void (await Promise.all((['ours', ...VERSIONS] as const).map(startCluster))));
  });
  afterAll(() => workspace?.close());

  it('of Java consumers on our broker', () =>
    workspace.run(async () => {
      const cluster = clusters.get('ours')!;
      await Promise.all(ONE_CLIENT_EACH.map((client) => javaGetsWhatMatches(cluster, client)));
      await Promise.all(ONE_CLIENT_EACH.map((client) => javaIsToldWhatIsWrong(cluster, client)));
    }));

  describe.each(VERSIONS.map((version) => ({ version })))('of our consumer on Apache $version', ({ version }) => {
    const client = ONE_CLIENT_EACH.find((each) => each.version === version)!;

    it('get what Java lets through', () => workspace.run(() => oursGetsWhatMatches(clusters.get(version)!, client)));

    it('tell what this broker does not understand', () =>
      workspace.run(async () => {
        const cluster = clusters.get(version)!;
        const { topic, group } = namesOf(client, 'contains');
        const producer = await sendOrders(cluster, client, topic);
        const settings = { topic, consumerGroup: group, namesrvAddr: cluster.nameServer };
        // Since 5.x.
        const started = startConsumer(workspace, { ...settings, expression: MessageSelector.bySql("region NOT CONTAINS 'eu'") });
        if (version === '4.9.7') {
          await expect(started).rejects.toThrow(`subscription of ${topic}: broker ${cluster.brokerAddress} does not understand`);
          await expect(started).rejects.toBeInstanceOf(IllegalSubscriptionError);
        } else {
          const { received } = await started;
          await until(() => received.length >= 3);
          expect(received.map((message) => message.text()).toSorted()).toEqual(['500', '900', '901']);
        }
        await producer.shutdown();
      }));

    // Last: it turns them off.
    it('say that the broker has them off, and what to do', () =>
      workspace.run(async () => {
        const cluster = clusters.get(version)!;
        const remoting = createRemotingClient();
        await remoting.call(UPDATE_BROKER_CONFIG, cluster.brokerAddress, {}, { body: Buffer.from('enablePropertyFilter=false') });
        await remoting.shutdown();
        const { topic, group } = namesOf(client, 'contains');
        const settings = { topic, consumerGroup: `${group}-off`, namesrvAddr: cluster.nameServer };
        await expect(startConsumer(workspace, { ...settings, expression: MessageSelector.bySql('amount > 1') })).rejects.toThrow(
          `subscription of ${topic}: broker ${cluster.brokerAddress} does not filter by SQL92; set enablePropertyFilter=true there`,
        );
      }));
  });

  it('registered at our broker are taken over by Apache with the store', () =>
    workspace.run(async () => {
      const { ours, apaches } = await handedOver;
      expect(ours).toMatchObject({ expression: SQL, dead: true });
      expect(apaches).toEqual(ours);
    }));
});
