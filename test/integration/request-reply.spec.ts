// Request and reply over topics: both ways of one exchange, and everything that can keep a reply from arriving.
import {
  BrokerReplyError,
  type ConsumeConcurrentlyStatus,
  createReplyMessage,
  DefaultMQProducer,
  DefaultMQPushConsumer,
  Message,
  type MessageExt,
  NotStartedError,
  ReplyTimeoutError,
  SelectMessageQueueByHash,
} from 'rocketmq-core';
import { decodeMessages } from 'rocketmq-core/message';
import { BrokerClient } from '../support/broker-client.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

const REPLY_TOPIC = 'DefaultCluster_REPLY_TOPIC';
const LONG_MS = 20_000;

let cluster: TestCluster;
const open: Array<{ shutdown(): Promise<void> }> = [];

async function startProducer(instanceName: string): Promise<DefaultMQProducer> {
  const producer = new DefaultMQProducer({ producerGroup: `pg-${instanceName}`, namesrvAddr: cluster.nameServer, instanceName });
  await producer.start();
  open.push(producer);
  return producer;
}

/** Serves requests on `prices` with what `answer` says; undefined: no reply. */
async function startServer(answer: (request: MessageExt) => string | undefined): Promise<{ requests: MessageExt[]; errors: unknown[] }> {
  const seen = { requests: [] as MessageExt[], errors: [] as unknown[] };
  const replier = await startProducer('server');
  const consumer = new DefaultMQPushConsumer({
    consumerGroup: 'price-service',
    namesrvAddr: cluster.nameServer,
    instanceName: 'server-consumer',
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
  });
  consumer.subscribe('prices', '*');
  consumer.registerMessageListenerConcurrently(async ([request]): Promise<ConsumeConcurrentlyStatus> => {
    seen.requests.push(request!);
    const text = answer(request!);
    if (text === undefined) return 'CONSUME_SUCCESS';
    await replier.send(createReplyMessage(request!, text), LONG_MS).catch((error: unknown) => seen.errors.push(error));
    return 'CONSUME_SUCCESS';
  });
  await consumer.start();
  open.push(consumer);
  return seen;
}

const ask = (text: string): Message => new Message('prices', 'ask', Buffer.from(text));

async function storedReplies(): Promise<MessageExt[]> {
  const client = new BrokerClient(cluster.brokers[0]!.address);
  try {
    const response = await client.pull({ topic: REPLY_TOPIC });
    return response.code === 0 ? decodeMessages(response.body) : [];
  } finally {
    await client.close();
  }
}

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.shutdown();
  await cluster.close();
});

describe('a request', () => {
  it('resolves with the reply, and both are ordinary stored messages', async () => {
    cluster = await startCluster();
    const server = await startServer((request) => `${request.text()} costs 42`);
    const client = await startProducer('client');
    const reply = await client.request(ask('tea'), LONG_MS);
    expect([reply.text(), reply.topic]).toEqual(['tea costs 42', REPLY_TOPIC]);
    expect(reply.bornHost).toMatch(/^127\.0\.0\.1:\d+$/);
    const [request] = server.requests;
    expect(request!.properties.get('REPLY_TO_CLIENT')).toBe(client.clientId);
    expect(request!.properties.get('TTL')).toBe(String(LONG_MS));
    expect(reply.properties.get('CORRELATION_ID')).toBe(request!.properties.get('CORRELATION_ID'));
    expect(Number(reply.properties.get('PUSH_REPLY_TIME'))).toBeGreaterThan(0);
    expect((await storedReplies()).map((stored) => stored.text())).toEqual(['tea costs 42']);
    expect(server.errors).toEqual([]);
  });

  it('goes to the queue of its key, and a large reply is compressed and comes back whole', async () => {
    cluster = await startCluster();
    const server = await startServer(() => 'x'.repeat(100_000));
    const client = await startProducer('client');
    const replies = [];
    for (let n = 0; n < 3; n++) replies.push(await client.request(ask('tea'), new SelectMessageQueueByHash(), 'key-7', LONG_MS));
    expect(replies.map((reply) => reply.body.length)).toEqual([100_000, 100_000, 100_000]);
    expect(new Set(server.requests.map(({ queueId }) => queueId)).size).toBe(1);
    const [stored] = await storedReplies();
    expect(stored!.storeSize).toBeLessThan(10_000);
  });

  it('of many at once gets each its own reply', async () => {
    cluster = await startCluster(['broker-a', 'broker-b']);
    await startServer((request) => `re: ${request.text()}`);
    const client = await startProducer('client');
    const texts = Array.from({ length: 200 }, (_, n) => `question ${n}`);
    const replies = await Promise.all(texts.map((text) => client.request(ask(text), LONG_MS)));
    expect(replies.map((reply) => reply.text())).toEqual(texts.map((text) => `re: ${text}`));
  });
});

