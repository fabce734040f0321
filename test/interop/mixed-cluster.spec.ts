// Our broker and one of Apache's side by side, registered with our name server or with Apache's: one topic, messages through both.
import { ConsumeConcurrentlyStatus, Message, type MessageQueue } from 'rocketmq-core';
import type { HeaderForm } from '../../tools/peer/commands.mjs';
import { until } from '../support/until.js';
import { bodies, bodiesOf, type Cluster, consume, produce } from './support/exchange.js';
import { type JavaClient, runJava } from './support/java-program.js';
import { startConsumer, startProducer } from './support/our-clients.js';
import { CLIENTS, describeWithPeers } from './support/peers.js';
import { type Broker, type Maker, startBroker, startNameServer } from './support/servers.js';
import { Workspace } from './support/workspace.js';

interface Mixture {
  readonly nameServer: Maker;
  /** The Java broker and the Java clients. */
  readonly java: JavaClient;
}

/** Java brokers register in both header forms with ours; our broker has one form for every name server. */
const MIXTURES: readonly Mixture[] = [
  ...CLIENTS.map((java) => ({ nameServer: 'ours' as const, java })),
  ...CLIENTS.filter(({ serializeType }) => serializeType === 'JSON').map((java) => ({ nameServer: java.version, java })),
];

const title = ({ nameServer, java }: Mixture): string =>
  `our broker and one of Apache ${java.version} (${java.serializeType}) at ${nameServer === 'ours' ? 'our name server' : "Apache's name server"}`;

const TOPIC = 'mixed';
const brokersIn = (queues: readonly MessageQueue[]): string[] => [...new Set(queues.map(({ brokerName }) => brokerName))].toSorted();

describeWithPeers.each(MIXTURES.map((mixture) => ({ name: title(mixture), mixture })))('$name', ({ mixture }) => {
  const { nameServer: maker, java } = mixture;
  const form: HeaderForm = java.serializeType;
  let workspace: Workspace;
  let cluster: Cluster;
  let ours: Broker;
  let theirs: Broker;
  let both: string[];

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => {
      const { address: nameServer } = await startNameServer(workspace, maker);
      [ours, theirs] = await Promise.all([
        startBroker(workspace, 'ours', { nameServer }),
        startBroker(workspace, java.version, { nameServer, serializeType: form }),
      ]);
      both = [ours.name, theirs.name].toSorted();
      cluster = { workspace, nameServer, brokerAddress: ours.address };
    });
  });
  afterAll(() => workspace?.close());

  it('carries messages of Java and of ours through both brokers, to both, failures included', () =>
    workspace.run(async () => {
      const sent = await produce(cluster, java, { topic: TOPIC, count: 16 });
      expect([...new Set(sent.map((line) => String(line['brokerName'])))].toSorted()).toEqual(both);

      const producer = await startProducer(workspace, cluster.nameServer, form);
      const queues = await producer.fetchPublishMessageQueues(TOPIC);
      expect(queues).toHaveLength(8);
      const brokers = [];
      for (const [i, queue] of queues.entries()) {
        brokers.push((await producer.send(new Message(TOPIC, 'ours', `k${i}`, Buffer.from(`m${16 + i}`)), queue)).messageQueue.brokerName);
      }
      expect([...new Set(brokers)].toSorted()).toEqual(both);

      const failed = new Set<string>();
      const settings = { topic: TOPIC, consumerGroup: 'mixed-ours', namesrvAddr: cluster.nameServer, serializeType: form };
      const consumer = await startConsumer(workspace, settings, ([message], context) => {
        if (failed.has(message!.brokerName)) return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        failed.add(message!.brokerName);
        context.delayLevelWhenNextConsume = 1;
        return ConsumeConcurrentlyStatus.RECONSUME_LATER;
      });
      const javaSide = consume(cluster, java, { topic: TOPIC, group: 'mixed-java', count: 24, failTimes: 1, idleMs: 300 });
      await Promise.all([javaSide, until(() => consumer.received.length >= 26, 60_000)]);
      await consumer.close();
      await producer.shutdown();
      const { messages, failed: failedInJava } = await javaSide;
      expect(bodiesOf(messages)).toEqual(bodies(24));
      expect(bodiesOf(failedInJava)).toEqual(bodies(24));
      expect([...new Set(messages.map((line) => String(line['brokerName'])))].toSorted()).toEqual(both);
      const again = consumer.received.filter(({ reconsumeTimes }) => reconsumeTimes === 1);
      expect(again.map(({ brokerName }) => brokerName).toSorted()).toEqual(both);
      expect([...new Set(consumer.bodies())].toSorted()).toEqual(bodies(24));
    }));

  it('shows both to Java, and forgets the one that leaves', () =>
    workspace.run(async () => {
      const run = await runJava(workspace, java, 'Inspect', { what: 'cluster', namesrv: cluster.nameServer });
      expect(run.of('cluster')[0]).toMatchObject({
        brokers: { [ours.name]: { 0: ours.address }, [theirs.name]: { 0: theirs.address } },
        clusters: { DefaultCluster: both },
      });
      const producer = await startProducer(workspace, cluster.nameServer, form);
      expect(brokersIn(await producer.fetchPublishMessageQueues(TOPIC))).toEqual(both);
      // At ours a broker dies; at Apache's ours signs off.
      const stays = maker === 'ours' ? ours : theirs;
      if (maker === 'ours') await theirs.process.kill9();
      else await ours.process.stop();
      await until(async () => brokersIn(await producer.fetchPublishMessageQueues(TOPIC)).join(',') === stays.name);
      expect((await producer.send(new Message(TOPIC, 'A', 'k', Buffer.from('after')))).messageQueue.brokerName).toBe(stays.name);
      await producer.shutdown();
    }));
});
