// Captured requests of Java clients and mqadmin against a 5.5.0 broker, replayed to ours in the state they found: same response code,
// same ext field names.
import { ConsumerOffsetTable, MESSAGE_STORE, SubscriptionGroupTable, TopicConfigTable } from '@nest-rocketmq/broker';
import { ManualClock } from 'rocketmq-core/common';
import { encodeHost } from 'rocketmq-core/message';
import { FLAG_RESPONSE, type TopicConfig } from 'rocketmq-core/protocol';
import { decodeCommand } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import { startBroker, type TestBroker } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';
import { type GoldenExchange, goldenExchanges } from '../support/golden-exchanges.js';
import { jsonFrame, RawConnection } from '../support/raw-connection.js';

const ONE_WAY_FLAG = 2;
const QUEUE_READS = new Set([11, 361, 14, 29, 30, 31, 32]);
/** A reset of offsets by an administrator was pending: that request is not served yet. */
const OFFSET_RESET = 'OFFSET_RESET';
const exchanges = goldenExchanges('broker').filter((exchange) => exchange.decoded.response?.remark !== OFFSET_RESET);

/** A queue without messages is answered as 4.9.7 does, with offset 0; these are asked for not to be, or have no topic. */
const STAYS_NOT_FOUND = /no-zero|topic-missing/;

let clock: ManualClock;
let broker: TestBroker;
let client: BrokerClient;
let connection: RawConnection;

beforeEach(async () => {
  clock = new ManualClock();
  broker = await startBroker({ config: { brokerName: 'broker-b' }, overrides: { clock } });
  client = new BrokerClient(broker.address);
  connection = await RawConnection.open(broker);
});
afterEach(async () => {
  await connection.close();
  await client.close();
  await broker.close();
});

function makeTopic(topicName: string, perm = 6): void {
  const config: TopicConfig = {
    topicName,
    readQueueNums: 4,
    writeQueueNums: 4,
    perm,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
    attributes: new Map(),
  };
  broker.app.get(TopicConfigTable, { strict: false }).put(config);
}

/** What the captured broker knew, as far as the answer depends on it. */
async function prepare(exchange: GoldenExchange): Promise<void> {
  const { request, response } = exchange.decoded;
  const fields = request.extFields ?? {};
  const code = response?.code ?? 0;
  makeTopic('TopicTest');
  makeTopic('TopicReadOnly', 4);
  makeTopic('TopicWriteOnly', 2);
  if (QUEUE_READS.has(exchange.code) && fields.topic !== undefined && code !== 17 && !exchange.name.includes('topic-missing')) {
    if (broker.app.get(TopicConfigTable, { strict: false }).find(fields.topic) === undefined) makeTopic(fields.topic);
    await fill(exchange, fields.topic);
  }
  if ((exchange.code === 33 || exchange.code === 36) && code === 0) await messageAt(Number(fields.offset));
  const group = fields.consumerGroup;
  const needsGroup = group !== undefined && code !== 24 && code !== 26 && !(exchange.code === 38 && code === 1);
  if (!needsGroup) return;
  broker.app.get(SubscriptionGroupTable, { strict: false }).findOrCreate(group);
  if (exchange.code === 14) {
    if (code === 0 && response!.extFields!.offset !== '0') {
      const table = broker.app.get(ConsumerOffsetTable, { strict: false });
      table.commit(fields.topic!, group, Number(fields.queueId), Number(response!.extFields!.offset));
    }
    return;
  }
  await subscribe(
    group,
    fields.topic ?? 'TopicTest',
    Number(fields.subVersion ?? 0) - (code === 25 ? 1 : 0),
    code === 20 ? 'NobodySendsThis' : '*',
  );
}

/** As many messages as the captured queue held, with the tag the request asks for unless everything was filtered out. */
async function fill(exchange: GoldenExchange, topic: string): Promise<void> {
  const { request, response } = exchange.decoded;
  const code = response?.code ?? 0;
  const held = response?.extFields?.maxOffset ?? (exchange.code === 30 ? response!.extFields!.offset : undefined);
  if (topic.startsWith('RMQ_SYS') || ![0, 19, 20, 21].includes(code)) return;
  const asked = request.extFields?.subscription?.split('||')[0]?.trim();
  const tag = code === 20 ? 'SomethingElse' : asked === undefined || asked === '*' ? 'TagA' : asked;
  for (let i = 0; i < Number(held ?? 5); i++) {
    const queueId = Number(request.extFields?.queueId ?? 0);
    expect((await client.send(topic, `m${i}`, { queueId, properties: { TAGS: tag } })).code).toBe(0);
  }
}