describe('a reply that does not arrive', () => {
  it('in time: the error says that the request was sent; a late reply is counted and dropped', async () => {
    cluster = await startCluster();
    let held: MessageExt | undefined;
    await startServer((request) => {
      held = request;
      return undefined;
    });
    const client = await startProducer('client');
    const error = await client.request(ask('tea'), 300).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ReplyTimeoutError);
    expect((error as Error).message).toMatch(/^send request message to <prices> OK, but wait reply message timeout, \d+ ms\.$/);
    await until(() => held !== undefined);
    const late = await startProducer('late');
    await late.send(createReplyMessage(held!, 'too late'));
    expect(client.lateReplies).toBe(1);
    await client.shutdown();
    expect(client.lateReplies).toBe(1);
  });

  it('because the client is gone: the replier is told', async () => {
    cluster = await startCluster();
    let held: MessageExt | undefined;
    await startServer((request) => {
      held = request;
      return undefined;
    });
    const client = await startProducer('client');
    const { clientId } = client;
    const waiting = client.request(ask('tea'), LONG_MS).catch((reason: unknown) => reason);
    await until(() => held !== undefined);
    await client.shutdown();
    expect(await waiting).toBeInstanceOf(NotStartedError);
    const replier = await startProducer('replier');
    const error = await replier.send(createReplyMessage(held!, 'hello?')).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BrokerReplyError);
    expect((error as Error).message).toContain(`push reply message fail, channel of <${clientId}> not found.`);
    // Kept all the same, for those who look why.
    expect(new Set((await storedReplies()).map((stored) => stored.text()))).toEqual(new Set(['hello?']));
  });

  it('because the requester gave up', async () => {
    cluster = await startCluster();
    await startServer(() => undefined);
    const client = await startProducer('client');
    const stop = new AbortController();
    const waiting = client.request(ask('tea'), { timeout: LONG_MS, signal: stop.signal }).catch((reason: unknown) => reason);
    const reason = new Error('changed my mind');
    stop.abort(reason);
    expect(await waiting).toBe(reason);
  });

  it('because it is no request, or has no time-out: refused before anything is sent', async () => {
    cluster = await startCluster();
    const client = await startProducer('client');
    await expect(client.request(ask('tea'), undefined as never)).rejects.toThrow('a request needs a time-out in ms');
    const server = await startServer(() => undefined);
    await client.send(ask('not a request'));
    await until(() => server.requests.length === 1);
    expect(() => createReplyMessage(server.requests[0]!, 'x')).toThrow('asks for no reply: its property CORRELATION_ID is missing');
  });
});

describe('storeReplyMessageEnable=false', () => {
  it('hands the reply over without keeping it', async () => {
    cluster = await startCluster(['broker-a'], { storeReplyMessageEnable: false });
    await startServer(() => 'gone with the wind');
    const client = await startProducer('client');
    expect((await client.request(ask('tea'), LONG_MS)).text()).toBe('gone with the wind');
    expect(await storedReplies()).toEqual([]);
  });
});
