// SQL92 filters as a client sees them on the wire: registered or brought along, held pulls, refusals, the file, a restart.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ManualClock, SystemClock } from 'rocketmq-core/common';
import { decodeMessages } from 'rocketmq-core/message';
import {
  CHECK_CLIENT_CONFIG,
  encodeCheckClientRequest,
  encodeHeartbeatData,
  HEART_BEAT,
  PULL_MESSAGE,
  UNREGISTER_CLIENT,
} from 'rocketmq-core/protocol';
import { startBroker, type TestBroker } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';
import { until } from '../support/until.js';

const SUSPEND = 2;
const OWN_SUBSCRIPTION = 4;

let broker: TestBroker;
let client: BrokerClient;

async function open(config: object = { enablePropertyFilter: true }, directory?: string, clock?: ManualClock): Promise<void> {
  broker = await startBroker({
    config,
    ...(directory === undefined ? {} : { directory }),
    ...(clock === undefined ? {} : { overrides: { clock } }),
  });
  client = new BrokerClient(broker.address);
}

afterEach(async () => {
  await client.close();
  await broker.close();
});

interface Wish {
  offset?: number;
  /** The request brings this; else the group's is meant. */
  own?: string;
  version?: number;
  holdMs?: number;
  topic?: string;
  group?: string;
  expressionType?: string;
}

function pull({ offset = 0, own, version = 5, holdMs, topic = 'orders', group = 'cg', expressionType = 'SQL92' }: Wish = {}) {
  return client.remoting.invoke(
    PULL_MESSAGE,
    broker.address,
    {
      consumerGroup: group,
      topic,
      queueId: 0,
      queueOffset: offset,
      maxMsgNums: 32,
      sysFlag: (own === undefined ? 0 : OWN_SUBSCRIPTION) | (holdMs === undefined ? 0 : SUSPEND),
      commitOffset: 0,
      suspendTimeoutMillis: holdMs ?? 0,
      subscription: own,
      subVersion: version,
      expressionType,
    },
    { timeoutMs: 30_000 },
  );
}

const bodies = (body: Uint8Array): string[] => decodeMessages(body).map((message) => message.text());

function subscription(topic: string, subString: string, subVersion = 5, expressionType = 'SQL92') {
  return { topic, subString, subVersion, tagsSet: [], codeSet: [], expressionType, classFilterMode: false };
}

function heartbeat(group: string, ...subscriptionDataSet: Array<ReturnType<typeof subscription>>) {
  const body = encodeHeartbeatData({
    clientID: '10.0.0.9@sql',
    producerDataSet: [],
    consumerDataSet: [
      {
        groupName: group,
        consumeType: 'CONSUME_PASSIVELY',
        messageModel: 'CLUSTERING',
        consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
        subscriptionDataSet,
        unitMode: false,
      },
    ],
    heartbeatFingerprint: 0,
    withoutSub: false,
  });
  return client.remoting.invoke(HEART_BEAT, broker.address, {}, { body });
}

function check(subString: string, expressionType = 'SQL92') {
  const body = encodeCheckClientRequest({
    clientId: '10.0.0.9@sql',
    group: 'cg',
    namespace: undefined,
    subscriptionData: subscription('orders', subString, 5, expressionType),
  });
  return client.remoting.invoke(CHECK_CLIENT_CONFIG, broker.address, {}, { body });
}

async function send(amount: string | undefined, body = `m-${amount}`, extra: Record<string, string> = {}): Promise<void> {
  const properties = amount === undefined ? extra : { ...extra, amount };
  expect((await client.send('orders', body, { properties })).code).toBe(0);
}

