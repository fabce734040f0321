// What a template with springHeaders puts on the wire, row by row against what rocketmq-spring 2.3.5 was measured to put there: every
// property of the stored record, no more and no less. Must never read a record in another way than by offset.
import { Module } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type Message,
  MessageBuilder,
  MessageExt,
  RocketMQLocalTransactionState,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQTemplate,
  RocketMQTransactionListener,
  type SendResult,
} from 'nest-rocketmq';
import type { DefaultMQPushConsumer } from 'rocketmq-core';
import { SystemClock } from 'rocketmq-core/common';
import { BrokerClient } from '../support/broker-client.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

const TEXT = 'text/plain;charset=UTF-8';
const TOPIC = 'wire';
const GROUP = 'wire-group';
const UUID = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const MILLIS = expect.stringMatching(/^\d{13}$/);
const UNIQUE = expect.stringMatching(/^[0-9A-F]{32}$/);

/** What Spring, the client and the broker add to every message. */
const SPRINGS = { id: UUID, timestamp: MILLIS, UNIQ_KEY: UNIQUE, WAIT: 'true' };
const BROKERS = { CLUSTER: 'DefaultCluster', MSG_REGION: 'DefaultRegion', TRACE_ON: 'true' };
const base = (contentType: string) => ({ ...SPRINGS, ...BROKERS, contentType });

const withHeaders = (headers: Record<string, unknown>): Message<string> => MessageBuilder.createMessage('x', headers);
const propertiesOf = (message: MessageExt): Record<string, string> => Object.fromEntries(message.properties);

let cluster: TestCluster;
let app: INestApplicationContext;
let template: RocketMQTemplate;
let eye: BrokerClient;
const transactions: Array<[string, Message<Buffer>]> = [];
const failures: MessageExt[] = [];

@RocketMQMessageListener({ topic: 'wire-retry', consumerGroup: GROUP, maxReconsumeTimes: 1, delayLevelWhenNextConsume: 1 })
class Failing {
  onMessage(message: MessageExt): void {
    failures.push(message);
    throw new Error('on purpose');
  }
  prepareStart(consumer: DefaultMQPushConsumer): void {
    consumer.pollNameServerInterval = 200;
  }
}

@RocketMQMessageListener({ topic: 'wire-ask', consumerGroup: 'wire-answers', messageType: String })
class Answers {
  onRequest(text: string): string {
    return `${text} answered`;
  }
  prepareStart(consumer: DefaultMQPushConsumer): void {
    consumer.pollNameServerInterval = 200;
  }
}

@RocketMQTransactionListener()
class Transactions {
  executeLocalTransaction(message: Message<Buffer>, arg: unknown): RocketMQLocalTransactionState {
    transactions.push(['execute', message]);
    return arg as RocketMQLocalTransactionState;
  }
  checkLocalTransaction(message: Message<Buffer>): RocketMQLocalTransactionState {
    transactions.push(['check', message]);
    return RocketMQLocalTransactionState.COMMIT;
  }
}

beforeAll(async () => {
  cluster = await startCluster(['broker-a'], { transactionTimeOut: 100, transactionCheckInterval: 100 });
  eye = new BrokerClient(cluster.brokers[0]!.address);
  @Module({
    imports: [RocketMQModule.forRoot({ nameServer: cluster.nameServer, producer: { group: GROUP, springHeaders: true } })],
    providers: [Failing, Answers, Transactions],
  })
  class AppModule {}
  app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  template = app.get(RocketMQTemplate);
});
afterAll(async () => {
  await app?.close();
  await eye?.close();
  await cluster?.close();
});

/** The record a send made, read back by its place in the log (request 33). */
const recordOf = (result: SendResult): Promise<MessageExt> =>
  template.getProducer().viewMessage(result.messageQueue.topic, result.offsetMsgId.split(',')[0]!);

/** Every message of a topic, as it lies in its queues. */
async function stored(topic: string): Promise<MessageExt[]> {
  const queues = await Promise.all([0, 1, 2, 3].map((queueId) => eye.messages({ topic, queueId })));
  return queues.flat();
}

