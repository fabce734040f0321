// Transactions as a broker keeps them: half messages, ends, checks, what is given up, restarts and bad input.
import { type BrokerConfigInput, TransactionService } from '@nest-rocketmq/broker';
import { startBroker, type TestBroker } from '../support/broker.js';
import { COMMIT, ROLLBACK, TransactionClient, UNKNOWN } from '../support/transaction-client.js';
import { until } from '../support/until.js';

const HALF_TOPIC = 'RMQ_SYS_TRANS_HALF_TOPIC';
const OP_TOPIC = 'RMQ_SYS_TRANS_OP_HALF_TOPIC';
const GIVEN_UP_TOPIC = 'TRANS_CHECK_MAX_TIME_TOPIC';

/** Nothing is asked by itself. */
const QUIET: BrokerConfigInput = { transactionTimeOut: 3_600_000, transactionCheckInterval: 3_600_000 };
const EAGER: BrokerConfigInput = { transactionTimeOut: 50, transactionCheckInterval: 50 };

let broker: TestBroker;
let clients: TransactionClient[] = [];

async function open(config: BrokerConfigInput, directory?: string): Promise<void> {
  broker = await startBroker({ config, ...(directory === undefined ? {} : { directory }) });
}
function member(clientId = 'tx-client', group?: string): TransactionClient {
  const client = new TransactionClient(broker.address, group, clientId);
  clients.push(client);
  return client;
}
const service = (): TransactionService => broker.app.get(TransactionService, { strict: false });

async function reopen(config: BrokerConfigInput): Promise<void> {
  for (const client of clients.splice(0)) await client.close();
  const { directory } = broker;
  await broker.stop();
  await open(config, directory);
}

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await broker.close();
});

describe('the end of a transaction', () => {
  it('makes a committed message visible as its producer meant it, once', async () => {
    await open(QUIET);
    const producer = member();
    const half = await producer.half('Money', 'paid', { TAGS: 'A', KEYS: 'k1' });
    expect(await producer.bodies('Money')).toEqual([]);
    expect((await producer.end(half, COMMIT)).code).toBe(0);
    const [message, ...more] = await producer.all('Money');
    expect(more).toEqual([]);
    expect(message).toMatchObject({ topic: 'Money', queueId: 1, flag: 9, sysFlag: 8, preparedTransactionOffset: half.physicalOffset });
    expect(Object.fromEntries(message!.properties)).toMatchObject({
      UNIQ_KEY: half.msgId,
      TAGS: 'A',
      KEYS: 'k1',
      TRAN_MSG: 'true',
      PGROUP: 'tx-group',
      __transactionId__: half.msgId,
    });
    expect(message!.properties.has('REAL_TOPIC') || message!.properties.has('REAL_QID')).toBe(false);
    // The half message and its op record, as both of Apache's brokers read them.
    const [stored] = await producer.all(HALF_TOPIC, 0);
    expect([stored!.sysFlag, stored!.getProperty('REAL_TOPIC'), stored!.getProperty('REAL_QID')]).toEqual([0, 'Money', '1']);
    const [op] = await producer.all(OP_TOPIC, 0);
    expect([op!.tags, op!.text()]).toEqual(['d', '0']);
    expect(service().state.count).toBe(0);
  });

  it('lets nobody see a rolled back message', async () => {
    await open(QUIET);
    const producer = member();
    const half = await producer.half('Money', 'taken back');
    expect((await producer.end(half, ROLLBACK)).code).toBe(0);
    expect(await producer.bodies('Money')).toEqual([]);
    expect(service().unresolved(10)).toEqual([]);
  });

  it('leaves an unknown one open, and lists it', async () => {
    await open(QUIET);
    const producer = member();
    const half = await producer.half('Money', 'who knows');
    await producer.end(half, UNKNOWN);
    await producer.end(half, 5);
    expect(service().unresolved(10)).toEqual([
      expect.objectContaining({ producerGroup: 'tx-group', topic: 'Money', msgId: half.msgId, queueOffset: 0, checkTimes: 0 }),
    ]);
  });

  it('takes the first of several decisions, however close they come', async () => {
    await open(QUIET);
    const producer = member();
    const halves = await Promise.all(Array.from({ length: 50 }, (_, i) => producer.half('Money', `m${i}`)));
    const answers = await Promise.all(halves.flatMap((half) => [COMMIT, ROLLBACK, COMMIT].map((decision) => producer.end(half, decision))));
    expect((await producer.bodies('Money')).toSorted()).toEqual(halves.map(({ body }) => body).toSorted());
    const refused = answers.filter(({ code }) => code !== 0);
    expect(refused).toHaveLength(100);
    expect(new Set(refused.map(({ code, remark }) => `${code} ${remark}`))).toEqual(new Set(['1 The transaction has ended already']));
  });

  it('refuses what does not fit, with the codes and texts of Apache', async () => {
    await open(QUIET);
    const producer = member();
    const half = await producer.half('Money', 'm');
    const plain = await producer.send('Plain', 'p', { properties: { PGROUP: 'tx-group' } });
    const plainAt = { queueOffset: 0, physicalOffset: parseInt(plain.header!.msgId.slice(-16), 16) };
    const refusals = [
      await producer.end(half, COMMIT, { group: 'somebody-else' }),
      await producer.end({ ...half, queueOffset: 7 }, COMMIT),
      await producer.end({ ...half, physicalOffset: 99_999_999 }, COMMIT),
      await producer.end({ ...half, physicalOffset: half.physicalOffset + 1 }, ROLLBACK),
      await producer.end({ ...half, physicalOffset: -1 }, ROLLBACK),
      await producer.end(plainAt, COMMIT),
    ];
    expect(refusals.map(({ code, remark }) => [code, remark])).toEqual([
      [1, 'The producer group wrong'],
      [1, 'The transaction state table offset wrong'],
      [1, 'Find prepared transaction message failed'],
      [1, 'Find prepared transaction message failed'],
      [1, 'Find prepared transaction message failed'],
      [1, 'Find prepared transaction message failed'],
    ]);
    expect(await producer.bodies('Money')).toEqual([]);
    expect((await producer.end(half, COMMIT)).code).toBe(0);
    expect(await producer.bodies('Money')).toEqual(['m']);
  });

  it('refuses a late end of a message that named its own time, until the check is answered', async () => {
    await open(QUIET);
    const producer = member();
    const half = await producer.half('Money', 'late', { CHECK_IMMUNITY_TIME_IN_SECONDS: '5' }, Date.now() - 6000);
    expect(await producer.end(half, COMMIT)).toMatchObject({ code: 604, remark: expect.stringContaining('5000 ms') });
    expect((await producer.end(half, COMMIT, { fromCheck: true })).code).toBe(0);
    expect(await producer.bodies('Money')).toEqual(['late']);
  });
});

