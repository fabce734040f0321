// Captured SQL92 requests of Java clients, replayed to our broker in the state they found: same code, same offsets, same messages.
import { TopicConfigTable } from '@nest-rocketmq/broker';
import { ManualClock } from 'rocketmq-core/common';
import { decodeMessages } from 'rocketmq-core/message';
import type { RemotingCommand } from 'rocketmq-core/protocol';
import { decodeCommand } from 'rocketmq-core/remoting';
import { startBroker, type TestBroker } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';
import { goldenBody, type GoldenExchange, goldenExchanges } from '../support/golden-exchanges.js';
import { jsonFrame, RawConnection } from '../support/raw-connection.js';

const PULL = 11;
const LITE_PULL = 361;
const CHECK = 46;
const HEARTBEAT = 34;
const OWN_SUBSCRIPTION = 4;
/** Of the push consumer that was captured; its heartbeats are in the same family. */
const GROUP_EXPRESSION = "a > 1 AND name <> 'n9'";

const isSql = ({ decoded }: GoldenExchange): boolean => JSON.stringify(decoded.request).includes('SQL92');
const exchanges = [...goldenExchanges('pull'), ...goldenExchanges('heartbeat')].filter(
  (exchange) => isSql(exchange) && [PULL, LITE_PULL, CHECK].includes(exchange.code),
);
const pulls = exchanges.filter(({ code }) => code !== CHECK);
/** A Java assertion, off as a rule, would have refused them: all messages are delivered. We refuse. */
const brokenPulls = pulls.filter(({ name }) => name.includes('pull-sql-bad'));

let broker: TestBroker;
let client: BrokerClient;
let connection: RawConnection;

beforeEach(async () => {
  broker = await startBroker({ config: { enablePropertyFilter: true }, overrides: { clock: new ManualClock() } });
  client = new BrokerClient(broker.address);
  connection = await RawConnection.open(broker);
});
afterEach(async () => {
  await connection.close();
  await client.close();
  await broker.close();
});

async function answerTo(frame: Buffer): Promise<RemotingCommand> {
  for (let answer = decodeCommand((await connection.request(frame))!); ; answer = decodeCommand((await connection.next())!)) {
    // Notices of group changes are no answers.
    if ((answer.flag & 1) !== 0) return answer;
  }
}

/** The messages that were found, else as many as there were that nobody asks for. */
async function prepare({ decoded, responseHex }: GoldenExchange): Promise<void> {
  const { extFields } = decoded.request;
  const { topic, queueId, subVersion, consumerGroup, sysFlag } = extFields!;
  const found = decoded.response!.code === 0 ? decodeMessages(goldenBody(responseHex!)) : [];
  const held = Number(decoded.response!.extFields?.['maxOffset'] ?? 1);
  const topics = broker.app.get(TopicConfigTable, { strict: false });
  topics.put({
    topicName: topic!,
    readQueueNums: 4,
    writeQueueNums: 4,
    perm: 6,
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: 0,
    order: false,
    attributes: new Map(),
  });
  for (let i = 0; i < held; i++) {
    const message = found[i - (held - found.length)];
    const properties = message === undefined ? { a: '0' } : Object.fromEntries(message.properties);
    const body = message?.text() ?? 'not wanted';
    expect((await client.send(topic!, body, { queueId: Number(queueId), properties })).code).toBe(0);
  }
  if ((Number(sysFlag) & OWN_SUBSCRIPTION) !== 0) return;
  const known = Number(subVersion) - (decoded.response!.code === 25 ? 1 : 0);
  const subscription = {
    topic,
    subString: GROUP_EXPRESSION,
    subVersion: known,
    tagsSet: [],
    codeSet: [],
    expressionType: 'SQL92',
    classFilterMode: false,
  };
  const consumer = {
    groupName: consumerGroup,
    consumeType: 'CONSUME_PASSIVELY',
    messageModel: 'CLUSTERING',
    subscriptionDataSet: [subscription],
  };
  const data = { clientID: '10.0.0.9@golden', producerDataSet: [], consumerDataSet: [consumer] };
  expect((await answerTo(jsonFrame({ code: HEARTBEAT }, Buffer.from(JSON.stringify(data))))).code).toBe(0);
}

it('is all that was captured', () => {
  expect([pulls.length, exchanges.length - pulls.length, brokenPulls.length]).toEqual([13, 12, 3]);
});

describe('pulls', () => {
  it.each(pulls.filter((pull) => !brokenPulls.includes(pull)).map((exchange) => [exchange.name, exchange] as const))(
    '%s',
    async (_name, exchange) => {
      await prepare(exchange);
      const { code, remark, extFields } = exchange.decoded.response!;
      const answer = await answerTo(Buffer.from(exchange.requestHex, 'hex'));
      expect(answer.code).toBe(code);
      if (code === 25) return;
      expect(answer.remark).toBe(remark);
      for (const name of ['nextBeginOffset', 'minOffset', 'maxOffset'])
        expect([name, answer.extFields?.get(name)]).toEqual([name, extFields![name]]);
      const texts = (body: Uint8Array): string[] => (code === 0 ? decodeMessages(body).map((message) => message.text()) : []);
      expect(texts(answer.body!)).toEqual(texts(goldenBody(exchange.responseHex!)));
    },
  );

  it.each(brokenPulls.map((exchange) => [exchange.name, exchange] as const))('%s is refused here', async (_name, exchange) => {
    await prepare(exchange);
    expect(exchange.decoded.response!.code).toBe(0);
    expect(await answerTo(Buffer.from(exchange.requestHex, 'hex'))).toMatchObject({
      code: 23,
      remark: expect.stringContaining('column 4'),
    });
  });
});

describe('CHECK_CLIENT_CONFIG', () => {
  it.each(exchanges.filter(({ code }) => code === CHECK).map((exchange) => [exchange.name, exchange] as const))(
    '%s',
    async (_name, exchange) => {
      const { code, remark } = exchange.decoded.response!;
      const answer = await answerTo(Buffer.from(exchange.requestHex, 'hex'));
      expect(answer.code).toBe(code);
      // Both name the same place.
      const place = /line \d+, column \d+/;
      expect(place.exec(answer.remark ?? '')?.[0]).toBe(place.exec(remark ?? '')?.[0]);
    },
  );
});
