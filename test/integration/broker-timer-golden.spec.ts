// Captured sends of messages with a moment, and recalls, of a Java 5.5.0 client against a 5.5.0 broker, replayed to ours at the time they were
// made: the answers are equal but for what depends on the store's content, and what is stored is Apache's.
import { ManualClock } from 'rocketmq-core/common';
import type { MessageExt } from 'rocketmq-core/message';
import { decodeCommand } from 'rocketmq-core/remoting';
import { startBroker, type TestBroker } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';
import { type GoldenExchange, goldenExchanges } from '../support/golden-exchanges.js';
import { RawConnection } from '../support/raw-connection.js';

const JAVA_5 = '5.5.0 to 5.5.0';
const sends = goldenExchanges('send').filter(({ name }) => name.includes('timer') && name.includes(JAVA_5));
const recalls = goldenExchanges('recall').filter(({ name }) => name.includes(JAVA_5));
const PLACES = new Set(['msgId', 'queueOffset']);

let clock: ManualClock;
let broker: TestBroker;
let client: BrokerClient;
let connection: RawConnection;
let isOpen = false;

async function open(nowMs: number): Promise<void> {
  clock = new ManualClock(nowMs);
  broker = await startBroker({ config: { brokerName: 'broker-b', recallMessageEnable: true }, overrides: { clock } });
  client = new BrokerClient(broker.address);
  connection = await RawConnection.open(broker);
  isOpen = true;
}
afterEach(async () => {
  if (!isOpen) return;
  isOpen = false;
  await connection.close();
  await client.close();
  await broker.close();
});

async function replay(exchange: GoldenExchange): Promise<ReturnType<typeof decodeCommand>> {
  return decodeCommand((await connection.request(Buffer.from(exchange.requestHex, 'hex')))!);
}
const bornAt = (exchange: GoldenExchange): number => Number(exchange.decoded.request.extFields!['g']);
const waiting = (): Promise<MessageExt[]> => client.messages({ topic: 'rmq_sys_wheel_timer' });

it('are all there', () => {
  expect(sends.map(({ name }) => name.split(' / ')[1])).toEqual([
    'send-timer-delay-ms',
    'send-timer-delay-sec',
    'send-timer-deliver-and-recall',
    'send-timer-too-far',
  ]);
  expect(recalls).toHaveLength(2);
});

it.each(sends.map((exchange) => [exchange.name, exchange] as const))('%s', async (_name, exchange) => {
  await open(bornAt(exchange));
  const answer = await replay(exchange);
  const { code, remark, extFields } = exchange.decoded.response!;
  expect([answer.code, answer.remark ?? null]).toEqual([code, remark]);
  const fields = Object.fromEntries(answer.extFields!);
  expect(Object.keys(fields).toSorted()).toEqual(Object.keys(extFields!).toSorted());
  const rest = (all: Record<string, string>): Array<[string, string]> =>
    Object.entries(all)
      .filter(([name]) => !PLACES.has(name))
      .toSorted();
  expect(rest(fields)).toEqual(rest(extFields!));
  const [stored] = await waiting();
  expect(stored === undefined).toBe(code !== 0);
  if (stored === undefined) return;
  expect([...stored.properties.keys()].toSorted()).toEqual(
    [
      'CLUSTER',
      'KEYS',
      'MSG_REGION',
      'REAL_QID',
      'REAL_TOPIC',
      'TAGS',
      'TIMER_OUT_MS',
      'TRACE_ON',
      'UNIQ_KEY',
      'WAIT',
      wishOf(stored),
    ].toSorted(),
  );
});

function wishOf({ properties }: MessageExt): string {
  return [...properties.keys()].find((name) => /^TIMER_DEL(AY|IVER)/.test(name))!;
}

it.each(recalls.map((exchange) => [exchange.name, exchange] as const))('%s', async (_name, exchange) => {
  const sent = sends.find(({ name }) => name.includes('recall'))!;
  await open(bornAt(sent));
  await replay(sent);
  const answer = await replay(exchange);
  const { code, remark, extFields } = exchange.decoded.response!;
  expect(answer.code).toBe(code);
  // Java says "not set any response code" of a success.
  if (code !== 0) expect(answer.remark).toBe(remark);
  expect(Object.fromEntries(answer.extFields!)).toEqual(extFields);
  const recall = (await waiting())[1];
  expect(recall === undefined).toBe(code !== 0);
  if (recall === undefined) return;
  const msgId = extFields!['msgId']!;
  expect(recall.text()).toBe('0');
  expect(Object.fromEntries(recall.properties)).toEqual({
    TIMER_DEL_UNIQKEY: msgId,
    UNIQ_KEY: msgId,
    REAL_TOPIC: 'TopicTest',
    REAL_QID: '0',
    BORN_TIMESTAMP: String(clock.now()),
    TIMER_DELIVER_MS: '1795226163001',
    TIMER_OUT_MS: '1795226163000',
    PGROUP: 'pg_send',
    TAGS: '_RECALL_TAG_',
  });
  await clock.advance(60_000);
  expect(await client.messages({ topic: 'TopicTest' })).toEqual([]);
});