/** The message of a topic that was sent with this result, once it lies there. */
async function delivered(topic: string, { msgId }: SendResult): Promise<MessageExt> {
  const found = async () => (await stored(topic)).find((message) => message.properties.get('UNIQ_KEY') === msgId);
  await until(async () => (await found()) !== undefined);
  return (await found())!;
}

describe('a message as rocketmq-spring sends it', () => {
  const REQUEST = { CORRELATION_ID: UUID, REPLY_TO_CLIENT: expect.stringMatching(/@/), TTL: '8000' };
  const rows: Array<[kind: string, send: () => Promise<SendResult>, properties: object, record?: Partial<MessageExt>]> = [
    ['text', () => template.syncSend(TOPIC, 'text'), base(TEXT), { flag: 0, sysFlag: 0 }],
    ['object', () => template.syncSend(TOPIC, { id: 1 }), base('application/json')],
    ['byte[]', () => template.syncSend(TOPIC, Buffer.from('x')), base('application/octet-stream')],
    ['topic:tag', () => template.syncSend(`${TOPIC}:tag`, 'x'), { ...base(TEXT), TAGS: 'tag' }],
    [
      'KEYS and a user header',
      () => template.syncSend(TOPIC, withHeaders({ KEYS: 'k1 k2', 'x-user': 'u1' })),
      { ...base(TEXT), KEYS: 'k1 k2', 'x-user': 'u1' },
    ],
    ['KEYS as a list (adapted)', () => template.syncSend(TOPIC, withHeaders({ KEYS: ['p', 'q'] })), { ...base(TEXT), KEYS: 'p q' }],
    [
      'rocketmq_KEYS',
      () => template.syncSend(TOPIC, withHeaders({ rocketmq_KEYS: 'pk' })),
      { ...base(TEXT), KEYS: 'pk', rocketmq_KEYS: 'pk' },
    ],
    ['FLAG', () => template.syncSend(TOPIC, withHeaders({ FLAG: '7' })), base(TEXT), { flag: 7 }],
    ['WAIT_STORE_MSG_OK', () => template.syncSend(TOPIC, withHeaders({ WAIT_STORE_MSG_OK: 'false' })), { ...base(TEXT), WAIT: 'false' }],
    ['TRANSACTION_ID', () => template.syncSend(TOPIC, withHeaders({ TRANSACTION_ID: 'mine' })), { ...base(TEXT), TRANSACTION_ID: 'mine' }],
    ['a body over 4096 bytes', () => template.syncSend(TOPIC, '0123456789'.repeat(2000)), base(TEXT), { sysFlag: 0x300 }],
    ['syncSendOrderly', () => template.syncSendOrderly(TOPIC, 'x', 'ab'), base(TEXT), { queueId: 3105 % 4 }],
    ['asyncSendOrderly', () => template.asyncSendOrderly(TOPIC, 'x', 'ab'), base(TEXT), { queueId: 3105 % 4 }],
    ['a request', () => askAndFind('wire-ask'), { ...base(TEXT), ...REQUEST }],
  ];

  async function askAndFind(topic: string): Promise<SendResult> {
    await template.sendAndReceive(topic, 'question', String, 8000);
    const [request] = await stored(topic);
    return { messageQueue: { topic }, offsetMsgId: request!.offsetMsgId } as unknown as SendResult;
  }

  it.each(rows)('%s', async (_kind, send, properties, fields = {}) => {
    const record = await recordOf(await send());
    expect(propertiesOf(record)).toEqual(properties);
    expect(record).toMatchObject(fields);
  });

  it('carries a body over 4096 bytes in a record that is smaller', async () => {
    const record = await recordOf(await template.syncSend(TOPIC, '0123456789'.repeat(2000)));
    expect([record.body.length, record.storeSize < 700]).toEqual([20_000, true]);
  });

  it('has its three and the client’s two as an item of a batch, and none of the broker’s', async () => {
    const items = ['i1', 'i2'].map((key) => MessageBuilder.withPayload(key).setHeader('KEYS', key).build());
    const result = await template.syncSend('wire-batch:tag', items);
    const records = (await stored('wire-batch')).toSorted((a, b) => a.queueOffset - b.queueOffset);
    expect(records.map(propertiesOf)).toEqual(['i1', 'i2'].map((key) => ({ ...SPRINGS, contentType: TEXT, KEYS: key, TAGS: 'tag' })));
    expect(result.msgId).toBe(records.map((record) => record.properties.get('UNIQ_KEY')).join(','));
    expect(result.offsetMsgId).toBe(records.map((record) => record.offsetMsgId).join(','));
  });
});

