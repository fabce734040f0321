// Hooks around sends, deliveries and ends of transactions, and the message trace made with them.
import {
  ConsumeConcurrentlyStatus,
  type ConsumeMessageContext,
  DefaultLitePullConsumer,
  DefaultMQProducer,
  DefaultMQPushConsumer,
  Message,
  type MessageExt,
  type PushConsumerOptions,
  type SendMessageContext,
  TransactionMQProducer,
} from 'rocketmq-core';
import { decodeMessages, encodeRecallHandle } from 'rocketmq-core/message';
import { BrokerClient } from '../support/broker-client.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

const TRACE_TOPIC = 'RMQ_SYS_TRACE_TOPIC';

let cluster: TestCluster;
const open: Array<{ shutdown(): Promise<void> }> = [];

async function started<C extends { start(): Promise<void>; shutdown(): Promise<void> }>(client: C): Promise<C> {
  await client.start();
  open.push(client);
  return client;
}

function consumerOf(
  settings: PushConsumerOptions,
  listen: (message: MessageExt) => ConsumeConcurrentlyStatus | undefined,
): DefaultMQPushConsumer {
  const consumer = new DefaultMQPushConsumer({
    namesrvAddr: cluster.nameServer,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    ...settings,
  });
  consumer.subscribe('orders', '*');
  consumer.registerMessageListenerConcurrently(([message]) => listen(message!));
  return consumer;
}

/** The records in a trace topic, as fields. */
async function tracesIn(topic: string): Promise<string[][]> {
  const client = new BrokerClient(cluster.brokers[0]!.address);
  try {
    const records: string[][] = [];
    for (let queueId = 0; queueId < 4; queueId++) {
      const response = await client.pull({ topic, queueId });
      for (const message of response.code === 0 ? decodeMessages(response.body) : []) {
        records.push(...message.text().split('\u0002').slice(0, -1).map((record) => record.split('\u0001'))); // prettier-ignore
      }
    }
    return records;
  } finally {
    await client.close();
  }
}

beforeEach(async () => {
  cluster = await startCluster(['broker-a'], { traceTopicEnable: true });
});
afterEach(async () => {
  for (const client of open.splice(0).toReversed()) await client.shutdown();
  await cluster.close();
});

