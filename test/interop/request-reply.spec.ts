// Requests and replies between our clients and Java's, on brokers of all makers: both directions, a request nobody answers, a reply to a client
// that has gone.
import { ConsumeConcurrentlyStatus, createReplyMessage, Message, ReplyTimeoutError } from 'rocketmq-core';
import { until } from '../support/until.js';
import { type Cluster, namesOf } from './support/exchange.js';
import { MAKER_AND_CLIENT, startClusterOfEach } from './support/clusters.js';
import { type JavaClient, runJava, startJava } from './support/java-program.js';
import { startConsumer, startProducer } from './support/our-clients.js';
import { describeWithPeers } from './support/peers.js';
import type { Maker } from './support/servers.js';
import { Workspace } from './support/workspace.js';

const ASKED = 3;
const NOT_ANSWERED_MS = 1500;
/** The first send of a new virtual machine is part of it, and takes seconds on a loaded machine. */
const JAVA_NOT_ANSWERED_MS = 8000;

/** Our request, a Java listener's reply. */
async function javaAnswersOurs(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'java-serves');
  const { workspace, nameServer: namesrv } = cluster;
  const producer = await startProducer(workspace, namesrv, client.serializeType);
  // The topic is there before the listener looks for it.
  await producer.send(new Message(topic, 'ask', 'silent at first'));
  const server = startJava(workspace, client, 'Converse', { mode: 'serve', namesrv, topic, group, count: ASKED + 2 });
  await server.until('request');
  const large = 'x'.repeat(20_000);
  const bodies = ['q0', 'größe', large];
  const replies = await Promise.all(bodies.map((body) => producer.request(new Message(topic, 'ask', body), 20_000)));
  expect(replies.map((reply) => reply.text())).toEqual(bodies.map((body) => `re: ${body}`));
  // Whoever served it has it; only the answer is missing.
  await expect(producer.request(new Message(topic, 'ask', 'silent'), NOT_ANSWERED_MS)).rejects.toBeInstanceOf(ReplyTimeoutError);
  await server.end();
  expect(server.of('answered').map((line) => line['status'])).toEqual(bodies.map(() => 'SEND_OK'));
}

/** Java's request, our listener's reply. */
async function oursAnswersJava(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'ours-serves');
  const { workspace, nameServer: namesrv } = cluster;
  const { serializeType } = client;
  const producer = await startProducer(workspace, namesrv, serializeType);
  await producer.send(new Message(topic, 'warm-up', 'topic'));
  const { received } = await startConsumer(
    workspace,
    { topic, expression: 'ask', consumerGroup: group, namesrvAddr: namesrv, serializeType },
    async (messages) => {
      for (const message of messages) {
        if (!message.text().startsWith('silent')) await producer.send(createReplyMessage(message, `re: ${message.text()}`));
      }
      return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    },
  );
  const asking = { mode: 'request', namesrv, topic, group: `${group}-asks` };
  const asked = await runJava(workspace, client, 'Converse', { ...asking, count: ASKED, body: `q# ${'y'.repeat(6000)}` });
  expect(asked.of('reply').map((line) => line['body'])).toEqual(asked.of('reply').map((line) => `re: ${String(line['asked'])}`));
  expect([asked.of('reply').length, asked.of('failed')]).toEqual([ASKED, []]);
  for (const { properties } of asked.of('reply')) {
    expect(properties).toMatchObject({
      MSG_TYPE: 'reply',
      CORRELATION_ID: expect.any(String),
    });
  }
  const silent = await runJava(workspace, client, 'Converse', { ...asking, count: 1, body: 'silent', timeoutMs: JAVA_NOT_ANSWERED_MS });
  expect(String(silent.of('failed')[0]?.['error'])).toContain('RequestTimeoutException');
  // The asker has gone: the reply is refused in a way the replier sees, and it goes on serving.
  await until(() => received.some((message) => message.text() === 'silent'));
  const late = createReplyMessage(
    received.find((message) => message.text() === 'silent')!,
    'too late',
  );
  await expect(producer.send(late)).rejects.toMatchObject({ responseCode: 1, remark: expect.stringContaining('channel') });
}

describeWithPeers('request and reply', () => {
  let clusters: ReadonlyMap<Maker, Cluster>;
  let workspace: Workspace;

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => void (clusters = await startClusterOfEach(workspace)));
  });
  afterAll(() => workspace?.close());

  it.each(MAKER_AND_CLIENT)('broker $maker: ours asks Java $version, Java asks ours', ({ maker, client }) =>
    workspace.run(async () => {
      const cluster = clusters.get(maker)!;
      await Promise.all([javaAnswersOurs(cluster, client), oursAnswersJava(cluster, client)]);
    }),
  );
});
