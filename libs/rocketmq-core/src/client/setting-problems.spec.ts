import { ConfigError, type RocketMQError } from '../errors/index.js';
import { Message } from '../message/index.js';
import { DefaultMQPushConsumer } from './consumer/default-mq-push-consumer.js';
import { DefaultMQProducer } from './producer/default-mq-producer.js';
import { TransactionMQProducer } from './producer/transaction-mq-producer.js';
import { DefaultLitePullConsumer } from './pull-consumer/default-lite-pull-consumer.js';
import { DefaultMQPullConsumer } from './pull-consumer/default-mq-pull-consumer.js';

/** Nobody listens there: settings are looked at first. */
const namesrvAddr = '127.0.0.1:1';
/** What a producer says that got past its settings. */
const STARTED = { none: expect.stringContaining('cannot connect to 127.0.0.1:1') as unknown };

async function problemsOf(client: { start(): Promise<void> }): Promise<Record<string, string>> {
  const error: unknown = await client.start().catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) return { none: (error as RocketMQError | undefined)?.message ?? 'started' };
  return Object.fromEntries(error.problems.map(({ key, problem }) => [key, problem]));
}

const producer = (settings: object): DefaultMQProducer => new DefaultMQProducer('pg', { namesrvAddr, ...settings });

describe('settings a producer cannot start with', () => {
  it('are told all at once', async () => {
    const settings = { sendMsgTimeout: -1, retryTimesWhenSendFailed: 'x', compressType: 'FOO', compressLevel: 99, sendMessageHooks: {} };
    expect(await problemsOf(producer({ ...settings, sendLatencyFaultEnable: 'yes' }))).toEqual({
      sendMsgTimeout: '-1 is no integer within 1..2147483647',
      retryTimesWhenSendFailed: '"x" is no integer within 0..2147483647',
      compressLevel: '99 is no integer within -1..9',
      compressType: '"FOO" is none of ZLIB, LZ4, ZSTD',
      sendLatencyFaultEnable: '"yes" is neither true nor false',
      sendMessageHooks: 'is no array',
    });
  });

  it('are not those that switch something off: never compressed, never tried again', async () => {
    const settings = { compressMsgBodyOverHowmuch: Number.MAX_SAFE_INTEGER, retryTimesWhenSendFailed: 0, sendMsgMaxTimeoutPerRequest: -1 };
    expect(await problemsOf(producer(settings))).toEqual(STARTED);
    const endless = { compressMsgBodyOverHowmuch: Infinity, backPressureForAsyncSendSize: Infinity };
    expect(await problemsOf(producer(endless))).toEqual(STARTED);
  });

  it.each([
    ['ZLIB', -1],
    ['ZLIB', 9],
    ['ZSTD', 19],
    ['LZ4', 12],
  ])('are not levels that Java takes: %s %i', async (compressType, compressLevel) => {
    expect(await problemsOf(producer({ compressType, compressLevel }))).toEqual(STARTED);
  });

  it('are not transactions without a listener: only their sends need one', async () => {
    const transactional = new TransactionMQProducer('pg', { namesrvAddr });
    transactional.setTransactionListener(null as never);
    expect(await problemsOf(transactional)).toEqual(STARTED);
    await expect(transactional.sendMessageInTransaction(new Message('t', 'x'))).rejects.toThrow('TransactionListener is null');
  });

  it('name the kind of producer, and its own', async () => {
    const options = { namesrvAddr, checkThreadPoolMaxSize: 0, checkRequestHoldMax: -1, transactionListener: { checkLocalTransaction: 1 } };
    const transactional = new TransactionMQProducer('pg', options as never);
    await expect(transactional.start()).rejects.toThrow('TransactionMQProducer pg: checkThreadPoolMaxSize: 0 is no integer');
    expect(await problemsOf(transactional)).toEqual({
      checkThreadPoolMaxSize: '0 is no integer within 1..2147483647',
      checkRequestHoldMax: '-1 is no integer within 0..2147483647',
      transactionListener: 'has no executeLocalTransaction, no checkLocalTransaction',
    });
    expect(() => new TransactionMQProducer('pg', { transactionListner: {} } as never)).toThrow('TransactionMQProducer: transactionListner');
  });
});

describe('settings of every client', () => {
  const kinds: ReadonlyArray<[string, (settings: object) => { start(): Promise<void> }]> = [
    ['DefaultMQProducer', producer],
    ['DefaultMQPushConsumer', (settings) => subscribed(new DefaultMQPushConsumer('cg', { namesrvAddr, ...settings }))],
    ['DefaultMQPullConsumer', (settings) => new DefaultMQPullConsumer('cg', { namesrvAddr, ...settings })],
    ['DefaultLitePullConsumer', (settings) => new DefaultLitePullConsumer('cg', { namesrvAddr, ...settings })],
  ];

  function subscribed(consumer: DefaultMQPushConsumer): DefaultMQPushConsumer {
    consumer.subscribe('orders', '*');
    consumer.registerMessageListener(() => 'CONSUME_SUCCESS');
    return consumer;
  }

  it.each(kinds)('are checked by %s', async (_name, make) => {
    const settings = {
      traceMsgBatchNum: 0,
      traceTopic: 'a b',
      accessChannel: 'X',
      serializeType: 'XML',
      connectTimeout: 0,
      namespace: 'a b',
    };
    const more = { rpcHooks: {}, vipChannelEnabled: 'yes', instanceName: '', securityToken: 't', clientIP: 5, logger: { warn() {} } };
    expect(await problemsOf(make({ ...settings, ...more }))).toEqual({
      connectTimeout: '0 is no integer within 1..2147483647',
      traceMsgBatchNum: '0 is no integer within 1..2147483647',
      serializeType: '"XML" is none of JSON, ROCKETMQ',
      accessChannel: '"X" is none of LOCAL, CLOUD',
      vipChannelEnabled: '"yes" is neither true nor false',
      rpcHooks: 'is no array',
      clientIP: 'is no text, found number',
      instanceName: '"" is no name',
      namespace: expect.stringContaining('[a b] contains illegal characters'),
      traceTopic: expect.stringContaining('[a b] contains illegal characters'),
      securityToken: 'comes with accessKey and secretKey: without them nothing is signed',
      logger: 'has no debug, no info, no error',
    });
  });

  it.each<[unknown, Record<string, string>]>([
    [true, { tls: 'true is no { ca, cert, key, rejectUnauthorized }' }],
    [{ caCert: 'x' }, { 'tls.caCert': 'there is no such setting: ca, cert, key and rejectUnauthorized are' }],
    [{ ca: '/etc/ca.pem' }, { 'tls.ca': 'is no PEM text: give the content of the file, from -----BEGIN on' }],
    [{ cert: '-----BEGIN CERTIFICATE-----' }, { 'tls.key': 'is missing: cert and key come together' }],
  ])('tls: %j', async (tls, problems) => {
    expect(await problemsOf(producer({ tls }))).toEqual(problems);
  });

  it('never show a secret', async () => {
    const problems = await problemsOf(producer({ accessKey: 7, secretKey: ['hush'], tls: { key: 'hush', cert: '-----BEGIN X' } }));
    expect(Object.keys(problems)).toEqual(['accessKey', 'secretKey', 'tls.key']);
    expect(JSON.stringify(problems)).not.toContain('hush');
  });
});
