// How a client reaches its servers: over TLS with a checked certificate, over the VIP port, with the namespace in every request.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RocketMQMessageListener, RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';
import {
  ConnectError,
  DefaultLitePullConsumer,
  DefaultMQProducer,
  DefaultMQPullConsumer,
  DefaultMQPushConsumer,
  Message,
} from 'rocketmq-core';
import { silentLogger } from 'rocketmq-core/common';
import {
  decodeTopicList,
  GET_HAS_UNIT_SUB_TOPIC_LIST,
  GET_MAX_OFFSET,
  GET_UNIT_TOPIC_LIST,
  type RemotingCommand,
} from 'rocketmq-core/protocol';
import { createRemotingClient } from 'rocketmq-core/remoting';
import { startBroker, type TestBroker } from '../support/broker.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { startTlsProxy, TLS_MATERIAL, type TlsProxy } from '../support/tls-proxy.js';
import { until } from '../support/until.js';

describe('a client with tls', () => {
  let broker: TestBroker;
  let proxy: TlsProxy;

  beforeAll(async () => {
    broker = await startBroker();
    proxy = await startTlsProxy(broker.address);
  });
  afterAll(async () => {
    await proxy?.close();
    await broker?.close();
  });

  const ask = async (address: string, tls?: Parameters<typeof createRemotingClient>[0]) => {
    const client = createRemotingClient(tls);
    try {
      return await client.invoke(GET_MAX_OFFSET, address, { topic: 'TBW102', queueId: 0 }).catch((error: unknown) => error);
    } finally {
      await client.shutdown();
    }
  };

  it('talks to a server whose certificate its authority signed', async () => {
    expect(await ask(proxy.address, { tls: { ca: TLS_MATERIAL.ca } })).toMatchObject({ code: 0 });
    expect(await ask(proxy.address, { tls: { rejectUnauthorized: false } })).toMatchObject({ code: 0 });
    expect(proxy.accepted).toBe(2);
  });

  it('refuses one it cannot check, and a server without TLS, and says why', async () => {
    const unknown = await ask(proxy.address, { tls: {} });
    expect(unknown).toBeInstanceOf(ConnectError);
    expect((unknown as Error).message).toMatch(/unable to verify .*: give tls\.ca, or rejectUnauthorized: false/);
    const plain = await ask(broker.address, { tls: { ca: TLS_MATERIAL.ca }, connectTimeoutMs: 1000 });
    expect(plain).toBeInstanceOf(ConnectError);
    expect((plain as Error).message).toContain('it seems that no TLS is spoken there: leave tls out');
    const unusable = { cert: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', key: TLS_MATERIAL.ca };
    const wrong = await ask(proxy.address, { tls: unusable });
    expect(wrong).toBeInstanceOf(ConnectError);
    expect((wrong as Error).message).toContain('the tls options cannot be used: ');
  });
});

describe('a client of a cluster', () => {
  let cluster: TestCluster;
  const open: Array<{ shutdown(): Promise<void> }> = [];

  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterEach(async () => {
    for (const each of open.splice(0).toReversed()) await each.shutdown();
  });
  afterAll(() => cluster?.close());

  /** Notes where each request of a client goes and what it carries. */
  const watched = () => {
    const seen: Array<{ port: number; code: number; fields: ReadonlyMap<string, string> }> = [];
    const hook = {
      beforeRequest: (address: string, command: RemotingCommand) =>
        void seen.push({ port: Number(address.split(':')[1]), code: command.code, fields: new Map(command.extFields) }),
    };
    return { seen, hook };
  };

  it('sends and commits over the VIP port, but pulls and beats on the main one', async () => {
    const { seen, hook } = watched();
    const settings = { namesrvAddr: cluster.nameServer, vipChannelEnabled: true, rpcHooks: [hook], logger: silentLogger };
    const producer = new DefaultMQProducer({ producerGroup: 'vip', ...settings });
    await producer.start();
    open.push(producer);
    expect((await producer.send(new Message('vip', 'A', 'x'))).sendStatus).toBe('SEND_OK');
    const received: string[] = [];
    const consumer = new DefaultMQPushConsumer({ consumerGroup: 'vip', consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET', ...settings });
    consumer.subscribe('vip', '*');
    consumer.registerMessageListenerConcurrently((messages) => {
      for (const message of messages) received.push(message.text());
      return 'CONSUME_SUCCESS';
    });
    await consumer.start();
    open.push(consumer);
    await until(() => received.length > 0);
    const [broker] = cluster.brokers;
    const portsOf = (code: number): number[] => [...new Set(seen.filter((each) => each.code === code).map(({ port }) => port))];
    expect({ send: portsOf(310), pull: portsOf(11), beat: portsOf(34), members: portsOf(38) }).toEqual({
      send: [broker!.vipPort],
      pull: [broker!.port],
      beat: [broker!.port],
      members: [broker!.vipPort],
    });
  });

  it('names its 5.x namespace in every request and leaves names alone', async () => {
    const { seen, hook } = watched();
    // Application hooks come after the namespace and before the signature.
    const producer = new DefaultMQProducer({
      producerGroup: 'spaced',
      namesrvAddr: cluster.nameServer,
      namespaceV2: 'tenant-1',
      rpcHooks: [hook],
      accessKey: 'ak',
      secretKey: 'sk',
    });
    await producer.start();
    open.push(producer);
    const { messageQueue } = await producer.send(new Message('spaced', 'A', 'x'));
    expect(messageQueue.topic).toBe('spaced');
    expect(seen.length).toBeGreaterThan(2);
    for (const { fields } of seen) {
      expect([fields.get('nsd'), fields.get('ns'), fields.has('Signature')]).toEqual(['true', 'tenant-1', false]);
    }
  });

  it('writes its 4.x namespace before every name and into every message, as Java does; the application sees none of it', async () => {
    const { seen, hook } = watched();
    const producer = new DefaultMQProducer({
      producerGroup: 'inst',
      namesrvAddr: cluster.nameServer,
      namespace: 'INST_1',
      rpcHooks: [hook],
    });
    await producer.start();
    open.push(producer);
    const message = new Message('inst-topic', 'A', 'x');
    const { messageQueue } = await producer.send(message);
    expect([messageQueue.topic, message.topic, message.getProperty('INSTANCE_ID')]).toEqual(['inst-topic', 'inst-topic', undefined]);
    await producer.send([new Message('inst-topic', 'A', 'y')]);
    await producer.sendOneway(new Message('inst-topic', 'A', 'z'));
    const sent = seen
      .filter(({ code }) => code === 310 || code === 320)
      .map(({ fields }) => [fields.get('a'), fields.get('b'), fields.get('i')]);
    const unique = message.getProperty('UNIQ_KEY');
    const single = `TAGS\u0001A\u0002UNIQ_KEY\u0001${unique}\u0002WAIT\u0001true\u0002INSTANCE_ID\u0001INST_1\u0002`;
    expect(sent).toEqual([
      ['INST_1%inst', 'INST_1%inst-topic', single],
      ['INST_1%inst', 'INST_1%inst-topic', 'WAIT\u0001true\u0002INSTANCE_ID\u0001INST_1\u0002'],
      ['INST_1%inst', 'INST_1%inst-topic', expect.stringContaining('\u0002INSTANCE_ID\u0001INST_1\u0002')],
    ]);
  });

  it('names its unit in its id, and marks what it makes as of a unit', async () => {
    const { seen, hook } = watched();
    const unit = { namesrvAddr: cluster.nameServer, clientIP: '10.1.2.3', instanceName: 'till', unitName: 'north', unitMode: true };
    const producer = new DefaultMQProducer({ producerGroup: 'unit-producer', rpcHooks: [hook], ...unit });
    await producer.start();
    open.push(producer);
    expect(producer.clientId).toBe('10.1.2.3@till@north');
    await producer.send(new Message('unit-topic', 'A', 'x'));
    await producer.send([new Message('unit-topic', 'A', 'y')]);
    await producer.sendOneway(new Message('unit-topic', 'A', 'z'));
    expect(seen.filter(({ code }) => code === 310 || code === 320).map(({ fields }) => fields.get('k'))).toEqual(['true', 'true', 'true']);
    const consumers = [
      new DefaultMQPushConsumer({ consumerGroup: 'unit-push', ...unit }),
      new DefaultLitePullConsumer({ consumerGroup: 'unit-lite', ...unit }),
      new DefaultMQPullConsumer({ consumerGroup: 'unit-pull', registerTopics: ['unit-topic'], ...unit }),
    ];
    for (const consumer of consumers) {
      if (consumer instanceof DefaultMQPushConsumer) consumer.registerMessageListenerConcurrently(() => 'CONSUME_SUCCESS');
      if (!(consumer instanceof DefaultMQPullConsumer)) consumer.subscribe('unit-topic', '*');
      await consumer.start();
      open.push(consumer);
    }
    const names = createRemotingClient();
    open.push(names);
    const listed = async (row: typeof GET_UNIT_TOPIC_LIST): Promise<readonly string[]> =>
      decodeTopicList((await names.call(row, cluster.nameServer, {})).body).topicList;
    await until(async () => (await listed(GET_HAS_UNIT_SUB_TOPIC_LIST)).length >= 3);
    expect((await listed(GET_HAS_UNIT_SUB_TOPIC_LIST)).toSorted()).toEqual(['%RETRY%unit-lite', '%RETRY%unit-pull', '%RETRY%unit-push']);
    expect(await listed(GET_UNIT_TOPIC_LIST)).toEqual(['unit-topic']);
  });

  it('is in a unit in Nest too: the template and its listeners', async () => {
    const ids: Array<string | undefined> = [];
    const unit = { unitName: 'north', unitMode: true };

    @RocketMQMessageListener({ topic: 'nest-unit-topic', consumerGroup: 'nest-unit' })
    class UnitListener {
      onMessage(): void {}
      prepareStart(consumer: DefaultMQPushConsumer): void {
        ids.push(consumer.unitName);
        expect(consumer.unitMode).toBe(true);
      }
    }
    @Module({
      imports: [
        RocketMQModule.forRoot({ nameServer: cluster.nameServer, producer: { group: 'nest-unit-producer', ...unit }, consumer: unit }),
      ],
      providers: [UnitListener],
    })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    open.push({ shutdown: () => app.close() });
    await app.get(RocketMQTemplate).syncSend('nest-unit-topic', 'x');
    const names = createRemotingClient();
    open.push(names);
    const { body } = await names.call(GET_UNIT_TOPIC_LIST, cluster.nameServer, {});
    expect(decodeTopicList(body).topicList).toContain('nest-unit-topic');
    expect(ids).toEqual(['north']);
  });

  it('has a unit name without being in a unit', async () => {
    const { seen, hook } = watched();
    const producer = new DefaultMQProducer({
      producerGroup: 'named',
      namesrvAddr: cluster.nameServer,
      unitName: 'north',
      rpcHooks: [hook],
    });
    await producer.start();
    open.push(producer);
    expect(producer.clientId).toMatch(/^[^@]+@[^@]+@north$/);
    await producer.send(new Message('no-unit-topic', 'A', 'x'));
    expect(seen.find(({ code }) => code === 310)!.fields.get('k')).toBe('false');
  });

  it.each([
    ['number', { backPressureForAsyncSendNum: 2 }, 2],
    ['bytes', { backPressureForAsyncSendSize: 2500 }, 2],
    ['nothing, as by default,', { enableBackpressureForAsyncMode: false, backPressureForAsyncSendNum: 2 }, 20],
  ])('bounds its asynchronous sends by %s', async (_what, limits, most) => {
    const now = { underWay: 0, most: 0 };
    const watch = {
      hookName: 'count',
      sendMessageBefore: () => void (now.most = Math.max(now.most, ++now.underWay)),
      sendMessageAfter: () => void now.underWay--,
    };
    const producer = new DefaultMQProducer('overloaded', {
      namesrvAddr: cluster.nameServer,
      sendMessageHooks: [watch],
      enableBackpressureForAsyncMode: true,
      ...limits,
    });
    await producer.start();
    open.push(producer);
    await producer.send(new Message('overload', 'A', 'the topic is there'));
    const sends = Array.from({ length: 20 }, (_, i) =>
      producer.send(new Message('overload', 'A', `k${i}`, Buffer.alloc(1000, i)), { mode: 'async' }),
    );
    for (const { sendStatus } of await Promise.all(sends)) expect(sendStatus).toBe('SEND_OK');
    expect(now).toEqual({ underWay: 0, most });
  });

  it('refuses half a key at start', async () => {
    const producer = new DefaultMQProducer({ producerGroup: 'half', namesrvAddr: cluster.nameServer, accessKey: 'ak' });
    await expect(producer.start()).rejects.toThrow('secretKey: is blank; access key and secret key come together');
  });
});
