import { ManualClock } from 'rocketmq-core/common';
import { type ConsumerSpec, type RocketMQMessageListenerOptions, subscriptionsOf, withListenerDefaults } from '../listener/index.js';
import type { RocketMQConsumerOptions } from '../options/index.js';
import { createConsumerFactory } from './client-consumer.js';
import { createClientProducer } from './client-producer.js';
import { createClientReceiver } from './client-receiver.js';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const services = { clock: new ManualClock(0), logger: silent };
const NAME_SERVER = '127.0.0.1:9876';
const SECURED = { accessKey: 'ak', secretKey: 'sk', securityToken: 'st', tlsEnable: true, tls: { ca: 'ca' } };
const NAMED = { namespace: 'ns', namespaceV2: 'ns2', unitName: 'u', unitMode: true };
const secured = { accessKey: 'ak', secretKey: 'sk', securityToken: 'st', tls: { ca: 'ca' } };

function consumerOf(options: Partial<RocketMQMessageListenerOptions>, consumer: RocketMQConsumerOptions = {}) {
  const all = withListenerDefaults({ topic: 'orders', consumerGroup: 'billing', ...options });
  const spec: ConsumerSpec = {
    id: 'Billing',
    mode: 'MESSAGE',
    options: all,
    subscriptions: subscriptionsOf(all),
    concurrency: all.consumeThreadNumber,
  };
  return createConsumerFactory(NAME_SERVER, { accessChannel: 'LOCAL', consumer }, services)(spec, async () => []).client!;
}

