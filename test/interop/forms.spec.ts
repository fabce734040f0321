// Bodies in every form both ways, on brokers of all makers: compressed by zlib, LZ4 and ZSTD, in batches made by the splitters, with delay levels.
import { type CompressionType } from 'rocketmq-core/message';
import { DefaultMQProducer, Message, type ProducerOptions } from 'rocketmq-core';
import { until } from '../support/until.js';
import { bodiesOf, type Cluster, consume, namesOf } from './support/exchange.js';
import { MAKER_AND_CLIENT, startClusterOfEach } from './support/clusters.js';
import { type JavaClient, type JavaLine, runJava } from './support/java-program.js';
import { startConsumer } from './support/our-clients.js';
import { describeWithPeers } from './support/peers.js';
import type { Maker } from './support/servers.js';
import { Workspace } from './support/workspace.js';

const SIZE = 6000;
/** Which writers this Node has. */
const OUR_TYPES: readonly CompressionType[] = typeof process.versions.zstd === 'string' ? ['ZLIB', 'LZ4', 'ZSTD'] : ['ZLIB', 'LZ4'];
const JAVA_TYPES = ['ZLIB', 'LZ4', 'ZSTD'];
const BATCH = 12;
/** One second. */
const DELAY_LEVEL = 1;
const DELAY_MS = 1000;
const LATE_MS = 6000;

const batchBodies = Array.from({ length: BATCH }, (_, i) => `batch-${i}`).toSorted();

/** As Forms.java makes it: it grows by what it is long. */
function bodyOf(type: string): string {
  let body = `${type}:`;
  while (body.length < SIZE) {
    body += 'über ';
    body += `${body.length} `;
  }
  return body;
}

function inTime(delayMs: number): void {
  expect(delayMs).toBeGreaterThanOrEqual(DELAY_MS - 100);
  expect(delayMs).toBeLessThan(LATE_MS);
}

/** What Java wrote, read by our consumer. */
async function fromJava(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'from-java');
  const { workspace, nameServer: namesrv } = cluster;
  const form = { compressTypes: JAVA_TYPES.join(','), size: SIZE, batch: BATCH, batchSize: 5, delayLevel: DELAY_LEVEL };
  const sent = (await runJava(workspace, client, 'Forms', { namesrv, topic, group, ...form })).of('sent');
  expect(sent.map((line) => line['status'])).toEqual(sent.map(() => 'SEND_OK'));
  const { serializeType } = client;
  const { received } = await startConsumer(workspace, { topic, consumerGroup: `${group}-ours`, namesrvAddr: namesrv, serializeType });
  await until(() => received.length >= JAVA_TYPES.length + BATCH + 1, 30_000);
  for (const type of JAVA_TYPES) {
    const [message] = received.filter(({ tags }) => tags === type);
    expect(message!.text()).toBe(bodyOf(type));
    expect(message!.storeSize).toBeLessThan(SIZE / 2);
  }
  const batch = received.filter(({ tags }) => tags === 'batch');
  expect(batch.map((message) => message.text()).toSorted()).toEqual(batchBodies);
  const [later] = received.filter(({ tags }) => tags === 'later');
  inTime(later!.storeTimestamp - later!.bornTimestamp);
}

/** What we wrote, read by Java. */
async function toJava(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'to-java');
  const { nameServer: namesrvAddr } = cluster;
  const sending = async (settings: ProducerOptions, work: (producer: DefaultMQProducer) => Promise<unknown>): Promise<void> => {
    const producer = new DefaultMQProducer(`${group}-producers`, {
      namesrvAddr,
      serializeType: client.serializeType,
      sendMsgTimeout: 10_000,
      ...settings,
    });
    await producer.start();
    try {
      await work(producer);
    } finally {
      await producer.shutdown();
    }
  };
  await Promise.all([
    ...OUR_TYPES.map((compressType) =>
      sending({ compressType }, (producer) => producer.send(new Message(topic, compressType, bodyOf(compressType)))),
    ),
    sending({}, (producer) => producer.send(new Message({ topic, tags: 'later', body: 'later', delayTimeLevel: DELAY_LEVEL }))),
    // So small that it takes several batches.
    sending({ maxMessageSize: 600 }, async (producer) => {
      const list = Array.from({ length: BATCH }, (_, i) => new Message(topic, 'batch', `batch-${i}`));
      const { msgId } = await producer.send(list, { splitBatches: true });
      expect(msgId.split(',')).toHaveLength(BATCH);
    }),
  ]);
  const count = OUR_TYPES.length + BATCH + 1;
  const { messages } = await consume(cluster, client, { topic, group, count, idleMs: 200 });
  expect(messages).toHaveLength(count);
  const tagged = (tag: string): JavaLine[] => messages.filter((line) => line['tags'] === tag);
  for (const type of OUR_TYPES) {
    expect(tagged(type).map((line) => line['body'])).toEqual([bodyOf(type)]);
    expect(Number(tagged(type)[0]!['storeSize'])).toBeLessThan(SIZE / 2);
  }
  expect(bodiesOf(tagged('batch'))).toEqual(batchBodies);
  // Each member keeps the id of its own.
  expect(new Set(tagged('batch').map((line) => line['msgId'])).size).toBe(BATCH);
  const [later] = tagged('later');
  inTime(Number(later!['storeTimestamp']) - Number(later!['bornTimestamp']));
}

describeWithPeers('bodies in every form', () => {
  let clusters: ReadonlyMap<Maker, Cluster>;
  let workspace: Workspace;

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => void (clusters = await startClusterOfEach(workspace)));
  });
  afterAll(() => workspace?.close());

  it.each(MAKER_AND_CLIENT)('broker $maker: between Java $version and ours', ({ maker, client }) =>
    workspace.run(async () => {
      const cluster = clusters.get(maker)!;
      await Promise.all([fromJava(cluster, client), toJava(cluster, client)]);
    }),
  );
});