describe('a delayed message as rocketmq-spring sends it', () => {
  const to = (kind: string): string => `wire-${kind}`;
  const real = (kind: string) => ({ REAL_TOPIC: to(kind), REAL_QID: expect.stringMatching(/^[0-3]$/) });

  it('waits and arrives with the delay level and its real place', async () => {
    const result = await template.syncSend(to('level'), withHeaders({}), 3000, 1);
    const scheduled = await recordOf(result);
    const properties = { ...base(TEXT), DELAY: '1', ...real('level') };
    expect([scheduled.topic, scheduled.queueId, propertiesOf(scheduled)]).toEqual(['SCHEDULE_TOPIC_XXXX', 0, properties]);
    const arrived = await delivered(to('level'), result);
    expect(propertiesOf(arrived)).toEqual(properties);
    expect(String(arrived.queueId)).toBe(scheduled.properties.get('REAL_QID'));
  });

  it('waits in the wheel with what was asked for, and arrives with when it went in and out', async () => {
    const moment = new SystemClock().now() + 1000;
    const kinds = [
      ['seconds', await template.syncSendDelayTimeSeconds(to('seconds'), 'x', 1), { TIMER_DELAY_SEC: '1' }],
      ['millis', await template.syncSendDelayTimeMills(to('millis'), 'x', 1500), { TIMER_DELAY_MS: '1500' }],
      ['moment', await template.syncSendDeliverTimeMills(to('moment'), 'x', moment), { TIMER_DELIVER_MS: String(moment) }],
    ] as const;
    for (const [kind, result, asked] of kinds) {
      const waiting = await recordOf(result);
      const properties = { ...base(TEXT), ...asked, TIMER_OUT_MS: MILLIS, ...real(kind) };
      expect([waiting.topic, waiting.queueId, propertiesOf(waiting)]).toEqual(['rmq_sys_wheel_timer', 0, properties]);
      const arrived = await delivered(to(kind), result);
      expect(propertiesOf(arrived)).toEqual({ ...properties, TIMER_ENQUEUE_MS: MILLIS, TIMER_DEQUEUE_MS: MILLIS });
    }
  });
});

describe('a transaction as rocketmq-spring sends it', () => {
  const sent = { ...base(TEXT), KEYS: 'k', TAGS: 'tag', TRAN_MSG: 'true', PGROUP: GROUP };

  it('is a half record first, then a committed one that remembers it; listeners see Spring’s headers', async () => {
    const committed = await template.sendMessageInTransaction('wire-tx:tag', withHeaders({ KEYS: 'k', 'x-user': 'u' }), 'COMMIT');
    const checked = await template.sendMessageInTransaction('wire-tx:tag', withHeaders({ KEYS: 'k', 'x-user': 'u' }), 'UNKNOWN');
    const records = [await delivered('wire-tx', committed), await delivered('wire-tx', checked)];
    const halves = await eye.messages({ topic: 'RMQ_SYS_TRANS_HALF_TOPIC' });
    const half = halves.find((message) => message.properties.get('UNIQ_KEY') === committed.msgId)!;
    const properties = { ...sent, 'x-user': 'u', __transactionId__: committed.msgId, UNIQ_KEY: committed.msgId };
    expect(propertiesOf(half)).toEqual({ ...properties, REAL_TOPIC: 'wire-tx', REAL_QID: expect.stringMatching(/^[0-3]$/) });
    expect([half.queueId, half.sysFlag]).toEqual([0, 0]);
    expect(propertiesOf(records[0]!)).toEqual(properties);
    expect([records[0]!.sysFlag, records[0]!.preparedTransactionOffset]).toEqual([8, half.commitLogOffset]);
    const after = { ...properties, __transactionId__: checked.msgId, UNIQ_KEY: checked.msgId, TRANSACTION_CHECK_TIMES: '1' };
    expect(propertiesOf(records[1]!)).toEqual(after);

    const heard = (step: string, id: string) =>
      transactions.find(([kind, { headers }]) => kind === step && headers['rocketmq_TRANSACTION_ID'] === id)![1].headers;
    const named = {
      rocketmq_TOPIC: 'wire-tx',
      rocketmq_TAGS: 'tag',
      rocketmq_KEYS: 'k',
      rocketmq_FLAG: 0,
      contentType: TEXT,
      'x-user': 'u',
    };
    const own = { id: UUID, timestamp: expect.any(Number) };
    expect(heard('execute', committed.msgId)).toEqual({
      ...named,
      ...own,
      rocketmq_TRANSACTION_ID: committed.msgId,
      __transactionId__: committed.msgId,
    });
    expect(heard('check', checked.msgId)).toEqual({
      ...named,
      ...own,
      rocketmq_TRANSACTION_ID: checked.msgId,
      __transactionId__: checked.msgId,
      TRANSACTION_CHECK_TIMES: '1',
      rocketmq_BORN_HOST: '127.0.0.1',
      rocketmq_BORN_TIMESTAMP: expect.any(Number),
      rocketmq_DELAY: 0,
      rocketmq_MESSAGE_ID: expect.any(String),
      rocketmq_QUEUE_ID: expect.any(Number),
      rocketmq_SYS_FLAG: expect.any(Number),
      rocketmq_WAIT: true,
    });
  });
});

