// An administrator asks a running push consumer through its broker, and moves it.
import { ConsumeConcurrentlyStatus, DefaultMQProducer, DefaultMQPushConsumer, Message } from 'rocketmq-core';
import {
  CONSUME_MESSAGE_DIRECTLY,
  GET_CONSUMER_RUNNING_INFO,
  INVOKE_BROKER_TO_GET_CONSUMER_STATUS,
  INVOKE_BROKER_TO_RESET_OFFSET,
  parseJson,
} from 'rocketmq-core/protocol';
import { createRemotingClient, type RemotingClient } from 'rocketmq-core/remoting';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

let cluster: TestCluster;
let admin: RemotingClient;
let consumer: DefaultMQPushConsumer;
let producer: DefaultMQProducer;
let received: string[];
let fails: boolean;

async function open(serverSideReset = true): Promise<void> {
  cluster = await startCluster(['broker-a'], { useServerSideResetOffset: serverSideReset });
  admin = createRemotingClient();
  producer = Object.assign(new DefaultMQProducer('pg'), { namesrvAddr: cluster.nameServer });
  await producer.start();
  for (const body of ['one', 'two', 'three', 'four']) await producer.send(new Message('orders', 'TagA', body));
  received = [];
  fails = false;
  consumer = Object.assign(new DefaultMQPushConsumer('cg'), {
    namesrvAddr: cluster.nameServer,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    instanceName: 'member',
  });
  consumer.subscribe('orders', 'TagA || TagB');
  consumer.registerMessageListenerConcurrently(([message]) => {
    received.push(message!.text());
    if (fails) throw new Error('no stock left');
    return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
  });
  await consumer.start();
  await until(() => received.length === 4);
}

afterEach(async () => {
  await consumer.shutdown();
  await producer.shutdown();
  await admin.shutdown();
  await cluster.close();
});

const address = (): string => cluster.brokers[0]!.address;

async function clientId(): Promise<string> {
  const { body } = await admin.call(INVOKE_BROKER_TO_GET_CONSUMER_STATUS, address(), { topic: 'orders', group: 'cg' });
  return Object.keys((parseJson(body) as { consumerTable: Record<string, unknown> }).consumerTable)[0]!;
}

describe('a running push consumer', () => {
  it('tells its queues, settings, subscriptions and rates', async () => {
    await open();
    const header = { consumerGroup: 'cg', clientId: await clientId(), jstackEnable: false };
    const { body } = await admin.call(GET_CONSUMER_RUNNING_INFO, address(), header);
    const info = parseJson(body) as { mqTable: Map<unknown, unknown> } & Record<string, Record<string, unknown>>;
    expect(info.properties).toMatchObject({
      PROP_CLIENT_VERSION: 'V5_5_0',
      PROP_CONSUMEORDERLY: 'false',
      PROP_CONSUME_TYPE: 'CONSUME_PASSIVELY',
      PROP_NAMESERVER_ADDR: `${cluster.nameServer};`,
      PROP_THREADPOOL_CORE_SIZE: '20',
      PROP_CONSUMER_START_TIMESTAMP: expect.stringMatching(/^\d{13}$/),
      consumerGroup: 'cg',
      instanceName: 'member',
      pullBatchSize: '32',
    });
    const own = [...info.mqTable].filter(([queue]) => (queue as { topic: string }).topic === 'orders').map(([, state]) => state);
    expect(own).toHaveLength(4);
    for (const state of own) expect(state).toMatchObject({ droped: false, locked: false, lastPullTimestamp: expect.any(Number) });
    const total = (key: string): number => own.reduce<number>((sum, state) => sum + (state as Record<string, number>)[key]!, 0);
    expect([total('commitOffset'), total('cachedMsgCount')]).toEqual([4, 0]);
    expect(info['statusTable']!['orders']).toMatchObject({ consumeFailedMsgs: 0, consumeOKTPS: 4 / 60 });
    expect(info['subscriptionSet']).toEqual(
      expect.arrayContaining([expect.objectContaining({ topic: 'orders', subString: 'TagA || TagB', tagsSet: ['TagA', 'TagB'] })]),
    );
  });

  it('consumes a message it is handed, and tells how that went', async () => {
    await open();
    const { offsetMsgId } = await producer.send(new Message('others', 'handed over'));
    const header = { consumerGroup: 'cg', clientId: await clientId(), msgId: offsetMsgId, topic: 'others' };
    const first = await admin.call(CONSUME_MESSAGE_DIRECTLY, address(), header);
    expect(received.at(-1)).toBe('handed over');
    expect(parseJson(first.body)).toMatchObject({ autoCommit: true, consumeResult: 'CR_SUCCESS', order: false });
    fails = true;
    const second = await admin.call(CONSUME_MESSAGE_DIRECTLY, address(), header);
    expect(parseJson(second.body)).toMatchObject({ consumeResult: 'CR_THROW_EXCEPTION', remark: 'no stock left' });
  });

  it.each([true, false])('begins again where an administrator sets its offsets (told by the broker: %s)', async (serverSide) => {
    await open(serverSide);
    received.length = 0;
    const { code } = await admin.invoke(INVOKE_BROKER_TO_RESET_OFFSET, address(), {
      topic: 'orders',
      group: 'cg',
      timestamp: 0,
      isForce: true,
    });
    expect(code).toBe(0);
    await until(() => received.length === 4);
    expect(received.toSorted()).toEqual(['four', 'one', 'three', 'two']);
  });
});
