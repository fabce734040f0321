// Captured requests of Java clients, brokers and mqadmin 4.9.7 and 5.5.0 against our name server: same response code, same ext field names,
// same body by structure.
import { parseJson } from 'rocketmq-core/protocol';
import { goldenBody, type GoldenExchange, goldenExchanges } from '../support/golden-exchanges.js';
import { startNamesrv, type TestNamesrv } from '../support/namesrv.js';
import { jsonFrame, RawConnection, readJsonFrame } from '../support/raw-connection.js';

const REMARKED_ONLY_BY_JAVA = 'not set any response code';

/** Registrations that Apache's name server cannot read for a defect of one side, and ours can; then nothing else of the answer compares. */
const ACCEPTED_HERE_ONLY = new Map([
  ['register-broker / register / 4.9.7 to 4.9.7 / JSON #5', 'compressed, with a blank in the topic name `%RETRY%bad group!`'],
  ['register-broker / register / 5.5.0 to 5.5.0 / JSON #2', 'compressed, with compressed=false in the header'],
]);

let server: TestNamesrv;
let connection: RawConnection;

async function open(config: Parameters<typeof startNamesrv>[0] = {}): Promise<void> {
  server = await startNamesrv(config);
  connection = await RawConnection.open(server.address);
}

async function shut(): Promise<void> {
  await connection.close();
  await server.close();
}

const send = async (frame: Buffer) => {
  const answer = await connection.request(frame);
  if (answer === undefined) throw new Error('the connection was closed');
  return readAnswer(answer);
};

/** Answers to ROCKETMQ requests may come in either form; only JSON ones are read here, the others by their code. */
function readAnswer(frame: Buffer): { code: number; extFields?: Record<string, string>; remark?: string; body: Buffer } {
  if (frame[4] === 0) return readJsonFrame(frame);
  const headerLength = frame.readUInt32BE(4) & 0xffffff;
  const remarkLength = frame.readUInt32BE(8 + 13);
  const extStart = 8 + 17 + remarkLength;
  const extEnd = extStart + 4 + frame.readUInt32BE(extStart);
  const extFields: Record<string, string> = {};
  for (let at = extStart + 4; at < extEnd;) {
    const keyLength = frame.readUInt16BE(at);
    const key = frame.toString('utf8', at + 2, at + 2 + keyLength);
    const valueLength = frame.readUInt32BE(at + 2 + keyLength);
    const valueStart = at + 6 + keyLength;
    extFields[key] = frame.toString('utf8', valueStart, valueStart + valueLength);
    at = valueStart + valueLength;
  }
  return {
    code: frame.readUInt16BE(8),
    extFields,
    remark: frame.toString('utf8', 8 + 17, extStart),
    body: frame.subarray(8 + headerLength),
  };
}

const replay = (exchange: GoldenExchange) => send(Buffer.from(exchange.requestHex, 'hex'));
const toNamesrv = (exchange: GoldenExchange): boolean => /-> java \S+ namesrv/.test(exchange.peer);
const targetOf = (exchange: GoldenExchange): string => /-> java (\S+) /.exec(exchange.peer)![1]!;

function expectLikeGolden(exchange: GoldenExchange, answer: Awaited<ReturnType<typeof send>>): void {
  const { response } = exchange.decoded;
  if (ACCEPTED_HERE_ONLY.has(exchange.name)) {
    expect([exchange.name, response!.code, answer.code]).toEqual([exchange.name, 1, 0]);
    return;
  }
  expect({ name: exchange.name, code: answer.code }).toEqual({ name: exchange.name, code: response!.code });
  expect(Object.keys(answer.extFields ?? {}).toSorted()).toEqual(Object.keys(response!.extFields ?? {}).toSorted());
  expect(structureOf(answer.body)).toEqual(structureOf(goldenBody(exchange.responseHex!)));
  if (response!.code === 0 && response!.remark !== REMARKED_ONLY_BY_JAVA)
    expect(answer.remark || undefined).toBe(response!.remark ?? undefined);
}

/** Member names and kinds, one level; for properties text the fact that it is one. */
function structureOf(body: Buffer): unknown {
  if (body.length === 0) return 'no body';
  if (body[0] !== 0x7b) return 'text';
  const parsed = parseJson(body) as Record<string, unknown> | Map<unknown, unknown>;
  const entries = parsed instanceof Map ? [...parsed] : Object.entries(parsed);
  // A data version of 4.9.7 has no stateVersion; ours is that of 5.5.0.
  if (entries.some(([key]) => key === 'counter') && !entries.some(([key]) => key === 'stateVersion')) entries.push(['stateVersion', 0]);
  return Object.fromEntries(entries.map(([key, value]) => [String(key), Array.isArray(value) ? 'list' : typeof value]));
}

function registerFrame(extFields: Record<string, string>, topics: Record<string, { perm: number; read: number; write: number }>): Buffer {
  const topicConfigTable = Object.fromEntries(
    Object.entries(topics).map(([topicName, { perm, read, write }]) => [
      topicName,
      { order: false, perm, readQueueNums: read, topicFilterType: 'SINGLE_TAG', topicName, topicSysFlag: 0, writeQueueNums: write },
    ]),
  );
  const wrapper = { dataVersion: { counter: 1, stateVersion: 0, timestamp: 1 }, topicConfigTable };
  const body = Buffer.from(JSON.stringify({ filterServerList: [], topicConfigSerializeWrapper: wrapper }));
  const header = { haServerAddr: '127.0.0.1:1', brokerId: '0', compressed: 'false', bodyCrc32: '0', ...extFields };
  return jsonFrame({ code: 103, extFields: header }, body);
}