/** A message exactly where the captured one lay, behind two fillers. */
async function messageAt(offset: number): Promise<void> {
  const store = broker.app.get<MessageStore>(MESSAGE_STORE, { strict: false });
  const host = encodeHost('127.0.0.1:1');
  const fill = (bytes: number) =>
    store.put({
      topic: 'TopicTest',
      queueId: 0,
      flag: 0,
      sysFlag: 0,
      bornTimestamp: 0,
      bornHost: host,
      storeHost: host,
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      body: Buffer.alloc(bytes, 'x'),
      properties: new Map(),
    });
  await fill(1);
  const shortest = store.maxPhysicalOffset;
  await fill(offset - 2 * shortest + 1);
  expect(store.maxPhysicalOffset).toBe(offset);
  await client.send('TopicTest', 'looked for');
}

async function subscribe(group: string, topic: string, subVersion: number, subString: string): Promise<void> {
  const codeSet = subString === '*' ? [] : [1];
  const subscription = { topic, subString, subVersion, tagsSet: [], codeSet, expressionType: 'TAG', classFilterMode: false };
  const consumer = { groupName: group, consumeType: 'CONSUME_PASSIVELY', messageModel: 'CLUSTERING', subscriptionDataSet: [subscription] };
  const heartbeat = { clientID: '10.0.0.9@golden', producerDataSet: [], consumerDataSet: [consumer] };
  await answered(jsonFrame({ code: 34 }, Buffer.from(JSON.stringify(heartbeat))));
}

/** Notices of group changes reach this connection too; they are no answers. */
async function nextResponse(): Promise<Buffer> {
  for (;;) {
    const frame = (await connection.next())!;
    if ((decodeCommand(frame).flag & FLAG_RESPONSE) !== 0) return frame;
  }
}

/** Held pulls are answered when time has passed. */
async function answered(frame: Buffer): Promise<Buffer> {
  let answer: Buffer | undefined;
  connection.send(frame);
  const waiting = nextResponse().then((received) => (answer = received));
  for (let seconds = 0; answer === undefined && seconds < 60; seconds++) await clock.advance(1000);
  await waiting;
  return answer!;
}

describe('captured against the 5.5.0 broker', () => {
  it('has all families', () => {
    const families = new Set(exchanges.map((exchange) => exchange.name.split(':')[0]));
    expect([...families].toSorted()).toEqual([
      'errors',
      'heartbeat',
      'lock',
      'membership',
      'offsets',
      'pull',
      'send',
      'send-back',
      'view-query',
    ]);
    expect(exchanges.length).toBeGreaterThan(120);
  });

  it.each(exchanges.map((exchange) => [exchange.name, exchange] as const))('%s', async (_name, exchange) => {
    await prepare(exchange);
    const frame = Buffer.from(exchange.requestHex, 'hex');
    const { request, response } = exchange.decoded;
    if ((request.flag & ONE_WAY_FLAG) !== 0) {
      connection.send(frame);
      // Exactly nothing comes back for it: the next answer is the next question's.
      const next = await connection.request(jsonFrame({ code: 30, opaque: 424_242, extFields: { topic: 'TopicTest', queueId: '0' } }));
      expect(decodeCommand(next!).opaque).toBe(424_242);
      return;
    }
    const answer = decodeCommand(await answered(frame));
    if (exchange.code === 14 && response!.code === 22 && !STAYS_NOT_FOUND.test(exchange.name)) {
      expect({ code: answer.code, offset: answer.extFields?.get('offset') }).toEqual({ code: 0, offset: '0' });
      return;
    }
    expect({ code: answer.code, remark: answer.remark }).toMatchObject({ code: response!.code });
    // Where Java fell over an exception it lost its fields; ours come all the same.
    if (response!.remark?.startsWith('java.lang.')) return;
    expect([...(answer.extFields?.keys() ?? [])].toSorted()).toEqual(Object.keys(response!.extFields ?? {}).toSorted());
  });
});