describe('what a client is set to', () => {
  it('every attribute of a listener reaches its consumer', () => {
    const client = consumerOf({
      messageModel: 'BROADCASTING',
      consumeThreadNumber: 5,
      consumeThreadMax: 6,
      maxReconsumeTimes: 7,
      consumeTimeout: 8,
      suspendCurrentQueueTimeMillis: 900,
      awaitTerminationMillisWhenShutdown: 1000,
      instanceName: 'i-1',
      pullInterval: 11,
      pullBatchSize: 12,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      accessChannel: 'CLOUD',
      enableMsgTrace: true,
      customizedTraceTopic: 'traces',
      ...SECURED,
      ...NAMED,
    });
    expect(client).toMatchObject({
      namesrvAddr: NAME_SERVER,
      consumerGroup: 'billing',
      messageModel: 'BROADCASTING',
      consumeThreadMin: 5,
      consumeThreadMax: 6,
      maxReconsumeTimes: 7,
      consumeTimeout: 8,
      suspendCurrentQueueTimeMillis: 900,
      awaitTerminationMillisWhenShutdown: 1000,
      instanceName: 'i-1',
      pullInterval: 11,
      pullBatchSize: 12,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      accessChannel: 'CLOUD',
      enableTrace: true,
      traceTopic: 'traces',
      ...secured,
      ...NAMED,
    });
  });

  it('what a listener or a pull consumer selects is what it subscribes to', () => {
    const subscribed = (client: object): unknown => [...(Reflect.get(client, 'subscriptions') as Map<string, object>)];
    const sql = { selectorType: 'SQL92', selectorExpression: 'amount > 100' } as const;
    const tags = { selectorExpression: 'paid || shipped' };
    const receiverOf = (more: object) =>
      createClientReceiver(NAME_SERVER, { group: 'till', topic: 'orders', ...more }, 'LOCAL', services).client();
    for (const clientOf of [consumerOf, receiverOf]) {
      expect(subscribed(clientOf({}))).toEqual([['orders', expect.objectContaining({ type: 'TAG', expression: '*' })]]);
      expect(subscribed(clientOf(tags))).toEqual([['orders', expect.objectContaining({ type: 'TAG', expression: 'paid || shipped' })]]);
      expect(subscribed(clientOf(sql))).toEqual([['orders', expect.objectContaining({ type: 'SQL92', expression: 'amount > 100' })]]);
    }
  });

  it('the pools of a transaction listener are those of the producer', () => {
    const listener = {} as never;
    const poolsOf = (maximumPoolSize?: number, blockingQueueSize?: number) =>
      createClientProducer('default', NAME_SERVER, {}, services, { listener, maximumPoolSize, blockingQueueSize } as never).client();
    expect(poolsOf(3, 4)).toMatchObject({ checkThreadPoolMaxSize: 3, checkRequestHoldMax: 4 });
    expect(poolsOf()).toMatchObject({ checkThreadPoolMaxSize: 1, checkRequestHoldMax: 2000 });
  });

  it('a listener that says nothing has Spring’s defaults', () => {
    expect(consumerOf({})).toMatchObject({
      messageModel: 'CLUSTERING',
      consumeThreadMin: 20,
      consumeThreadMax: 64,
      maxReconsumeTimes: -1,
      consumeTimeout: 15,
      suspendCurrentQueueTimeMillis: 1000,
      instanceName: 'DEFAULT',
      pullInterval: 0,
      pullBatchSize: 32,
      consumeMessageBatchMaxSize: 1,
      consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
      accessChannel: 'LOCAL',
      enableTrace: false,
      traceTopic: undefined,
      accessKey: undefined,
      tls: undefined,
      namespace: undefined,
      namespaceV2: undefined,
    });
  });

  it('the module option consumer is what listeners have that say nothing themselves', () => {
    const shared = { ...SECURED, ...NAMED, customizedTraceTopic: 'traces' };
    expect(consumerOf({}, shared)).toMatchObject({ ...secured, ...NAMED, traceTopic: 'traces' });
    const own = consumerOf({ accessKey: 'mine', secretKey: 'too', tlsEnable: 'false', namespace: 'n', customizedTraceTopic: 't' }, shared);
    expect(own).toMatchObject({
      accessKey: 'mine',
      secretKey: 'too',
      tls: undefined,
      namespace: 'n',
      namespaceV2: 'ns2',
      unitName: 'u',
      unitMode: true,
      traceTopic: 't',
    });
  });

  it('every producer property reaches the producer, and its defaults are Spring’s', () => {
    const producerOf = (producer?: Parameters<typeof createClientProducer>[2]['producer']) =>
      createClientProducer('default', NAME_SERVER, { producer, accessChannel: 'CLOUD' }, services).client();
    const client = producerOf({
      group: 'shop',
      sendMessageTimeout: 1,
      compressMessageBodyThreshold: 2,
      retryTimesWhenSendFailed: 3,
      retryTimesWhenSendAsyncFailed: 4,
      retryNextServer: true,
      maxMessageSize: 5,
      instanceName: 'i-1',
      enableMsgTrace: true,
      customizedTraceTopic: 'traces',
      ...SECURED,
      ...NAMED,
    });
    expect(client).toMatchObject({
      namesrvAddr: NAME_SERVER,
      accessChannel: 'CLOUD',
      producerGroup: 'shop',
      sendMsgTimeout: 1,
      compressMsgBodyOverHowmuch: 2,
      retryTimesWhenSendFailed: 3,
      retryTimesWhenSendAsyncFailed: 4,
      retryAnotherBrokerWhenNotStoreOK: true,
      maxMessageSize: 5,
      instanceName: 'i-1',
      enableTrace: true,
      traceTopic: 'traces',
      ...secured,
      ...NAMED,
    });
    expect(producerOf()).toMatchObject({
      producerGroup: 'nest-rocketmq-producer',
      sendMsgTimeout: 3000,
      compressMsgBodyOverHowmuch: 4096,
      retryTimesWhenSendFailed: 2,
      retryTimesWhenSendAsyncFailed: 2,
      retryAnotherBrokerWhenNotStoreOK: false,
      maxMessageSize: 4_194_304,
      instanceName: 'DEFAULT',
      enableTrace: false,
      traceTopic: undefined,
      tls: undefined,
    });
  });

  it('every pull consumer property reaches the pull consumer, and its defaults are Spring’s', () => {
    const receiverOf = (more: object) =>
      createClientReceiver(NAME_SERVER, { group: 'till', topic: 'orders', ...more }, 'CLOUD', services).client();
    const set = {
      messageModel: 'BROADCASTING',
      pullBatchSize: 3,
      instanceName: 'i-1',
      enableMsgTrace: true,
      customizedTraceTopic: 'traces',
    };
    expect(receiverOf({ ...set, ...SECURED, ...NAMED })).toMatchObject({
      namesrvAddr: NAME_SERVER,
      accessChannel: 'CLOUD',
      consumerGroup: 'till',
      messageModel: 'BROADCASTING',
      pullBatchSize: 3,
      instanceName: 'i-1',
      enableTrace: true,
      traceTopic: 'traces',
      ...secured,
      ...NAMED,
    });
    expect(receiverOf({})).toMatchObject({
      messageModel: 'CLUSTERING',
      pullBatchSize: 10,
      instanceName: 'DEFAULT',
      enableTrace: false,
      traceTopic: undefined,
    });
  });
});
