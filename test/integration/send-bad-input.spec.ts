// Sends that cannot be meant so: levels and batches nobody can deliver. Apache's code, a text that says what is wrong, nothing stored, nothing lost.
import { DefaultMQProducer, IllegalMessageError, Message } from 'rocketmq-core';
import { ManualClock } from 'rocketmq-core/common';
import { encodeBatch } from 'rocketmq-core/message';
import { SEND_BATCH_MESSAGE } from 'rocketmq-core/protocol';
import { startBroker, type TestBroker, type TestBrokerOptions } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';

const HIGHEST_MS = 20_000;
const TOPIC = 'orders';

describe('a broker, asked by a client that checks nothing', () => {
  let broker: TestBroker;
  let client: BrokerClient;

  async function open(options: TestBrokerOptions = {}): Promise<void> {
    broker = await startBroker(options);
    client = new BrokerClient(broker.address);
  }
  afterEach(async () => {
    await client?.close();
    await broker?.close();
  });

  const bodies = async (): Promise<string[]> =>
    (await client.messages({ topic: TOPIC, offset: 0 })).map(({ body }) => Buffer.from(body).toString());

  it.each(['soon', '1.5', '1e1', ' 1', '2147483648', '-2147483649'])('a delay level %j is refused, not delivered early', async (DELAY) => {
    await open();
    expect((await client.send(TOPIC, 'before')).code).toBe(0);
    expect(await client.send(TOPIC, 'x', { properties: { DELAY } })).toMatchObject({
      code: 1,
      remark: `delay level "${DELAY}" is no integer: give DELAY 0 for at once, 1 and up for a level`,
    });
    expect((await client.send(TOPIC, 'after')).code).toBe(0);
    expect(await bodies()).toEqual(['before', 'after']);
    expect((await client.pull({ topic: 'SCHEDULE_TOPIC_XXXX' })).code).not.toBe(0);
  });

  it('a level below 1 means at once, one above the highest the highest', async () => {
    const clock = new ManualClock();
    await open({ config: { messageDelayLevel: '1s 20s' }, overrides: { clock } });
    for (const DELAY of ['0', '-3']) expect((await client.send(TOPIC, DELAY, { properties: { DELAY } })).code).toBe(0);
    for (const DELAY of ['3', '2147483647']) expect((await client.send(TOPIC, DELAY, { properties: { DELAY } })).code).toBe(0);
    expect(await bodies()).toEqual(['0', '-3']);
    await clock.advance(HIGHEST_MS - 1000);
    expect(await bodies()).toEqual(['0', '-3']);
    await clock.advance(2000);
    await until(async () => (await bodies()).length === 4);
    const late = (await client.messages({ topic: TOPIC, offset: 2 })).map(({ properties }) => properties.get('DELAY'));
    expect(late).toEqual(['2', '2']);
  });

  it.each([
    ['a delay level', { DELAY: '3' }, 13, 'a batch holds no delayed or transactional messages'],
    ['a level that is none', { DELAY: 'x' }, 1, 'delay level "x" is no integer: give DELAY 0 for at once, 1 and up for a level'],
    ['a timer', { TIMER_DELAY_SEC: '5' }, 13, 'a batch holds no delayed or transactional messages'],
    ['a half message', { TRAN_MSG: 'true' }, 13, 'a batch holds no delayed or transactional messages'],
  ])('a batch with %s among its members is refused as a whole', async (_what, properties, code, remark) => {
    await open();
    expect((await client.send(TOPIC, 'before')).code).toBe(0);
    const members = [{}, properties, {}].map((each, i) => ({
      flag: 0,
      body: Buffer.from(`m${i}`),
      properties: new Map(Object.entries(each as Record<string, string>)),
    }));
    const header = { producerGroup: 'pg', topic: TOPIC, defaultTopic: 'TBW102', defaultTopicQueueNums: 4, queueId: 0 };
    const rest = { sysFlag: 0, bornTimestamp: 1, flag: 0, properties: '', batch: true };
    const answer = await client.remoting.invoke(SEND_BATCH_MESSAGE, broker.address, { ...header, ...rest }, { body: encodeBatch(members) });
    expect(answer).toMatchObject({ code, remark });
    expect(await bodies()).toEqual(['before']);
  });
});

describe('a producer', () => {
  let cluster: TestCluster;
  let producer: DefaultMQProducer;

  beforeAll(async () => {
    cluster = await startCluster();
    producer = new DefaultMQProducer('pg', { namesrvAddr: cluster.nameServer });
    await producer.start();
  });
  afterAll(async () => {
    await producer?.shutdown();
    await cluster?.close();
  });

  const member = (init: object = {}): Message => new Message({ topic: TOPIC, body: 'm', ...init });

  const impatient = (): Message => Object.assign(member(), { waitStoreMsgOK: false });

  it.each([
    ['of several topics', [member(), member({ topic: 'others' })], 'The topic of the messages in one batch should be the same'],
    ['with a delay level', [member(), member({ delayTimeLevel: 3 })], 'TimeDelayLevel is not supported for batching'],
    ['with a timer', [member({ delayTimeSec: 5 }), member()], 'Timers are not supported for batching'],
    ['for a retry topic', [member({ topic: '%RETRY%g' })], 'Retry Group is not supported for batching'],
    ['with different waitStoreMsgOK', [member(), impatient()], 'The waitStoreMsgOK of the messages in one batch'],
    ['with an empty member', [member(), member({ body: '' })], 'the message body length is zero'],
    ['of nothing', [], 'a batch needs at least one message'],
  ])('refuses a batch %s before it sends anything', async (_what, batch, text) => {
    for (const options of [{}, { splitBatches: true }]) {
      const refusal = producer.send(batch, options);
      await expect(refusal).rejects.toBeInstanceOf(IllegalMessageError);
      await expect(refusal).rejects.toThrow(text);
    }
    await expect(producer.fetchPublishMessageQueues(TOPIC)).rejects.toMatchObject({ code: 'RMQ_NO_ROUTE' });
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses the delay level %d where it is written', (delayTimeLevel) => {
    expect(() => member({ delayTimeLevel })).toThrow(IllegalMessageError);
    expect(() => member({ delayTimeLevel })).toThrow(`delayTimeLevel ${delayTimeLevel} is no level`);
  });
});