describe('hooks', () => {
  it('see each attempt of a send with its outcome; one that throws changes nothing', async () => {
    const seen: Array<Pick<SendMessageContext, 'messageType' | 'oneway'> & { status: string | undefined; failed: boolean }> = [];
    const lines: string[] = [];
    const producer = await started(
      new DefaultMQProducer({
        producerGroup: 'pg',
        namesrvAddr: cluster.nameServer,
        logger: { debug() {}, info() {}, error() {}, warn: (line) => void lines.push(line) },
        sendMessageHooks: [
          {
            hookName: 'broken',
            sendMessageBefore: () => {
              throw new Error('a bug in a hook');
            },
          },
          { hookName: 'slow', sendMessageBefore: () => Promise.reject(new Error('a bug, later')) as never },
          {
            hookName: 'notes',
            sendMessageAfter: ({ messageType, oneway, sendResult, exception }) =>
              void seen.push({ messageType, oneway, status: sendResult?.sendStatus, failed: exception !== undefined }),
          },
        ],
      }),
    );
    await producer.send(new Message('orders', 'A', 'x'));
    await producer.send(new Message({ topic: 'orders', body: 'x', delayTimeLevel: 1 }));
    await producer.sendOneway(new Message('orders', 'A', 'x'));
    const nowhere = { topic: 'orders', brokerName: 'broker-a', queueId: 99 };
    await expect(producer.send(new Message('orders', 'A', 'x'), nowhere)).rejects.toThrow('queueId[99]');
    expect(seen).toEqual([
      { messageType: 'NORMAL', oneway: false, status: 'SEND_OK', failed: false },
      { messageType: 'DELAY', oneway: false, status: 'SEND_OK', failed: false },
      { messageType: 'NORMAL', oneway: true, status: undefined, failed: false },
      { messageType: 'NORMAL', oneway: false, status: undefined, failed: true },
    ]);
    expect(lines).toContain('hook broken failed: a bug in a hook');
    expect(lines).toContain('hook slow failed: a bug, later');
  });

  it('see how each call of a listener ended, and take messages out before it', async () => {
    const producer = await started(new DefaultMQProducer({ producerGroup: 'pg', namesrvAddr: cluster.nameServer }));
    for (const text of ['good', 'nothing', 'throws', 'later', 'filtered']) await producer.send(new Message('orders', text, text));
    const ends = new Map<string, Pick<ConsumeMessageContext, 'success' | 'returnType'>>();
    const called: string[] = [];
    const consumer = await started(
      consumerOf(
        {
          consumerGroup: 'cg',
          maxReconsumeTimes: 0,
          consumeMessageHooks: [
            {
              hookName: 'notes',
              consumeMessageAfter: ({ messages, success, returnType }) => void ends.set(messages[0]!.text(), { success, returnType }),
            },
          ],
          filterMessageHooks: [
            {
              hookName: 'no filtered',
              filterMessage: (context) => void (context.messages = context.messages.filter(({ tags }) => tags !== 'filtered')),
            },
          ],
        },
        (message) => {
          called.push(message.text());
          if (message.text() === 'throws') throw new Error('no');
          if (message.text() === 'nothing') return undefined;
          return message.text() === 'good' ? ConsumeConcurrentlyStatus.CONSUME_SUCCESS : ConsumeConcurrentlyStatus.RECONSUME_LATER;
        },
      ),
    );
    await until(() => ends.size >= 4);
    expect(Object.fromEntries(ends)).toEqual({
      good: { success: true, returnType: 'SUCCESS' },
      nothing: { success: false, returnType: 'RETURNNULL' },
      throws: { success: false, returnType: 'EXCEPTION' },
      later: { success: false, returnType: 'FAILED' },
    });
    expect(called).not.toContain('filtered');
    expect(consumer.droppedTraces).toBe(0);
  });
});