describe('pulls', () => {
  it('of a registered filter get what matches, and go on behind what does not', async () => {
    await open();
    for (const amount of ['50', '150', 'much', undefined, '99', '200']) await send(amount);
    expect((await pull({ own: '*', expressionType: 'TAG' })).header!.maxOffset).toBe(6);
    expect((await heartbeat('cg', subscription('orders', 'amount > 100'))).code).toBe(0);
    const found = await pull();
    expect([found.code, bodies(found.body), found.header!.nextBeginOffset]).toEqual([0, ['m-150', 'm-200'], 6]);
    const nothing = await pull({ offset: 2, own: 'amount > 1000' });
    expect([nothing.code, nothing.remark, nothing.header!.nextBeginOffset]).toEqual([20, 'NO_MATCHED_MESSAGE', 6]);
    expect(bodies((await pull({ own: 'amount IS NULL' })).body)).toEqual(['m-undefined']);
    expect(bodies((await pull({ own: "TAGS = 'x' OR amount = 50" })).body)).toEqual(['m-50']);
  });

  it('take what the group registers next, and refuse versions the broker does not have', async () => {
    await open();
    for (const amount of ['50', '150']) await send(amount);
    expect((await pull()).code).toBe(24);
    await heartbeat('cg', subscription('orders', 'amount > 100'));
    expect((await pull({ version: 6 })).code).toBe(25);
    await heartbeat('cg', subscription('orders', 'amount < 100', 6));
    expect(bodies((await pull({ version: 6 })).body)).toEqual(['m-50']);
    // From SQL to tags and back.
    await heartbeat('cg', subscription('orders', '*', 7, 'TAG'));
    expect(bodies((await pull({ version: 7, expressionType: 'TAG' })).body)).toEqual(['m-50', 'm-150']);
    await heartbeat('cg', subscription('orders', 'amount = 150', 8));
    expect(bodies((await pull({ version: 8 })).body)).toEqual(['m-150']);
  });

  it('that are refused say why', async () => {
    await open();
    await send('1');
    await heartbeat('cg', subscription('orders', 'amount > > 1'));
    expect(await pull()).toMatchObject({
      code: 27,
      remark: expect.stringMatching(/Your expression may be wrong! SQL92 expression, line 1, column 10/),
    });
    expect(await pull({ own: 'amount > > 1' })).toMatchObject({
      code: 23,
      remark: expect.stringMatching(/^parse the consumer's subscription failed: .*column 10/),
    });
    expect((await pull({ own: '' })).code).toBe(23);
    expect((await pull({ own: `${'('.repeat(100_000)}` })).code).toBe(23);
    expect((await pull({ own: 'a > 1', expressionType: 'XPATH' })).code).toBe(23);
  });

  it('answer 1 and Apache’s sentence when filters are off', async () => {
    await open({});
    await send('1');
    const refused = { code: 1, remark: 'The broker does not support consumer to filter message by SQL92' };
    expect(await pull({ own: 'amount > 1' })).toMatchObject(refused);
    await heartbeat('cg', subscription('orders', 'amount > 1'));
    expect(await pull()).toMatchObject(refused);
    expect(await check('amount > 1')).toMatchObject(refused);
    expect((await check('a || b', 'TAG')).code).toBe(0);
  });

  it('filter a retry topic by the filter of where its messages are from, if so configured', async () => {
    await open({ enablePropertyFilter: true, filterSupportRetry: true });
    const retry = '%RETRY%cg';
    await heartbeat('cg', subscription('orders', 'amount > 100'), subscription(retry, 'amount > 0'), subscription('other', 'amount < 0'));
    for (const [origin, amount] of [
      ['orders', '50'],
      ['orders', '150'],
      ['unfiltered', '1'],
    ]) {
      const sent = await client.send(retry, `${origin}-${amount}`, { properties: { amount: amount!, RETRY_TOPIC: origin! } });
      expect(sent.code).toBe(0);
    }
    expect(bodies((await pull({ topic: retry })).body)).toEqual(['orders-150', 'unfiltered-1']);
  });
});

describe('held pulls', () => {
  it('are woken by a message that matches, not by others', async () => {
    await open();
    await send('1', 'first');
    await heartbeat('cg', subscription('orders', 'amount > 100'));
    let answered = false;
    const held = pull({ offset: 1, holdMs: 20_000 }).finally(() => (answered = true));
    for (let i = 0; i < 20; i++) await send('50');
    await send('no number');
    expect(answered).toBe(false);
    const before = new SystemClock().monotonic();
    await send('150', 'wanted');
    const found = await held;
    expect([found.code, bodies(found.body), found.header!.nextBeginOffset]).toEqual([0, ['wanted'], 23]);
    expect(new SystemClock().monotonic() - before).toBeLessThan(2000);
  });

  it('see every message of one turn, whatever its tag code', async () => {
    await open();
    await send('1', 'first');
    const held = pull({ offset: 1, holdMs: 20_000, own: 'amount = 7' });
    const sent = ['50', '7', '60', '70'].map((amount) => send(amount));
    expect(bodies((await held).body)).toEqual(['m-7']);
    await Promise.all(sent);
  });

  it('are answered with how far they came after the scan, and at their deadline', async () => {
    const clock = new ManualClock();
    await open({ enablePropertyFilter: true }, undefined, clock);
    await send('1', 'first');
    const held = pull({ offset: 1, holdMs: 20_000, own: 'amount > 100' });
    await send('50');
    const late = pull({ offset: 2, holdMs: 8000, own: 'amount > 100' });
    let done = false;
    const both = Promise.all([held, late]).finally(() => (done = true));
    // The broker's time moves only here.
    await until(async () => {
      await clock.advance(1000);
      return done;
    });
    const [scanned, expired] = await both;
    expect([scanned.code, scanned.header!.nextBeginOffset]).toEqual([20, 2]);
    expect([expired.code, expired.header!.nextBeginOffset]).toEqual([19, 2]);
  });
});

describe('CHECK_CLIENT_CONFIG', () => {
  it.each([
    ['an expression', 'amount > 1', 0],
    ['a broken one', 'amount > > 1', 23],
    ['nothing', '', 23],
    ['a megabyte', 'amount = 1 OR '.repeat(80_000), 23],
    ['a deep one', `${'NOT '.repeat(8000)}a`, 23],
  ])('answers %s with a code and a place', async (_what, text, code) => {
    await open();
    const answer = await check(text);
    expect(answer.code).toBe(code);
    if (code === 23) expect(answer.remark).toMatch(/^SQL92 expression, line 1, column \d+: /);
    // It lives on.
    expect((await check('a IS NULL')).code).toBe(0);
  });
});

describe('consumerFilter.json', () => {
  const fileOf = async (): Promise<Record<string, { groupFilterData: Record<string, { dead: boolean; expression: string }> }>> =>
    (JSON.parse(await readFile(join(broker.directory, 'config/consumerFilter.json'), 'utf8')) as { filterDataByTopic: never })
      .filterDataByTopic;

  it('is written every ten seconds and at the end, with groups that have gone marked', async () => {
    const clock = new ManualClock();
    await open({ enablePropertyFilter: true }, undefined, clock);
    await heartbeat('cg', subscription('orders', 'amount > 100'));
    await clock.advance(10_000);
    await until(async () => (await fileOf().catch(() => undefined))?.['orders']?.groupFilterData['cg']?.dead === false);
    await client.remoting.invoke(UNREGISTER_CLIENT, broker.address, { clientID: '10.0.0.9@sql', consumerGroup: 'cg' });
    await broker.stop();
    expect((await fileOf())['orders']!.groupFilterData['cg']).toMatchObject({ dead: true, expression: 'amount > 100' });
  });

  it('is taken up by the next broker of the directory', async () => {
    await open();
    for (const amount of ['50', '150']) await send(amount);
    await heartbeat('cg', subscription('orders', 'amount > 100'));
    const { directory } = broker;
    await client.close();
    await broker.stop();
    await open({ enablePropertyFilter: true }, directory);
    // Unknown until it is heard of, as Apache has it.
    expect((await pull()).code).toBe(24);
    await heartbeat('cg', subscription('orders', 'amount > 100'));
    expect(bodies((await pull()).body)).toEqual(['m-150']);
    await broker.stop();
    expect((await fileOf())['orders']!.groupFilterData['cg']).toMatchObject({ expression: 'amount > 100' });
  });
});
