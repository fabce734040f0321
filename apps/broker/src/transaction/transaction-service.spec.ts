import { type Logger, type ManualClock, silentLogger } from 'rocketmq-core/common';
import { encodeHost } from 'rocketmq-core/message';
import type { MessageStore, PutMessage, PutMessageResult } from 'rocketmq-core/store';
import { temporaryDirectory, testStore } from '../../../../test/support/store-harness.js';
import { until } from '../../../../test/support/until.js';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { DecisionVersion } from '../decision-version.js';
import { BrokerAddress } from '../lifecycle/broker-address.js';
import type { DraftMessage } from '../message/broker-message.js';
import { ConsumerOffsetTable } from '../offset/consumer-offset-table.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { committedMessage, movedCopy } from './half-message.js';
import { SystemQueueReader } from './system-queue-reader.js';
import { TransactionCheck } from './transaction-check.js';
import { type TransactionParts, TransactionService } from './transaction-service.js';

const HALF_TOPIC = 'RMQ_SYS_TRANS_HALF_TOPIC';
const OP_TOPIC = 'RMQ_SYS_TRANS_OP_HALF_TOPIC';
const GIVEN_UP_TOPIC = 'TRANS_CHECK_MAX_TIME_TOPIC';
const INTERVAL_MS = 1000;
const HOUR_MS = 3_600_000;
const HOST = encodeHost('127.0.0.1:1');

let directory: { path: string; remove: () => void };
let clock: ManualClock;
let store: MessageStore;
let service: TransactionService;
let parts: TransactionParts;
let offsets: ConsumerOffsetTable;
let asked: string[];
/** Bodies the question about which throws. */
let unaskable: Set<string>;
/** What the next puts answer instead of storing. */
let refusals: PutMessageResult['status'][];
let errors: string[];

beforeEach(async () => {
  directory = temporaryDirectory();
  ({ store, clock } = testStore({ root: directory.path }));
  await store.open();
  offsets = new ConsumerOffsetTable(new DecisionVersion(), 500, () => clock.now());
  await begin();
});
afterEach(async () => {
  await service.stop();
  await store.close();
  directory.remove();
});

/** As after a crash: the one before says nothing any more. */
async function begin(): Promise<void> {
  (service as unknown as { timer?: { cancel(): void } } | undefined)?.timer?.cancel();
  asked = [];
  unaskable = new Set();
  refusals = [];
  errors = [];
  const putBatch = async (messages: readonly PutMessage[]): Promise<PutMessageResult> => {
    const status = refusals.shift();
    return status === undefined ? store.putBatch(messages) : { status, records: [], reason: 'injected' };
  };
  const guarded = new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (name === 'putBatch') return putBatch;
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  const logger: Logger = { ...silentLogger, error: (text) => void errors.push(text) };
  const config = {
    transactionTimeOut: 6000,
    transactionCheckInterval: INTERVAL_MS,
    transactionCheckMax: 3,
    fileReservedTime: 72,
    maxOpenTransactions: 1000,
    maxMessageSize: 4096,
    mappedFileSizeCommitLog: 16 * 1024,
  } as BrokerConfig;
  parts = {
    config,
    clock,
    logger,
    store: guarded,
    topics: new TopicConfigTable(new DecisionVersion(), () => clock.now()),
    offsets,
    address: new BrokerAddress('127.0.0.1'),
    questions: {
      ask: (half: { text(): string }) => {
        if (unaskable.has(half.text())) throw new Error('injected');
        asked.push(half.text());
        return true;
      },
    } as unknown as TransactionParts['questions'],
  };
  service = new TransactionService(parts);
  await service.start();
}

const draft = (body: string, properties: Record<string, string> = {}, bornTimestamp = clock.now()): DraftMessage => ({
  topic: 'Money',
  queueId: 0,
  flag: 0,
  sysFlag: 4,
  bornTimestamp,
  bornHost: HOST,
  storeHost: HOST,
  reconsumeTimes: 0,
  preparedTransactionOffset: 0,
  body: Buffer.from(body),
  properties: new Map(Object.entries({ UNIQ_KEY: `U-${body}`, PGROUP: 'g', TRAN_MSG: 'true', ...properties })),
});

const prepare = async (body: string, properties?: Record<string, string>, born?: number): Promise<PutMessageResult['records'][number]> =>
  (await service.prepare(draft(body, properties, born))).records[0]!;