describe('message trace', () => {
  it('tells of a message from its sender to its listener', async () => {
    const producer = await started(new DefaultMQProducer({ producerGroup: 'pg', namesrvAddr: cluster.nameServer, enableTrace: true }));
    const sent = await producer.send(new Message('orders', 'paid', 'order-1 parcel-7', 'hello'));
    const received: string[] = [];
    const consumer = await started(
      consumerOf({ consumerGroup: 'cg', enableTrace: true }, (message) => {
        received.push(message.msgId);
        return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
      }),
    );
    await until(() => received.length === 1);
    for (const client of open.splice(0).toReversed()) await client.shutdown();
    const traces = await tracesIn(TRACE_TOPIC);
    const [pub] = traces.filter(([type]) => type === 'Pub');
    const [broker] = cluster.brokers;
    const number = expect.stringMatching(/^\d+$/) as string;
    // prettier-ignore
    expect(pub).toEqual([
      'Pub', number, 'DefaultRegion', 'pg', 'orders', sent.msgId, 'paid', 'order-1 parcel-7', broker!.address, '5', number, '0', sent.offsetMsgId, 'true',
    ]);
    const [before] = traces.filter(([type]) => type === 'SubBefore');
    const requestId = before![4];
    expect(before).toEqual(['SubBefore', number, 'DefaultRegion', 'cg', requestId, sent.msgId, '0', 'order-1 parcel-7']);
    const after = traces.filter(([type]) => type === 'SubAfter');
    expect(after).toEqual([['SubAfter', requestId, sent.msgId, number, 'true', 'order-1 parcel-7', '0', number, 'cg']]);
    expect(traces).toHaveLength(3);
    expect([producer.droppedTraces, consumer.droppedTraces]).toEqual([0, 0]);
  });

  it('tells of what a pull consumer polls', async () => {
    const producer = await started(new DefaultMQProducer({ producerGroup: 'pg', namesrvAddr: cluster.nameServer }));
    const sent = await producer.send(new Message('orders', 'paid', 'order-1', 'hello'));
    const consumer = new DefaultLitePullConsumer({ consumerGroup: 'till', namesrvAddr: cluster.nameServer, enableTrace: true });
    consumer.subscribe('orders', '*');
    await started(consumer);
    const polled: string[] = [];
    while (polled.length === 0) polled.push(...(await consumer.poll()).map((message) => message.msgId));
    expect([polled, consumer.droppedTraces]).toEqual([[sent.msgId], 0]);
    for (const client of open.splice(0).toReversed()) await client.shutdown();
    const traces = await tracesIn(TRACE_TOPIC);
    const number = expect.stringMatching(/^\d+$/) as string;
    const [before, after] = traces;
    expect(traces).toHaveLength(2);
    expect(before).toEqual(['SubBefore', number, 'DefaultRegion', 'till', before![4], sent.msgId, '0', 'order-1']);
    expect(after).toEqual(['SubAfter', before![4], sent.msgId, number, 'true', 'order-1', '0', number, 'till']);
  });

  it('goes to a topic of its own where one is named, and tells of transactions', async () => {
    const producer = await started(
      new TransactionMQProducer({
        producerGroup: 'pg',
        namesrvAddr: cluster.nameServer,
        enableTrace: true,
        traceTopic: 'MyTraces',
        transactionListener: { executeLocalTransaction: () => 'COMMIT_MESSAGE', checkLocalTransaction: () => 'UNKNOW' },
      }),
    );
    const sent = await producer.sendMessageInTransaction(new Message('orders', 'paid', 'order-1', 'hello'));
    for (const client of open.splice(0).toReversed()) await client.shutdown();
    const traces = await tracesIn('MyTraces');
    expect(traces.map(([type]) => type)).toEqual(['Pub', 'EndTransaction']);
    expect(traces[0]![11]).toBe('1');
    expect(traces[1]!.slice(3)).toEqual([
      'pg',
      'orders',
      sent.msgId,
      'paid',
      'order-1',
      cluster.brokers[0]!.address,
      '2',
      sent.transactionId ?? 'null',
      'COMMIT_MESSAGE',
      'false',
    ]);
    expect(await tracesIn(TRACE_TOPIC)).toEqual([]);
  });

  it('tells of recalls, of those that are refused too', async () => {
    await cluster.close();
    cluster = await startCluster(['broker-a'], { traceTopicEnable: true, recallMessageEnable: true });
    const namespace = 'tenant';
    const producer = await started(
      new DefaultMQProducer({ producerGroup: 'pg', namesrvAddr: cluster.nameServer, enableTrace: true, namespace }),
    );
    const { msgId, recallHandle } = await producer.send(new Message({ topic: 'orders', body: 'x', delayTimeSec: 60 }));
    await producer.recallMessage('orders', recallHandle!);
    const late = encodeRecallHandle({ topic: 'tenant%orders', brokerName: 'broker-a', timestamp: '1', messageId: 'LATE' });
    await expect(producer.recallMessage('orders', late)).rejects.toThrow('timestamp invalid');
    for (const client of open.splice(0).toReversed()) await client.shutdown();
    const traces = (await tracesIn(TRACE_TOPIC)).filter(([type]) => type === 'Recall');
    expect(traces).toEqual([
      ['Recall', expect.stringMatching(/^\d{13}$/), 'DefaultRegion', 'pg', 'orders', msgId, 'true'],
      ['Recall', expect.stringMatching(/^\d{13}$/), 'DefaultRegion', 'pg', 'orders', 'LATE', 'false'],
    ]);
  });

  it('says nothing where the broker does not want it', async () => {
    await cluster.close();
    cluster = await startCluster(['broker-a'], { traceTopicEnable: true, traceOn: false, recallMessageEnable: true });
    const producer = await started(new DefaultMQProducer({ producerGroup: 'pg', namesrvAddr: cluster.nameServer, enableTrace: true }));
    expect((await producer.send(new Message('orders', 'paid', 'hello'))).traceOn).toBe(false);
    const { recallHandle } = await producer.send(new Message({ topic: 'orders', body: 'x', delayTimeSec: 60 }));
    await producer.recallMessage('orders', recallHandle!);
    for (const client of open.splice(0).toReversed()) await client.shutdown();
    expect(await tracesIn(TRACE_TOPIC)).toEqual([]);
  });
});
