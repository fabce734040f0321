// Captured POP requests of Java clients and mqadmin against a 5.5.0 broker, replayed to ours in the state they found: same response code,
// same ext field names, same bodies where they are no records.
import { MessageRequestModes, SubscriptionGroupTable, TopicConfigTable } from '@nest-rocketmq/broker';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from 'rocketmq-core/common';
import { decodeMessages } from 'rocketmq-core/message';
import { FLAG_RESPONSE } from 'rocketmq-core/protocol';
import { decodeCommand } from 'rocketmq-core/remoting';
import { startBroker, type TestBroker } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';
import { type GoldenExchange, goldenBody, goldenExchanges } from '../support/golden-exchanges.js';
import { goldenConfig, unpackGoldenStore } from '../support/golden-stores.js';
import { GOLDEN_TIMERS, unpackGoldenTimers } from '../support/golden-timers.js';
import { PopClient } from '../support/pop-client.js';
import { RawConnection } from '../support/raw-connection.js';

const TOPICS = ['TopicTest', 'TopicPop', 'TopicPopRaw'];
const MODE = { consumerGroup: 'cg_mode', mode: 'POP', popShareQueueNum: -1, topic: 'TopicTest' } as const;
const exchanges = goldenExchanges('pop').filter(({ peer }) => peer.endsWith('5.5.0 broker'));

let clock: ManualClock;
let broker: TestBroker;
let client: BrokerClient | undefined;
let connection: RawConnection | undefined;

async function open(exchange: GoldenExchange): Promise<void> {
  const { request, response } = exchange.decoded;
  const born = Number(request.extFields?.['bornTime'] ?? 1_795_229_091_438);
  // One of the captured requests came a minute late.
  clock = new ManualClock(exchange.name.includes('too-late') ? born + 60_000 : born);
  broker = await startBroker({ config: { brokerName: 'broker-b' }, overrides: { clock } });
  client = new BrokerClient(broker.address);
  connection = await RawConnection.open(broker);
  const asked = `${request.extFields?.['topic']} ${request.bodyUtf8 ?? ''}`;
  for (const topic of TOPICS)
    if (asked.includes(topic) && !(topic === 'TopicPop' && response!.code === 17)) await fill(topic, response!.code);
  if (response!.bodyUtf8?.includes('cg_mode')) broker.app.get(MessageRequestModes, { strict: false }).set(MODE);
  if (asked.includes('cg_srv')) await client!.heartbeat('10.0.0.9@c-cg_srv', 'cg_srv', { TopicTest: 1 });
}

/** Four queues; two messages in each, unless the captured broker found nothing. */
async function fill(topicName: string, code: number): Promise<void> {
  const topics = broker.app.get(TopicConfigTable, { strict: false });
  topics.createInternal(topicName, 4, 6);
  broker.app.get(SubscriptionGroupTable, { strict: false }).findOrCreate('cg_popraw');
  if (code === 210) return;
  for (let n = 0; n < 8; n++) await client!.send(topicName, `m${n}`, { queueId: n % 4, properties: { TAGS: 'A' } });
}

async function answered(frame: Buffer) {
  let answer: Buffer | undefined;
  connection!.send(frame);
  const waiting = (async () => {
    for (;;) {
      const received = (await connection!.next())!;
      if ((decodeCommand(received).flag & FLAG_RESPONSE) !== 0) return (answer = received);
    }
  })();
  for (let steps = 0; answer === undefined && steps < 1000; steps++) await clock.advance(100);
  return decodeCommand(await waiting);
}

afterEach(async () => {
  await connection?.close();
  await client?.close();
  await broker.close();
});

describe('captured POP requests', () => {
  it('are all there', async () => {
    await open(exchanges[0]!);
    expect([...new Set(exchanges.map(({ code }) => code))].toSorted((a, b) => a - b)).toEqual([
      400, 401, 402, 200_050, 200_051, 200_052, 200_053, 200_054, 200_055, 200_056, 200_151,
    ]);
  });

  it.each(exchanges.map((exchange) => [exchange.name, exchange] as const))('%s', async (_name, exchange) => {
    await open(exchange);
    const { response } = exchange.decoded;
    const answer = await answered(Buffer.from(exchange.requestHex, 'hex'));
    expect({ code: answer.code, remark: answer.remark }).toMatchObject({ code: response!.code });
    expect([...(answer.extFields?.keys() ?? [])].toSorted()).toEqual(Object.keys(response!.extFields ?? {}).toSorted());
    for (const name of ['invisibleTime', 'orderCountInfo']) {
      if (response!.extFields?.[name] !== undefined) expect([name, answer.extFields!.get(name)]).toEqual([name, response!.extFields[name]]);
    }
    if (response!.bodyUtf8 === undefined) {
      const captured = goldenBody(exchange.responseHex!);
      expect(decodeMessages(answer.body ?? Buffer.alloc(0)).length > 0).toBe(captured.length > 0);
      return;
    }
    const text = Buffer.from(answer.body!).toString();
    // A Java set has no order.
    const parts = (body: string): string[] => body.split(/(?<=\}),/).toSorted();
    if (exchange.code === 400 && text !== '{}') expect(JSON.parse(text).messageQueueAssignments.length).toBe(4);
    else expect(parts(text)).toEqual(parts(response!.bodyUtf8));
  });
});

describe('a store of Apache 5.5.0 with popped messages in flight', () => {
  /** Three of six were popped for an hour, then: */
  const POP_TIME = 1_795_227_317_090;
  const [NOT_ACKNOWLEDGED, CHANGED_TO_TWO_HOURS] = ['pop 0', 'pop 2'];
  const HOUR_MS = 3_600_000;

  it('is gone on with: what was not acknowledged comes back at its time, what was does not', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'nrmq-broker-'));
    unpackGoldenStore('pop-v5', directory);
    unpackGoldenTimers('pop-v5', directory);
    const { settings } = GOLDEN_TIMERS.get('pop-v5')!;
    clock = new ManualClock(POP_TIME + 10_000);
    const config = { ...goldenConfig('pop-v5'), ...settings, reviveQueueNum: 2, fileReservedTime: 100_000 };
    broker = await startBroker({ config, overrides: { clock }, directory });
    const consumer = new PopClient(broker.address, 'PopGroup', 'Popped');
    const bodies = async (): Promise<string[]> => {
      const popped = await consumer.messages();
      await Promise.all(popped.map((one) => consumer.ack(one)));
      return popped.map(({ body }) => body);
    };
    /** In steps: the timer and the revive service wait for the disk in between. */
    const pass = async (ms: number): Promise<void> => {
      await clock.advance(ms);
      for (let n = 0; n < 8; n++) await clock.advance(1000);
    };
    expect(await bodies()).toEqual(['pop 3', 'pop 4', 'pop 5']);
    await pass(HOUR_MS - 30_000);
    expect(await bodies()).toEqual([]);
    await pass(30_000);
    expect(await bodies()).toEqual([NOT_ACKNOWLEDGED]);
    await pass(HOUR_MS);
    expect(await bodies()).toEqual([CHANGED_TO_TWO_HOURS]);
    await pass(HOUR_MS);
    expect(await bodies()).toEqual([]);
    await consumer.close();
  });
});