describe('half messages', () => {
  it('with a delay are refused, as nothing would deliver them', async () => {
    await open(QUIET);
    const producer = member();
    for (const properties of [{ DELAY: '3' }, { TIMER_DELAY_SEC: '5' }, { TIMER_DELIVER_MS: '1' }] as Array<Record<string, string>>) {
      const { code, remark } = await producer.sendPrepared('Money', 'm', properties);
      expect([code, remark]).toEqual([13, 'Transactional messages do not support delayed delivery']);
    }
    expect(await producer.bodies(HALF_TOPIC, 0)).toEqual([]);
  });

  it('are refused where rejectTransactionMessage says so, and beyond maxOpenTransactions', async () => {
    await open({ ...QUIET, rejectTransactionMessage: true });
    const { code, remark } = await member().sendPrepared('Money', 'm');
    expect([code, remark]).toEqual([16, expect.stringMatching(/^the broker\[.*\] sending transaction message is forbidden$/)]);
    await reopen({ ...QUIET, maxOpenTransactions: 2 });
    const producer = member();
    const first = await producer.half('Money', 'm1');
    await producer.half('Money', 'm2');
    expect(await producer.sendPrepared('Money', 'm3')).toMatchObject({ code: 2, remark: expect.stringContaining('maxOpenTransactions=2') });
    await producer.end(first, COMMIT);
    await producer.half('Money', 'm3');
  });

  it('of a send that was tried again are one transaction', async () => {
    await open(EAGER);
    const producer = member();
    await producer.join();
    const born = Date.now();
    await producer.half('Money', 'm', { UNIQ_KEY: 'SAME' }, born);
    const second = await producer.half('Money', 'm', { UNIQ_KEY: 'SAME' }, born);
    await until(() => producer.checks.length > 0);
    expect(producer.checks.every(({ header }) => header.tranStateTableOffset > second.queueOffset)).toBe(true);
    await producer.answer(producer.checks.at(-1)!, COMMIT);
    expect(await producer.bodies('Money')).toEqual(['m']);
    expect(service().state.count).toBe(0);
  });
});

