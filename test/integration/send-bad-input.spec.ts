// Sends that cannot be meant so: levels and batches nobody can deliver. Apache's code, a text that says what is wrong, nothing stored, nothing lost.
import { runInNewContext } from 'node:vm';
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

  it('what waits at a level that the table no longer has comes when its time has come', async () => {
    const clock = new ManualClock();
    await open({ config: { messageDelayLevel: '1s 5s 20s' }, overrides: { clock } });
    for (const DELAY of ['2', '3']) expect((await client.send(TOPIC, DELAY, { properties: { DELAY } })).code).toBe(0);
    await client.close();
    await broker.stop();
    await open({ directory: broker.directory, config: { messageDelayLevel: '1s 5s' }, overrides: { clock } });
    await clock.advance(6000);
    await until(async () => (await bodies()).length === 1);
    await clock.advance(13_000);
    expect(await bodies()).toEqual(['2']);
    await clock.advance(2000);
    await until(async () => (await bodies()).length === 2);
    expect(await bodies()).toEqual(['2', '3']);
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

  it('says which message of a batch it is about, and checks a list that is split before it sends the first part', async () => {
    const large = (init: object = {}): Message => member({ topic: 'parted', body: Buffer.alloc(3_000_000), ...init });
    await expect(producer.send([member(), member({ topic: 'others' })])).rejects.toThrow(
      'should be the same, found others after orders (message 1 of 2, counted from 0)',
    );
    await expect(producer.send([large(), large()])).rejects.toThrow(
      /MAX: 4194304, found 60001\d\d bytes in a batch of 2: send with splitBatches/,
    );
    const last = [large(), large(), large({ delayTimeLevel: 2 })];
    await expect(producer.send(last, { splitBatches: true })).rejects.toThrow(
      'not supported for batching (message 2 of 3, counted from 0)',
    );
    await expect(producer.fetchPublishMessageQueues('parted')).rejects.toMatchObject({ code: 'RMQ_NO_ROUTE' });
    const huge = member({ topic: 'parted', body: Buffer.alloc(4_194_305) });
    await expect(producer.send(huge)).rejects.toThrow('MAX: 4194304, found 4194305 bytes');
  });

  it.each<[string, () => unknown, string]>([
    ['a number as tag', () => member({ tags: 5 }), 'TAGS must be text, found number: give String(value)'],
    ['a number as key', () => member({ keys: 5 }), 'keys must be text, found number'],
    ['numbers as keys', () => member({ keys: ['a', 2] }), 'keys must be text, found number'],
    ['a number as property', () => member({ properties: { amount: 3 } }), 'property amount must be text, found number'],
    ['a blank property', () => member({ properties: { note: ' ' } }), 'can not be null or blank string! (property "note")'],
    [
      'an object as body',
      () => member({ body: { order: 1 } }),
      'body of a message to orders must be text or bytes, found object: give JSON.stringify',
    ],
    ['a level beyond an int', () => member({ delayTimeLevel: 2 ** 40 }), 'delayTimeLevel 1099511627776 is no level'],
    ['no topic', () => member({ topic: 5 }), 'The specified topic is blank'],
    ['no Message', () => ({ topic: TOPIC, body: Buffer.from('x') }), 'is no Message: make one by new Message({ topic, body })'],
  ])('refuses %s in words of its own', async (_what, make, text) => {
    const sending = Promise.resolve()
      .then(make)
      .then((message) => producer.send(message as Message));
    await expect(sending).rejects.toBeInstanceOf(IllegalMessageError);
    await expect(sending).rejects.toThrow(text);
  });

  it('takes bytes and properties of another realm, as tests that run in one of their own make them', async () => {
    const message = member({ topic: 'realms' });
    Object.assign(message, { body: runInNewContext('new Uint8Array([1, 2])') });
    const properties = runInNewContext('new Map()') as Map<string, string>;
    Object.assign(message, { properties });
    expect((await producer.send(message)).sendStatus).toBe('SEND_OK');
    expect(properties.has('UNIQ_KEY')).toBe(true);
  });

  it('asks for messages of whatever topic a broker may have, as Java does', async () => {
    for (const topic of ['%RETRY%group+orders', 'a b']) {
      await expect(producer.queryMessage(topic, 'k')).rejects.toMatchObject({ code: 'RMQ_NO_ROUTE' });
      await expect(producer.viewMessage(topic, 'id')).rejects.toMatchObject({ code: 'RMQ_NO_ROUTE' });
    }
  });

  it('sends once, whatever became of the number of retries since its start', async () => {
    const { retryTimesWhenSendFailed } = producer;
    for (const retries of [-1, Number.NaN, 'x']) {
      producer.retryTimesWhenSendFailed = retries as number;
      expect((await producer.send(member({ topic: 'retries' }))).sendStatus).toBe('SEND_OK');
    }
    producer.retryTimesWhenSendFailed = retryTimesWhenSendFailed;
  });

  it.each([undefined, null, 5])('says that %p is no recall handle', async (handle) => {
    await expect(producer.recallMessage(TOPIC, handle as never)).rejects.toThrow(/there is no recall handle: only sends with any time/);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['no key', () => producer.queryMessage(TOPIC, undefined as never), 'a query needs a key, found undefined'],
    ['a blank key', () => producer.queryMessage(TOPIC, ' '), 'a query needs a key, found a blank'],
    ['a date', () => producer.queryMessage(TOPIC, 'k', 1, new Date() as never), 'is no integer up to 9007199254740991'],
    ['an endless end', () => producer.queryMessage(TOPIC, 'k', 1, 0, Infinity), 'end Infinity of a query is no integer'],
    ['too many', () => producer.queryMessage(TOPIC, 'k', 1e12), 'maxNum 1000000000000 of a query is no integer up to 2147483647'],
    ['no id', () => producer.viewMessage(TOPIC, undefined as never), 'a query needs a msgId, found undefined'],
    ['no topic', () => producer.viewMessage(undefined as never, 'id'), 'The specified topic is blank'],
  ])('refuses a query with %s without asking a broker', async (_what, query, text) => {
    const asked = query();
    await expect(asked).rejects.toBeInstanceOf(IllegalMessageError);
    await expect(asked).rejects.toThrow(text);
  });
});
