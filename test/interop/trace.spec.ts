// Message trace between makers: what our producer and consumer trace is read by Apache's mqadmin, on its brokers and on ours, and what Java's
// clients trace on our broker as well.
import { DefaultMQProducer, Message } from 'rocketmq-core';
import { until } from '../support/until.js';
import { type Cluster, consume, namesOf, produce } from './support/exchange.js';
import type { JavaClient } from './support/java-program.js';
import { mqadmin } from './support/mqadmin.js';
import { startConsumer } from './support/our-clients.js';
import { describeWithPeers, ONE_CLIENT_EACH } from './support/peers.js';
import type { Maker } from './support/servers.js';
import { startClusterOfEach } from './support/clusters.js';
import { Workspace } from './support/workspace.js';

/** A row of the tool: Pub with producer group, Sub with consumer group, both with their outcome. */
interface TraceRows {
  readonly published: string[];
  readonly consumed: string[];
}

/** Asks until both are there: traces are written a moment later, and then indexed. */
async function tracesOf(cluster: Cluster, client: JavaClient, msgId: string): Promise<TraceRows> {
  let rows: TraceRows = { published: [], consumed: [] };
  await until(async () => {
    const text = await mqadmin(cluster.workspace, client, cluster.nameServer, ['queryMsgTraceById', '-i', msgId]);
    const lines = text.split('\n').map((line) => line.trim().replaceAll(/ +/g, ' '));
    rows = { published: lines.filter((line) => line.startsWith('Pub ')), consumed: lines.filter((line) => line.startsWith('Sub ')) };
    return rows.published.length > 0 && rows.consumed.length > 0;
  }, 30_000);
  return rows;
}

async function oursIsReadByMqadmin(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'ours-traced');
  const settings = { namesrvAddr: cluster.nameServer, enableTrace: true, serializeType: client.serializeType };
  const producer = new DefaultMQProducer(`${group}-producer`, { ...settings, sendMsgTimeout: 10_000 });
  await producer.start();
  const { msgId } = await producer.send(new Message(topic, 'A', 'key-1', Buffer.from('traced')));
  const consumer = await startConsumer(cluster.workspace, { topic, consumerGroup: group, ...settings });
  await until(() => consumer.received.length > 0);
  // What is still to be traced leaves at the end.
  await Promise.all([consumer.close(), producer.shutdown()]);
  const { published, consumed } = await tracesOf(cluster, client, msgId);
  expect(published).toContainEqual(expect.stringMatching(new RegExp(`^Pub ${group}-producer \\S+ .*success$`)));
  expect(consumed).toContainEqual(expect.stringMatching(new RegExp(`^Sub ${group} \\S+ .*success$`)));
}

async function javasIsReadOnOurBroker(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'java-traced');
  const [sent] = await produce(cluster, client, { topic, group: `${group}-producer`, count: 1, tags: 'A', keys: 'k#', trace: true });
  await consume(cluster, client, { topic, group, count: 1, idleMs: 3000, trace: true });
  const { published, consumed } = await tracesOf(cluster, client, String(sent!['msgId']));
  expect(published).toContainEqual(expect.stringMatching(new RegExp(`^Pub ${group}-producer \\S+ .*success$`)));
  expect(consumed).toContainEqual(expect.stringMatching(new RegExp(`^Sub ${group} \\S+ .*success$`)));
}

describeWithPeers('message trace', () => {
  let clusters: ReadonlyMap<Maker, Cluster>;
  let workspace: Workspace;

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => void (clusters = await startClusterOfEach(workspace, { conf: { traceTopicEnable: true } })));
  });
  afterAll(() => workspace?.close());

  it.each(ONE_CLIENT_EACH)("of ours on Apache's broker is read by mqadmin $version", (client) =>
    workspace.run(() => oursIsReadByMqadmin(clusters.get(client.version)!, client)),
  );

  it.each(ONE_CLIENT_EACH)('of ours and of Java $version on our broker is read by mqadmin $version', (client) =>
    workspace.run(async () => {
      const cluster = clusters.get('ours')!;
      await Promise.all([oursIsReadByMqadmin(cluster, client), javasIsReadOnOurBroker(cluster, client)]);
    }),
  );
});