describe('a check', () => {
  it('is asked of a producer, who then decides', async () => {
    await open(EAGER);
    const producer = member();
    await producer.join();
    const half = await producer.half('Money', 'm', { TAGS: 'A' });
    await until(() => producer.checks.length > 0);
    const { header, message } = producer.checks[0]!;
    expect(header).toMatchObject({ topic: HALF_TOPIC, msgId: half.msgId, transactionId: half.msgId, brokerName: 'broker-a' });
    expect(header.commitLogOffset).toBe(parseInt(header.offsetMsgId!.slice(-16), 16));
    expect(message).toMatchObject({ topic: 'Money', queueId: 1, queueOffset: header.tranStateTableOffset, flag: 9 });
    expect([message.text(), message.tags, message.getProperty('TRANSACTION_CHECK_TIMES')]).toEqual(['m', 'A', '1']);
    await until(async () => (await producer.answer(producer.checks.at(-1)!, COMMIT)).code === 0);
    expect(await producer.bodies('Money')).toEqual(['m']);
  });

  it('goes to another member when the first has died, in turn otherwise', async () => {
    await open(EAGER);
    const members = [member('one'), member('two'), member('three')];
    for (const each of members) await each.join();
    await members[0]!.half('Money', 'm1');
    await until(() => members.every(({ checks }) => checks.length > 0));
    await members[0]!.close();
    await members[1]!.close();
    clients = clients.filter((each) => each === members[2]);
    const survivor = members[2]!;
    const seen = survivor.checks.length;
    await until(() => survivor.checks.length > seen);
    await until(async () => (await survivor.answer(survivor.checks.at(-1)!, COMMIT)).code === 0);
    expect(await survivor.bodies('Money')).toEqual(['m1']);
  });

  it('does not keep a producer from ending its transaction by itself', async () => {
    await open(EAGER);
    const producer = member();
    await producer.join();
    const half = await producer.half('Money', 'slow');
    await until(() => producer.checks.length >= 3);
    // By the place it was told first; the message has been copied three times since.
    expect((await producer.end(half, COMMIT)).code).toBe(0);
    for (const check of producer.checks) expect((await producer.answer(check, COMMIT)).code).toBe(1);
    expect(await producer.bodies('Money')).toEqual(['slow']);
  });

  it('is given up after transactionCheckMax times, asked or not', async () => {
    await open({ ...EAGER, transactionCheckMax: 3 });
    const producer = member();
    const half = await producer.half('Money', 'nobody knows');
    await until(async () => (await producer.bodies(GIVEN_UP_TOPIC, 0)).length > 0);
    const [given] = await producer.all(GIVEN_UP_TOPIC, 0);
    expect([given!.text(), given!.msgId, given!.getProperty('REAL_TOPIC')]).toEqual(['nobody knows', half.msgId, 'Money']);
    expect(given!.getProperty('TRANSACTION_CHECK_TIMES')).toBe('3');
    expect(service().state.count).toBe(0);
    expect((await producer.end(half, COMMIT)).code).toBe(1);
    expect(await producer.bodies('Money')).toEqual([]);
    expect(await producer.bodies(GIVEN_UP_TOPIC, 0)).toEqual(['nobody knows']);
  });

  it('comes 15 times by default', async () => {
    await open(EAGER);
    const producer = member();
    await producer.join();
    await producer.half('Money', 'stubborn');
    await until(async () => (await producer.bodies(GIVEN_UP_TOPIC, 0)).length > 0);
    expect(producer.checks.map(({ message }) => message.getProperty('TRANSACTION_CHECK_TIMES'))).toEqual(
      Array.from({ length: 15 }, (_, i) => String(i + 1)),
    );
  });

  it('waits for the time a message asks for', async () => {
    await open(EAGER);
    const producer = member();
    await producer.join();
    await producer.half('Money', 'patient', { CHECK_IMMUNITY_TIME_IN_SECONDS: '3600' });
    await producer.half('Money', 'not');
    await until(() => producer.checks.length >= 3);
    expect(new Set(producer.checks.map(({ message }) => message.text()))).toEqual(new Set(['not']));
  });
});

describe('a restart', () => {
  it('keeps what is undecided and knows what is decided', async () => {
    await open(QUIET);
    const producer = member();
    const halves = [];
    for (let i = 0; i < 100; i++) halves.push(await producer.half('Money', `m${i}`));
    for (const [i, half] of halves.entries()) if (i % 10 !== 0) await producer.end(half, i % 2 === 0 ? COMMIT : ROLLBACK);
    await reopen(EAGER);
    expect(
      service()
        .unresolved(1000)
        .map(({ msgId }) => msgId),
    ).toEqual(halves.filter((_, i) => i % 10 === 0).map(({ msgId }) => msgId));
    const again = member();
    await again.join();
    await until(() => new Set(again.checks.map(({ message }) => message.text())).size === 10);
    // An end sent before the restart that arrives late, and an answer to a check.
    expect((await again.end(halves[0]!, COMMIT)).code).toBe(0);
    await until(async () => {
      for (const check of again.checks.splice(0)) await again.answer(check, COMMIT);
      return service().state.count === 0;
    });
    const expected = halves.filter((_, i) => i % 10 === 0 || i % 2 === 0).map(({ body }) => body);
    expect((await again.bodies('Money')).toSorted()).toEqual(expected.toSorted());
  });

  it('goes on from the offsets it has told', async () => {
    await open({ ...QUIET, transactionCheckInterval: 20 });
    const producer = member();
    for (let i = 0; i < 40; i++) await producer.end(await producer.half('Money', `m${i}`), COMMIT);
    const committed = async (topic: string): Promise<number | undefined> =>
      (await producer.committed('CID_RMQ_SYS_TRANS', topic, 0)).header?.offset;
    await until(async () => (await committed(HALF_TOPIC)) === 40 && (await committed(OP_TOPIC)) === 40);
    await reopen(QUIET);
    expect([service().state.halfOffset, service().state.opOffset]).toEqual([40, 40]);
  });
});