describe.each(['4.9.7', '5.5.0'])('captured against the %s name server', (target) => {
  const ofTarget = (family: string) => goldenExchanges(family).filter((exchange) => toNamesrv(exchange) && targetOf(exchange) === target);

  it('kv: every exchange in the captured order', async () => {
    await open();
    const exchanges = ofTarget('kv');
    expect(exchanges.length).toBeGreaterThan(10);
    for (const exchange of exchanges) expectLikeGolden(exchange, await replay(exchange));
    await shut();
  });

  it('route: the very same body, byte for byte, from the same brokers and topics', async () => {
    const exchanges = ofTarget('route');
    expect(exchanges.length).toBeGreaterThan(8);
    for (const exchange of exchanges) {
      await open();
      const body = goldenBody(exchange.responseHex!);
      if (exchange.decoded.response!.code === 0) {
        const route = JSON.parse(body.toString('utf8')) as {
          brokerDatas: Array<{ brokerAddrs: Record<string, string>; brokerName: string; cluster: string }>;
          queueDatas: Array<{ perm: number; readQueueNums: number; writeQueueNums: number }>;
        };
        const [broker] = route.brokerDatas;
        const [queues] = route.queueDatas;
        const topic = { perm: queues!.perm, read: queues!.readQueueNums, write: queues!.writeQueueNums };
        const identity = { brokerName: broker!.brokerName, clusterName: broker!.cluster, brokerAddr: broker!.brokerAddrs['0']! };
        const registered = await send(registerFrame(identity, { [exchange.decoded.request.extFields!.topic!]: topic, Other: topic }));
        expect(registered.code).toBe(0);
      }
      const answer = await replay(exchange);
      expect(answer.code).toBe(exchange.decoded.response!.code);
      // 4.9.7 does not know acting masters; the rest of its body is the same.
      const expected =
        target === '5.5.0' ? body.toString('utf8') : body.toString('utf8').replace(/("cluster":"[^"]*")/, '$1,"enableActingMaster":false');
      expect(answer.body.toString('utf8')).toBe(expected);
      await shut();
    }
  });

  it('namesrv: lists, permissions, members, configuration', async () => {
    const exchanges = ofTarget('namesrv');
    expect(exchanges.length).toBeGreaterThan(12);
    for (const exchange of exchanges) {
      await open();
      const body = exchange.decoded.response!.bodyUtf8 ?? '';
      if (body.includes('brokerAddr":"') || body.includes(':{"brokerAddrs"')) {
        const topic = { perm: 6, read: 4, write: 4 };
        await send(
          registerFrame({ brokerName: 'broker-b', clusterName: 'DefaultCluster', brokerAddr: '127.0.0.1:21120' }, { A: topic, B: topic }),
        );
      }
      expectLikeGolden(exchange, await replay(exchange));
      await shut();
    }
  });

  it('register-broker: full, compressed, bad, one-way, from master and slave', async () => {
    const exchanges = ofTarget('register-broker');
    expect(exchanges.length).toBeGreaterThan(8);
    for (const exchange of exchanges) {
      await open();
      await prepare(exchange);
      if (exchange.responseHex === null) {
        connection.send(Buffer.from(exchange.requestHex, 'hex'));
        // Exactly nothing comes back for it: the next answer is the next question's.
        const next = await connection.request(jsonFrame({ code: 106, opaque: 424_242 }));
        expect(readJsonFrame(next!).opaque).toBe(424_242);
      } else expectLikeGolden(exchange, await replay(exchange));
      await shut();
    }
  });

  /** What the captured name server knew before the exchange, as far as its answer depends on it. */
  async function prepare(exchange: GoldenExchange): Promise<void> {
    const { request, response } = exchange.decoded;
    const fields = request.extFields!;
    if (response?.extFields?.masterAddr !== undefined) {
      const identity = { brokerName: fields.brokerName!, clusterName: fields.clusterName!, brokerAddr: response.extFields.masterAddr };
      const topic = { perm: 6, read: 1, write: 1 };
      await send(registerFrame({ ...identity, haServerAddr: response.extFields.haServerAddr! }, { A: topic, B: topic }));
    }
    if (response?.bodyUtf8?.includes('"table"')) {
      await send(jsonFrame({ code: 100, extFields: { namespace: 'ORDER_TOPIC_CONFIG', key: 'TopicAdmOrder', value: 'broker-b:4' } }));
    }
    if (exchange.code === 322 && response?.bodyUtf8 !== undefined) {
      const topic = { perm: 6, read: 1, write: 1 };
      await send(registerFrame({ ...fields }, { A: topic, B: topic }));
    }
  }
});

describe('route forms', () => {
  beforeEach(() => open());
  afterEach(() => shut());

  it('quotes broker ids for clients from 4.9.4 on and for those who ask, not for others', async () => {
    const topic = { perm: 6, read: 1, write: 1 };
    await send(registerFrame({ brokerName: 'b', clusterName: 'c', brokerAddr: '127.0.0.1:1' }, { T: topic, U: topic }));
    const ask = async (version: number, extFields: Record<string, string> = {}) =>
      (await send(jsonFrame({ code: 105, version, extFields: { topic: 'T', ...extFields } }))).body.toString('utf8');
    for (const plain of [await ask(400), await ask(0, { acceptStandardJsonOnly: 'false' })])
      expect(plain).toContain('{"brokerAddrs":{0:"127.0.0.1:1"}');
    for (const quoted of [await ask(401), await ask(0, { acceptStandardJsonOnly: 'true' })]) {
      expect(quoted).toContain('{"brokerAddrs":{"0":"127.0.0.1:1"}');
    }
  });
});
