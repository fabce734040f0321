// Java 5.5.0 push consumers in POP mode on our broker, switched to it by mqadmin; and a store with popped messages in flight that passes
// from our broker to Apache's and back.
import { bodies, bodiesOf, type Cluster, consume, type Names, namesOf, produce } from './support/exchange.js';
import { type JavaClient, startJava } from './support/java-program.js';
import { mqadmin } from './support/mqadmin.js';
import { describeWithPeers } from './support/peers.js';
import { type Maker, startBroker, startNameServer } from './support/servers.js';
import { startCluster } from './support/clusters.js';
import { Workspace } from './support/workspace.js';

/** POP codes do not fit binary headers. */
const client: JavaClient = { version: '5.5.0', serializeType: 'JSON' };
/** The shortest a Java consumer may ask for. */
const SHORT_MS = 5000;
const LONG_MS = 60_000;
/** Long enough for a message to come that should not. */
const IDLE_MS = 2000;

async function switchToPop({ workspace, nameServer }: Cluster, { topic, group }: Names): Promise<void> {
  const words = ['setConsumeMode', '-c', 'DefaultCluster', '-t', topic, '-g', group, '-m', 'POP', '-q', '0'];
  expect(await mqadmin(workspace, client, nameServer, words)).toContain('success');
}

/** A consumer takes `count` messages and is killed with all of them in hand. */
async function takeAndDie(cluster: Cluster, names: Names, count: number): Promise<void> {
  const args = { namesrv: cluster.nameServer, ...names, count, hang: true, popInvisibleMs: SHORT_MS };
  const dying = startJava(cluster.workspace, client, 'Consume', args);
  await dying.until('held', count);
  await dying.kill();
}

describeWithPeers('a Java group that pops', () => {
  let workspace: Workspace;
  let cluster: Cluster;

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => void (cluster = await startCluster(workspace, 'ours')));
  });
  afterAll(() => workspace?.close());

  it('gets every message, failed ones again, and none twice over its restart', () =>
    workspace.run(async () => {
      const names = namesOf(client, 'pop');
      const sent = await produce(cluster, client, { topic: names.topic, count: 12, tags: 'A,B', keys: 'k#', properties: 'colour:red' });
      await switchToPop(cluster, names);
      const first = await consume(cluster, client, { ...names, count: 12, failTimes: 1, popInvisibleMs: LONG_MS, idleMs: IDLE_MS });
      expect([bodiesOf(first.failed), bodiesOf(first.messages)]).toEqual([bodies(12), bodies(12)]);
      for (const message of first.messages) {
        const original = sent.find((result) => result['body'] === message['body'])!;
        expect(message).toMatchObject({ topic: names.topic, reconsumeTimes: 1, msgId: original['msgId'] });
        expect(message['properties']).toMatchObject({ colour: 'red', ORIGIN_GROUP: names.group });
        // Type 1: it came through the retry topic.
        expect(String((message['properties'] as Record<string, string>)['POP_CK']).split(' ')[4]).toBe('1');
      }
      await produce(cluster, client, { topic: names.topic, count: 6, first: 12 });
      const second = await consume(cluster, client, { ...names, count: 6, popInvisibleMs: LONG_MS, idleMs: IDLE_MS });
      expect([bodiesOf(second.failed), bodiesOf(second.messages)]).toEqual([[], bodies(6, 12)]);
    }));

  it('hands the messages of a killed member to the next', () =>
    workspace.run(async () => {
      const names = namesOf(client, 'killed');
      await produce(cluster, client, { topic: names.topic, count: 6 });
      await switchToPop(cluster, names);
      await takeAndDie(cluster, names, 6);
      const { messages } = await consume(cluster, client, { ...names, count: 6, popInvisibleMs: LONG_MS, idleMs: IDLE_MS });
      expect(bodiesOf(messages)).toEqual(bodies(6));
      expect(new Set(messages.map((line) => line['reconsumeTimes']))).toEqual(new Set([1]));
    }));
});

/** One broker leaves messages in flight in its store, the other opens it. */
async function passOn(from: Maker, to: Maker): Promise<void> {
  const workspace = new Workspace();
  try {
    await workspace.run(async () => {
      const { address: nameServer } = await startNameServer(workspace, 'ours');
      const store = workspace.folder('store');
      const first = await startBroker(workspace, from, { nameServer, name: 'shared', store });
      const cluster: Cluster = { workspace, nameServer, brokerAddress: first.address };
      const names = namesOf(client, 'passed');
      await produce(cluster, client, { topic: names.topic, count: 8, tags: 'A' });
      await switchToPop(cluster, names);
      // It stays until its acknowledgements have gone out: they are sent after the listener has answered.
      const done = await consume(cluster, client, { ...names, count: 8, popInvisibleMs: SHORT_MS, idleMs: IDLE_MS });
      expect(bodiesOf(done.messages)).toEqual(bodies(8));
      await produce(cluster, client, { topic: names.topic, count: 5, first: 8, tags: 'A' });
      await takeAndDie(cluster, names, 5);
      await first.process.stop();
      await startBroker(workspace, to, { nameServer, name: 'shared', store });
      // What was acknowledged there is not brought back here.
      const { messages } = await consume(cluster, client, { ...names, count: 5, popInvisibleMs: LONG_MS, idleMs: IDLE_MS });
      expect(bodiesOf(messages)).toEqual(bodies(5, 8));
      expect(new Set(messages.map((line) => line['reconsumeTimes']))).toEqual(new Set([1]));
    });
  } finally {
    await workspace.close();
  }
}

describeWithPeers('a store with popped messages in flight', () => {
  // Side by side: they wait for invisible times more than they work.
  it('passes from our broker to Apache 5.5.0, and from that to ours: they come back there', async () => {
    await Promise.all([passOn('ours', '5.5.0'), passOn('5.5.0', 'ours')]);
  });
});
