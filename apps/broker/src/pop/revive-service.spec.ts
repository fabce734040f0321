// What happens when a message that must come back cannot be stored, with a store that refuses on demand.
import { ManualClock, silentLogger } from 'rocketmq-core/common';
import { decodeMessage, encodeHost, encodeProperties, encodeRecord } from 'rocketmq-core/message';
import type { GatherTarget, GetMessageResult, MessageStore, PutMessage, PutMessageResult, QueueRef } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import type { BrokerAddress } from '../lifecycle/broker-address.js';
import { DecisionVersion } from '../decision-version.js';
import { ConsumerOffsetTable } from '../offset/consumer-offset-table.js';
import type { Refusal } from '../processor/refusal.js';
import { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { type Checkpoint, encodeCheckpoint, REVIVE_GROUP, reviveTopicOf } from './checkpoint.js';
import type { ReviveLog } from './revive-log.js';
import { ReviveService } from './revive-service.js';

const REVIVE_TOPIC = reviveTopicOf('c');
const INTERVAL_MS = 1000;
const host = encodeHost('127.0.0.1:1');

/** Queues of records in memory; `refuse` says which puts fail. */
class MemoryStore {
  readonly queues = new Map<string, Uint8Array[]>();
  refuse: (message: PutMessage) => boolean = () => false;

  async put(message: PutMessage): Promise<PutMessageResult> {
    if (this.refuse(message)) return { status: 'OS_PAGE_CACHE_BUSY', records: [], reason: 'refused by the test' };
    const key = `${message.topic}/${message.queueId}`;
    const records = this.queues.get(key) ?? [];
    this.queues.set(key, records);
    records.push(
      encodeRecord({
        ...message,
        queueOffset: records.length,
        physicalOffset: 0,
        bornHost: '127.0.0.1:1',
        storeHost: '127.0.0.1:1',
        storeTimestamp: 0,
        properties: encodeProperties(message.properties),
      }),
    );
    return { status: 'PUT_OK', records: [{ physicalOffset: 0, queueOffset: records.length - 1, size: 1, storeTimestamp: 0 }] };
  }

  findQueue(topic: string, queueId: number): QueueRef | undefined {
    const records = this.queues.get(`${topic}/${queueId}`);
    return records === undefined ? undefined : { topic, queueId, index: 0, minOffset: 0, maxOffset: records.length };
  }

  get(queue: QueueRef | undefined, offset: number, max: number, _filter: unknown, target: GatherTarget, result: GetMessageResult): void {
    const records = queue === undefined ? [] : this.queues.get(`${queue.topic}/${queue.queueId}`)!.slice(offset, offset + max);
    for (const record of records) {
      target.reserve(record.length);
      target.outBytes.set(record, target.outEnd);
      target.advance(record.length);
    }
    const found = records.length > 0;
    Object.assign(result, {
      status: found ? 'FOUND' : 'OFFSET_OVERFLOW_ONE',
      nextBeginOffset: offset + records.length,
      messageCount: records.length,
    });
  }

  bodies(topic: string): string[] {
    return (this.queues.get(`${topic}/0`) ?? []).map((record) => decodeMessage(record).text());
  }
}

const plain = (topic: string, body: string, properties: Map<string, string> = new Map()): PutMessage => ({
  topic,
  queueId: 0,
  flag: 0,
  sysFlag: 0,
  bornTimestamp: 0,
  bornHost: host,
  storeHost: host,
  reconsumeTimes: 0,
  preparedTransactionOffset: 0,
  body: Buffer.from(body),
  properties,
});

async function setUp(count = 3) {
  const clock = new ManualClock();
  const store = new MemoryStore();
  const decisions = new DecisionVersion();
  const topics = new TopicConfigTable(decisions, () => clock.now());
  const groups = new SubscriptionGroupTable(decisions, true, () => clock.now());
  const offsets = new ConsumerOffsetTable(decisions, 500, () => clock.now());
  const again: Checkpoint[] = [];
  const state = { logRefusal: undefined as Refusal | undefined, upToMs: 0 };
  const log = {
    topic: REVIVE_TOPIC,
    queueCount: 1,
    putCheckpoint: async (_queueId: number, checkpoint: Checkpoint) => {
      if (state.logRefusal === undefined) again.push(checkpoint);
      return state.logRefusal;
    },
  };
  const service = new ReviveService({
    config: { brokerName: 'b', reviveInterval: INTERVAL_MS, enableRetryTopicV2: false } as BrokerConfig,
    clock,
    logger: silentLogger,
    store: store as unknown as MessageStore,
    topics,
    groups,
    offsets,
    address: { storeHost: host } as Partial<BrokerAddress> as BrokerAddress,
    log: log as Partial<ReviveLog> as ReviveLog,
    timerDeliveredUpToMs: () => state.upToMs,
  });
  topics.createInternal('T', 1, 6);
  groups.findOrCreate('g');
  for (let n = 0; n < count; n++) await store.put(plain('T', `m${n}`));
  const checkpoint: Checkpoint = {
    topic: 'T',
    consumerGroup: 'g',
    queueId: 0,
    startOffset: 0,
    popTime: clock.now(),
    brokerName: 'b',
    invisibleTime: 10_000,
    bitMap: 0,
    count,
    distances: Array.from({ length: count }, (_, n) => n),
    reviveOffset: 0,
    suspend: false,
    rePutTimes: 0,
  };
  const putCheckpoint = (change: Partial<Checkpoint> = {}) =>
    store.put({ ...plain(REVIVE_TOPIC, '', new Map([['TAGS', 'ck']])), body: encodeCheckpoint({ ...checkpoint, ...change }) });
  const pass = async (): Promise<void> => {
    state.upToMs = clock.now() + 60_000;
    await clock.advance(INTERVAL_MS);
  };
  const settled = (): number => offsets.query(REVIVE_TOPIC, REVIVE_GROUP, 0);
  service.start();
  return { clock, store, topics, groups, offsets, again, state, service, putCheckpoint, pass, settled };
}

describe('ReviveService', () => {
  it('brings back what is due, and goes on behind it', async () => {
    const { store, service, putCheckpoint, pass, settled, offsets } = await setUp();
    await putCheckpoint();
    await pass();
    expect([store.bodies('%RETRY%g_T').toSorted(), settled(), service.revivedMessages]).toEqual([['m0', 'm1', 'm2'], 0, 3]);
    expect(offsets.query('%RETRY%g_T', 'g', 0)).toBe(0);
    await putCheckpoint({ bitMap: 0b101 });
    await pass();
    expect([store.bodies('%RETRY%g_T').slice(3), settled()]).toEqual([['m1'], 1]);
    await service.stop();
  });

  it('writes a checkpoint of its own for a message that cannot be stored, later each time', async () => {
    const { store, again, service, putCheckpoint, pass, settled } = await setUp();
    store.refuse = ({ topic, body }) => topic.startsWith('%RETRY%') && Buffer.from(body).toString() === 'm1';
    await putCheckpoint({ popTime: 1000 });
    await pass();
    expect([store.bodies('%RETRY%g_T').toSorted(), settled()]).toEqual([['m0', 'm2'], 0]);
    expect(again).toEqual([
      expect.objectContaining({ startOffset: 1, count: 1, distances: [0], popTime: 1000, invisibleTime: 20_000, rePutTimes: 1 }),
    ]);
    await putCheckpoint(again[0]);
    await pass();
    expect(again[1]).toMatchObject({ invisibleTime: 40_000, rePutTimes: 2 });
    await service.stop();
  });

  it('settles nothing while not even that is possible, and brings nothing back twice', async () => {
    const { store, state, service, putCheckpoint, pass, settled } = await setUp();
    store.refuse = ({ topic, body }) => topic.startsWith('%RETRY%') && Buffer.from(body).toString() === 'm1';
    state.logRefusal = { refused: true, code: 'SYSTEM_ERROR', remark: 'full' };
    await putCheckpoint();
    await pass();
    await pass();
    expect([store.bodies('%RETRY%g_T').toSorted(), settled()]).toEqual([['m0', 'm2'], -1]);
    store.refuse = () => false;
    await pass();
    expect([store.bodies('%RETRY%g_T').toSorted(), settled()]).toEqual([['m0', 'm1', 'm2'], 0]);
    await service.stop();
  });

  it('drops checkpoints of topics and groups that are gone, and messages that are', async () => {
    const { store, service, putCheckpoint, pass, settled, topics } = await setUp();
    await putCheckpoint({ topic: 'gone' });
    await putCheckpoint({ consumerGroup: 'nobody' });
    await putCheckpoint({ startOffset: 2 });
    await pass();
    expect([store.bodies('%RETRY%g_T'), settled()]).toEqual([['m2'], 2]);
    expect(topics.find('%RETRY%nobody_T')).toBeUndefined();
    await service.stop();
  });

  it('waits for the timer', async () => {
    const { clock, store, service, putCheckpoint, settled } = await setUp();
    await putCheckpoint();
    await clock.advance(60_000);
    expect([store.bodies('%RETRY%g_T'), settled(), service.openCheckpoints]).toEqual([[], -1, 1]);
    await service.stop();
  });

  it('counts a delivery as a retry unless it was put off, and keeps the first pop time', async () => {
    const { store, service, putCheckpoint, pass } = await setUp(1);
    await putCheckpoint({ popTime: 1000 });
    await putCheckpoint({ popTime: 2000, suspend: true });
    await pass();
    const retried = store.queues.get('%RETRY%g_T/0')!.map((record) => decodeMessage(record));
    const seen = retried.map((message) => [
      message.reconsumeTimes,
      message.properties.get('1ST_POP_TIME'),
      message.properties.get('ORIGIN_GROUP'),
    ]);
    expect(seen.toSorted()).toEqual([
      [0, '2000', 'g'],
      [1, '1000', 'g'],
    ]);
    await service.stop();
  });
});
