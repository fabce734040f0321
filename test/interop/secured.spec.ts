// Our clients with Apache's secured brokers: signed requests, TLS, and what a wrong key is told.
import { BrokerReplyError, ConnectError, DefaultMQProducer, DefaultMQPushConsumer, Message, type ProducerOptions } from 'rocketmq-core';
import { until } from '../support/until.js';
import { describeWithPeers, VERSIONS } from './support/peers.js';
import { type Broker, startBroker, startNameServer } from './support/servers.js';
import { Workspace } from './support/workspace.js';

const KEY = { accessKey: 'rocketmq', secretKey: '12345678' };
const POLL_MS = 1000;

/** Both of Apache's generations of access control, with one administrator. */
const SECURED = {
  '4.9.7': {
    conf: { aclEnable: true },
    files: {
      'conf/plain_acl.yml': [
        'globalWhiteRemoteAddresses: []',
        'accounts:',
        `- accessKey: ${KEY.accessKey}`,
        `  secretKey: '${KEY.secretKey}'`,
        '  whiteRemoteAddress:',
        '  admin: true',
        '',
      ].join('\n'),
    },
    refusals: { wrongSecret: 'Check signature failed', noKey: 'No accessKey is configured' },
  },
  '5.5.0': {
    conf: {
      authenticationEnabled: true,
      authenticationProvider: 'org.apache.rocketmq.auth.authentication.provider.DefaultAuthenticationProvider',
      authenticationMetadataProvider: 'org.apache.rocketmq.auth.authentication.provider.LocalAuthenticationMetadataProvider',
      initAuthenticationUser: JSON.stringify({ username: KEY.accessKey, password: KEY.secretKey }),
      innerClientAuthenticationCredentials: JSON.stringify(KEY),
    },
    files: {},
    refusals: { wrongSecret: 'check signature failed', noKey: 'username cannot be null' },
  },
} as const;

describeWithPeers.each(VERSIONS)('secured servers of Apache %s', (version) => {
  const secured = SECURED[version];
  let workspace: Workspace;
  let nameServer: string;
  let broker: Broker;

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => {
      nameServer = (await startNameServer(workspace, version)).address;
      broker = await startBroker(workspace, version, {
        nameServer,
        files: secured.files,
        conf: { ...secured.conf, ...(version === '5.5.0' ? { authConfigPath: workspace.folder('auth') } : {}) },
      });
    });
  });
  afterAll(() => workspace?.close());

  async function producerWith(options: ProducerOptions): Promise<DefaultMQProducer> {
    const producer = new DefaultMQProducer({ producerGroup: 'secured', namesrvAddr: nameServer, sendMsgTimeout: 10_000, ...options });
    await producer.start();
    workspace.atEnd(() => producer.shutdown());
    return producer;
  }

  it('take signed requests in both header forms, and deliver to a signed consumer', () =>
    workspace.run(async () => {
      const topic = 'Secured';
      for (const serializeType of ['JSON', 'ROCKETMQ'] as const) {
        const producer = await producerWith({ ...KEY, serializeType });
        const { sendStatus } = await producer.send(new Message(topic, 'A', 'k', `from ${serializeType} ü`));
        expect(sendStatus).toBe('SEND_OK');
        await producer.send([new Message(topic, 'A', 'one'), new Message(topic, 'A', 'two')]);
      }
      const consumer = new DefaultMQPushConsumer({
        consumerGroup: 'secured-group',
        namesrvAddr: nameServer,
        consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
        pollNameServerInterval: POLL_MS,
        ...KEY,
      });
      const received: string[] = [];
      consumer.subscribe(topic, '*');
      consumer.registerMessageListenerConcurrently((messages) => {
        for (const message of messages) received.push(message.text());
        return 'CONSUME_SUCCESS';
      });
      await consumer.start();
      workspace.atEnd(() => consumer.shutdown());
      await until(() => received.length >= 6, 60_000);
      expect(received.toSorted()).toEqual(['from JSON ü', 'from ROCKETMQ ü', 'one', 'one', 'two', 'two']);
    }));

  it('refuse a wrong secret and a missing key, and the error says so', () =>
    workspace.run(async () => {
      const refusalOf = async (options: ProducerOptions): Promise<unknown> => {
        const producer = await producerWith({ ...options, retryTimesWhenSendFailed: 0 });
        return producer.send(new Message('Secured', 'A', 'x')).catch((error: unknown) => error);
      };
      const wrong = await refusalOf({ ...KEY, secretKey: 'not the secret' });
      expect(wrong).toBeInstanceOf(BrokerReplyError);
      expect((wrong as Error).message).toContain(secured.refusals.wrongSecret);
      expect(((await refusalOf({})) as Error).message).toContain(secured.refusals.noKey);
    }));

  it('speak TLS with our client, which checks certificates unless told not to', () =>
    workspace.run(async () => {
      // Apache's servers come with a certificate of their own making: nobody vouches for it.
      const producer = await producerWith({ ...KEY, tls: { rejectUnauthorized: false } });
      expect((await producer.send(new Message('Secured', 'A', 'over TLS'))).sendStatus).toBe('SEND_OK');
      const checking = new DefaultMQProducer({ producerGroup: 'checking', namesrvAddr: nameServer, ...KEY, tls: {} });
      const refused = await checking.start().catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(ConnectError);
      expect((refused as Error).message).toMatch(/certificate/);
      expect(broker.address).toBeDefined();
    }));
});