const end = (place: { queueOffset: number; physicalOffset: number }, commit: boolean) =>
  service.end({ producerGroup: 'g', queueOffset: place.queueOffset, physicalOffset: place.physicalOffset, commit, fromCheck: true });
const bodies = (topic: string): string[] => [...new SystemQueueReader(store, topic).from(0)].map((message) => message.text());

/** Lets `ms` pass, pass by pass; `service` answers nothing by itself. */
async function elapse(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= INTERVAL_MS) {
    await clock.advance(Math.min(left, INTERVAL_MS));
    await passed();
  }
}
/** The pass a timer has begun is over when a put that came after its puts has been confirmed, and its promise has been seen. */
async function passed(): Promise<void> {
  for (let i = 0; i < 3; i++) await store.put(draft('x'));
  await until(() => (service as unknown as { pass: unknown }).pass === undefined);
}

describe('TransactionService', () => {
  it('asks at its time and not before, counts, and gives up after transactionCheckMax', async () => {
    await prepare('m');
    await elapse(6000);
    expect(asked).toEqual([]);
    await elapse(3000);
    expect([asked, bodies(GIVEN_UP_TOPIC), service.state.count]).toEqual([['m', 'm', 'm'], [], 1]);
    await elapse(1000);
    expect([asked.length, bodies(GIVEN_UP_TOPIC), service.state.count]).toEqual([3, ['m'], 0]);
    expect(errors).toEqual([expect.stringContaining('given up')]);
  });

  it('goes on with the others when one cannot be asked, and comes back to it', async () => {
    for (const body of ['a', 'b', 'c']) await prepare(body);
    unaskable.add('b');
    await elapse(7000);
    expect([asked, errors]).toEqual([['a', 'c'], [expect.stringContaining('could not be checked')]]);
    unaskable.clear();
    await elapse(1000);
    expect(asked.toSorted()).toEqual(['a', 'a', 'b', 'c', 'c']);
  });

  it('leaves a transaction open whose end could not be stored, and takes the next end', async () => {
    const place = await prepare('m');
    refusals = ['OS_PAGE_CACHE_BUSY', 'SERVICE_NOT_AVAILABLE', 'MESSAGE_ILLEGAL', 'CREATE_MAPPED_FILE_FAILED'];
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await end(place, true));
    expect(answers.map((answer) => [answer?.code, answer?.remark])).toEqual([
      ['SYSTEM_ERROR', 'OS page cache busy, please try another machine'],
      ['SERVICE_NOT_AVAILABLE', 'Service not available now.'],
      ['MESSAGE_ILLEGAL', expect.stringContaining('body length limit 4096B')],
      ['SYSTEM_ERROR', 'Create mapped file failed.'],
    ]);
    expect([service.state.count, bodies('Money')]).toEqual([1, []]);
    expect(await end(place, true)).toBeUndefined();
    expect([service.state.count, bodies('Money')]).toEqual([0, ['m']]);
  });

  it('keeps a check that could not be stored for the next pass, uncounted', async () => {
    await prepare('m');
    refusals = ['OS_PAGE_CACHE_BUSY'];
    await elapse(7000);
    expect([asked, service.state.count]).toEqual([[], 1]);
    await elapse(3000);
    expect(asked).toEqual(['m', 'm', 'm']);
  });

  it('decides once when an end and a check come together', async () => {
    const place = await prepare('m');
    await elapse(6000);
    // The pass has begun, and its copy is on its way into the log.
    await clock.advance(1);
    (service as unknown as { startPass(): void }).startPass();
    const [first, second] = await Promise.all([end(place, true), end(place, false)]);
    expect([first, second?.remark]).toEqual([undefined, 'The transaction has ended already']);
    await passed();
    expect([bodies('Money').filter((body) => body === 'm'), service.state.count]).toEqual([['m'], 0]);
  });

  it('waits by the clock of the broker, whatever that of the producer or the wall says', async () => {
    await prepare('behind', {}, clock.now() - 24 * HOUR_MS);
    await prepare('ahead', {}, clock.now() + 24 * HOUR_MS);
    await elapse(6000);
    expect(asked).toEqual([]);
    await elapse(1000);
    expect(asked.toSorted()).toEqual(['ahead', 'behind']);
  });

  it('gives up without asking what is older than messages are kept', async () => {
    await prepare('old', {}, clock.now() - 73 * HOUR_MS);
    await elapse(7000);
    expect([asked, bodies(GIVEN_UP_TOPIC)]).toEqual([[], ['old']]);
  });

  it('counts nothing while a message waits for its own time', async () => {
    await prepare('m', { CHECK_IMMUNITY_TIME_IN_SECONDS: '60' });
    await elapse(60_000);
    expect([asked, bodies(HALF_TOPIC)]).toEqual([[], ['m']]);
    await elapse(3000);
    expect(asked).toEqual(['m', 'm', 'm']);
  });

  it('moves a waiting message to the end of the queue, so that what lies behind it can be forgotten', async () => {
    const first = await prepare('patient', { CHECK_IMMUNITY_TIME_IN_SECONDS: '60' });
    for (const body of ['a', 'b', 'c']) await end(await prepare(body), true);
    expect(service.state.halfOffset).toBe(0);
    const running = new TransactionCheck(parts, service, 2).run();
    await running;
    expect([service.state.halfOffset, asked, service.unresolved(1)[0]]).toEqual([
      4,
      [],
      expect.objectContaining({ queueOffset: 4, checkTimes: 0 }),
    ]);
    // It is known by its first place, also by a broker that starts now, and waits no longer for it.
    await begin();
    expect(service.unresolved(10).map(({ queueOffset }) => queueOffset)).toEqual([4]);
    await elapse(61_000);
    expect(asked).toEqual(['patient']);
    expect(await end(first, true)).toBeUndefined();
    expect(bodies('Money').includes('patient')).toBe(true);
  });

  it('tells its offsets one pass after they were reached, and all of them at its end', async () => {
    const told = () => [HALF_TOPIC, OP_TOPIC].map((topic) => offsets.query(topic, 'CID_RMQ_SYS_TRANS', 0));
    await end(await prepare('a'), true);
    await elapse(INTERVAL_MS);
    expect(told()).toEqual([-1, -1]);
    await end(await prepare('b'), false);
    await elapse(INTERVAL_MS);
    expect(told()).toEqual([1, 1]);
    await service.stop();
    expect(told()).toEqual([2, 2]);
    await begin();
    expect([service.state.halfOffset, service.state.opOffset, service.state.count]).toEqual([2, 2, 0]);
  });

  it('finds a commit whose op record a crash, or a broker of another make, has not written', async () => {
    const place = await prepare('m');
    await prepare('other');
    const half = new SystemQueueReader(store, HALF_TOPIC).at(place.queueOffset)!;
    await store.put(committedMessage(half)!);
    await begin();
    expect(service.unresolved(10).map(({ msgId }) => msgId)).toEqual(['U-other']);
    expect((await end(place, true))?.remark).toBe('The transaction has ended already');
    expect([bodies('Money'), bodies(OP_TOPIC)]).toEqual([['m'], ['0']]);
    await begin();
    expect(bodies(OP_TOPIC)).toEqual(['0']);
  });

  it('keeps the copy that a broker of Apache made of a message that waits, through every restart', async () => {
    const first = await prepare('patient', { CHECK_IMMUNITY_TIME_IN_SECONDS: '60' });
    const half = new SystemQueueReader(store, HALF_TOPIC).at(first.queueOffset)!;
    const properties = new Map(half.properties).set('TRAN_PREPARED_QUEUE_OFFSET', '0');
    const copy = await store.put({ ...movedCopy(half), properties });
    for (let restart = 0; restart < 3; restart++) {
      await begin();
      expect(service.unresolved(10).map(({ queueOffset }) => queueOffset)).toEqual([copy.records[0]!.queueOffset]);
    }
    expect(bodies(OP_TOPIC)).toEqual([]);
    await elapse(62_000);
    await begin();
    expect(service.unresolved(10).map(({ msgId, checkTimes }) => [msgId, checkTimes])).toEqual([['U-patient', expect.any(Number)]]);
    expect(await end(first, true)).toBeUndefined();
    expect(bodies('Money')).toContain('patient');
  });

  it('finds the newest record of a transaction that another broker has copied without saying so', async () => {
    const first = await prepare('m');
    const half = new SystemQueueReader(store, HALF_TOPIC).at(first.queueOffset)!;
    const copy = await store.put({
      ...draft('m', { REAL_TOPIC: 'Money', REAL_QID: '0' }, half.bornTimestamp),
      topic: HALF_TOPIC,
      sysFlag: 0,
    });
    await begin();
    expect(service.unresolved(10).map(({ queueOffset }) => queueOffset)).toEqual([copy.records[0]!.queueOffset]);
    expect(await end(first, true)).toBeUndefined();
    expect([bodies('Money'), bodies(OP_TOPIC), service.state.halfOffset]).toEqual([['m'], ['0', '1'], 2]);
  });
});
