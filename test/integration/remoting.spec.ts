import net from 'node:net';
import {
  GET_MAX_OFFSET,
  HEART_BEAT,
  NOTIFY_CONSUMER_IDS_CHANGED,
  QUERY_CONSUMER_OFFSET,
  UPDATE_CONSUMER_OFFSET,
} from 'rocketmq-core/protocol';
import { createRemotingClient, createRemotingServer, type RemotingClient, type RemotingServer } from 'rocketmq-core/remoting';
import { BrokerReplyError, RequestTimeoutError, SendRequestError } from 'rocketmq-core/errors';

describe('remoting over loopback', () => {
  let server: RemotingServer;
  let client: RemotingClient;
  let address: string;

  beforeEach(async () => {
    server = createRemotingServer();
    client = createRemotingClient();
    const { host, port } = await server.listen({ host: '127.0.0.1', port: 0 });
    address = `${host}:${port}`;
  });

  afterEach(async () => {
    await client.shutdown();
    await server.close();
  });

  it('answers many concurrent requests, each with its own', async () => {
    server.handle(GET_MAX_OFFSET, ({ header }) => ({ code: 'SUCCESS', header: { offset: header.queueId * 10 } }));
    const answers = await Promise.all(
      Array.from({ length: 5000 }, (_, queueId) => client.call(GET_MAX_OFFSET, address, { topic: 'T', queueId })),
    );
    expect(answers.map((answer) => answer.header?.offset)).toEqual(Array.from({ length: 5000 }, (_, i) => i * 10));
    expect(client.addresses()).toEqual([address]);
  });

  it('serves both header forms and answers in the form of the request', async () => {
    server.handle(GET_MAX_OFFSET, () => ({ code: 'SUCCESS', header: { offset: 7 }, remark: 'größer' }));
    const binary = createRemotingClient({ serializeType: 'ROCKETMQ' });
    const answer = await binary.call(GET_MAX_OFFSET, address, { topic: 'T', queueId: 0 });
    expect(answer.header?.offset).toBe(7);
    expect(answer.remark).toBe('größer');
    await binary.shutdown();
  });

  it('answers 3 to an unknown code and rejects call() with the remark', async () => {
    const error = await client.call(GET_MAX_OFFSET, address, { topic: 'T', queueId: 0 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BrokerReplyError);
    expect((error as BrokerReplyError).responseCode).toBe(3);
    expect((error as BrokerReplyError).remark).toContain('request type 30 not supported');
  });

  it('answers 1 with a clear remark to a header that does not fit, and keeps the connection', async () => {
    server.handle(QUERY_CONSUMER_OFFSET, () => ({ code: 'SUCCESS', header: { offset: 1 } }));
    const header = { consumerGroup: 'g', topic: 't', queueId: 'x' as unknown as number };
    const bad = await client.invoke(QUERY_CONSUMER_OFFSET, address, header);
    expect(bad.code).toBe(1);
    expect(bad.remark).toContain('queueId');
    expect((await client.invoke(QUERY_CONSUMER_OFFSET, address, { ...header, queueId: 1 })).code).toBe(0);
  });

  it('hides the text of an unexpected error', async () => {
    server.handle(GET_MAX_OFFSET, () => {
      throw new Error('secret /etc/path');
    });
    const answer = await client.invoke(GET_MAX_OFFSET, address, { topic: 'T', queueId: 0 });
    expect(answer.code).toBe(1);
    expect(answer.remark).not.toContain('secret');
  });

  it('never answers a one-way request', async () => {
    let seen = 0;
    server.handle(UPDATE_CONSUMER_OFFSET, () => {
      seen++;
      return { code: 'SUCCESS' };
    });
    server.handle(GET_MAX_OFFSET, () => ({ code: 'SUCCESS', header: { offset: seen } }));
    await client.invokeOneWay(UPDATE_CONSUMER_OFFSET, address, { consumerGroup: 'g', topic: 't', queueId: 0, commitOffset: 1 });
    expect((await client.call(GET_MAX_OFFSET, address, { topic: 't', queueId: 0 })).header?.offset).toBe(1);
  });

  it('holds a request and answers it later, once', async () => {
    let release: (() => void) | undefined;
    server.handle(GET_MAX_OFFSET, (_request, hold) => {
      const token = hold();
      release = () => {
        token.reply({ code: 'SUCCESS', header: { offset: 1 } });
        token.reply({ code: 'SUCCESS', header: { offset: 2 } });
      };
      return { held: true };
    });
    server.handle(HEART_BEAT, () => ({ code: 'SUCCESS' }));
    const held = client.call(GET_MAX_OFFSET, address, { topic: 'T', queueId: 0 });
    await client.call(HEART_BEAT, address, {});
    release!();
    expect((await held).header?.offset).toBe(1);
    await client.call(HEART_BEAT, address, {});
  });

  it('times out, without leaving anything behind', async () => {
    server.handle(GET_MAX_OFFSET, () => ({ held: true }));
    await expect(client.invoke(GET_MAX_OFFSET, address, { topic: 'T', queueId: 0 }, { timeoutMs: 60 })).rejects.toBeInstanceOf(
      RequestTimeoutError,
    );
  });

  it('calls a client over its own connection', async () => {
    const notified: string[] = [];
    client.handle(NOTIFY_CONSUMER_IDS_CHANGED, ({ header }) => {
      notified.push(header.consumerGroup);
      return { code: 'SUCCESS' };
    });
    server.handle(HEART_BEAT, async ({ connection }) => {
      server.invokeOneWay(connection, NOTIFY_CONSUMER_IDS_CHANGED, { consumerGroup: 'g1' });
      const answer = await server.invoke(connection, NOTIFY_CONSUMER_IDS_CHANGED, { consumerGroup: 'g2' });
      return { code: 'SUCCESS', remark: String(answer.code) };
    });
    expect((await client.call(HEART_BEAT, address, {})).remark).toBe('0');
    expect(notified).toEqual(['g1', 'g2']);
  });

  it('closes a connection that sends garbage, and only that one', async () => {
    server.handle(HEART_BEAT, () => ({ code: 'SUCCESS' }));
    await client.call(HEART_BEAT, address, {});
    const [host, port] = address.split(':');
    const closed = await new Promise((resolve) => {
      const socket = net.connect(Number(port), host, () => socket.write('GET / HTTP/1.1\r\n\r\n'));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(true));
    });
    expect(closed).toBe(true);
    expect((await client.call(HEART_BEAT, address, {})).code).toBe(0);
    expect(server.counters()['malformed']).toBe(1);
  });

  it('tells who waits when the server goes away', async () => {
    server.handle(GET_MAX_OFFSET, () => ({ held: true }));
    server.handle(HEART_BEAT, ({ connection }) => {
      connection.close('test');
      return { code: 'SUCCESS' };
    });
    const waiting = client.invoke(GET_MAX_OFFSET, address, { topic: 'T', queueId: 0 }).catch((error: unknown) => error);
    const closing = client.invoke(HEART_BEAT, address, {}).catch((error: unknown) => error);
    expect(await waiting).toBeInstanceOf(SendRequestError);
    expect(await closing).toBeInstanceOf(SendRequestError);
  });
});