describe('what comes back as with rocketmq-spring', () => {
  it('a reply has the properties of the exchange and none of Spring’s', async () => {
    const reply = await template.sendAndReceive('wire-ask', 'question', MessageExt, 8000);
    expect(reply.text()).toBe('question answered');
    expect(propertiesOf(reply)).toEqual({
      MSG_TYPE: 'reply',
      CORRELATION_ID: UUID,
      REPLY_TO_CLIENT: expect.stringMatching(/@/),
      TTL: '8000',
      UNIQ_KEY: UNIQUE,
      MSG_REGION: 'DefaultRegion',
      TRACE_ON: 'true',
      PUSH_REPLY_TIME: MILLIS,
      ARRIVE_TIME: MILLIS,
    });
    expect(reply.topic).toBe('DefaultCluster_REPLY_TOPIC');
  });

  it('a retry and a dead letter have the original’s and where they come from', async () => {
    const result = await template.syncSend('wire-retry:tag', withHeaders({ KEYS: 'k' }));
    await until(() => failures.length >= 2);
    expect(failures.map((message) => [message.topic, message.reconsumeTimes, message.msgId])).toEqual([
      ['wire-retry', 0, result.msgId],
      ['wire-retry', 1, result.msgId],
    ]);
    const properties = {
      ...base(TEXT),
      KEYS: 'k',
      TAGS: 'tag',
      WAIT: 'false',
      ORIGIN_MESSAGE_ID: result.offsetMsgId,
      RETRY_TOPIC: 'wire-retry',
      REAL_TOPIC: `%RETRY%${GROUP}`,
      REAL_QID: '0',
    };
    const retried = await delivered(`%RETRY%${GROUP}`, result);
    expect(propertiesOf(retried)).toEqual({ ...properties, DELAY: '1' });
    expect(retried.reconsumeTimes).toBe(1);
    const dead = await delivered(`%DLQ%${GROUP}`, result);
    expect(propertiesOf(dead)).toEqual({ ...properties, DELAY: '0' });
    expect([dead.queueId, dead.reconsumeTimes]).toEqual([0, 2]);
  });
});

describe('what rocketmq-spring only logs', () => {
  it('a pull consumer that is refused fails the boot', async () => {
    @Module({
      imports: [
        RocketMQModule.forRoot({
          nameServer: cluster.nameServer,
          pullConsumer: { group: 'refused', topic: TOPIC, selectorType: 'SQL92', selectorExpression: 'a > 1' },
        }),
      ],
    })
    class AppModule {}
    const boot = NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    await expect(boot).rejects.toThrow('The broker does not support consumer to filter message by SQL92');
  });
});
