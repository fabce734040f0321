// Captured requests of every served code, damaged at random, against running servers: each is answered once or costs its sender the
// connection, and nobody else notices.
import { REMOTING_SERVER } from 'nest-rocketmq/server';
import { SeededRandom } from 'rocketmq-core/common';
import { decodeCommand, encodeCommand, type RemotingServer } from 'rocketmq-core/remoting';
import { REQUEST_TABLE } from 'rocketmq-core/protocol';
import { type TestBroker, startBroker } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';
import { GOLDEN_FAMILIES, goldenExchanges } from '../support/golden-exchanges.js';
import { type TestNamesrv, startNamesrv } from '../support/namesrv.js';
import { jsonFrame, RawConnection } from '../support/raw-connection.js';

const SEED = Number(process.env['SEED'] ?? 20_261_121);
const FRAMES_PER_CODE = 40;
const ONE_WAY = 2;
// prettier-ignore
const BROKER_CODES = [
  10, 11, 12, 14, 15, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 41, 42, 46, 203, 222, 223, 307, 309, 310, 314, 320, 324, 325, 361, 370, 400, 401, 402,
  200050, 200051, 200052, 200053, 200054, 200055, 200056, 200151,
];
const NAMESRV_CODES = [100, 101, 102, 103, 104, 105, 106, 205, 206, 216, 217, 219, 224, 304, 311, 312, 313, 318, 319, 322, 327, 901, 904];
const HOSTILE = [
  '../x',
  '__proto__',
  'constructor',
  '\u0000\u0001\u0002',
  'x'.repeat(300),
  '%RETRY%',
  '',
  '-1',
  '9223372036854775808',
  '1e9',
  'NaN',
  '𝒳',
];

/** Captured frames by code; a code nobody was captured with gets one with every field of its row filled in. */
function samplesOf(code: number): Buffer[] {
  const captured = GOLDEN_FAMILIES.flatMap((family) => goldenExchanges(family))
    .filter((exchange) => exchange.code === code && exchange.requestHex.length < 8000)
    .map((exchange) => Buffer.from(exchange.requestHex, 'hex'));
  if (captured.length > 0) return captured;
  const row = [...REQUEST_TABLE.values()].find((each) => each.code === code)!;
  return [jsonFrame({ code, extFields: Object.fromEntries(Object.keys(row.request.header).map((key) => [key, '1'])) })];
}

class Damage {
  private readonly random: SeededRandom;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
  }

  of(sample: Buffer, opaque: number): { frame: Buffer; isOneWay: boolean } {
    const frame = this.random.int(2) === 0 ? this.bytes(sample) : this.fields(sample, opaque);
    // A frame that says it is longer than it is would wait for the rest: the frame time-out's business, tested with it.
    frame.writeInt32BE(frame.length - 4, 0);
    return { frame, isOneWay: this.isOneWay(frame) };
  }

  /** Bytes changed, cut and repeated anywhere behind the length. */
  private bytes(sample: Buffer): Buffer {
    const bytes = [...sample];
    for (let n = 1 + this.random.int(5); n > 0; n--) {
      const at = 4 + this.random.int(Math.max(1, bytes.length - 4));
      bytes.splice(at, this.random.int(3), ...Array.from({ length: this.random.int(3) }, () => this.random.int(256)));
    }
    while (bytes.length < 8) bytes.push(0);
    return Buffer.from(bytes);
  }

  /** A well-formed frame with hostile values, without some fields, with others added. */
  private fields(sample: Buffer, opaque: number): Buffer {
    const command = decodeCommand(sample);
    const extFields = new Map(command.extFields);
    for (const key of [...extFields.keys(), 'topic', 'extra']) {
      const choice = this.random.int(6);
      if (choice === 0) extFields.delete(key);
      else if (choice < 3) extFields.set(key, HOSTILE[this.random.int(HOSTILE.length)]!);
    }
    const body =
      command.body !== undefined && this.random.int(3) === 0
        ? command.body.subarray(0, this.random.int(command.body.length))
        : command.body;
    return Buffer.from(
      encodeCommand({ ...command, opaque, extFields, body, serializeType: this.random.int(2) === 0 ? 'JSON' : 'ROCKETMQ' }),
    );
  }

  private isOneWay(frame: Buffer): boolean {
    try {
      return (decodeCommand(frame).flag & (ONE_WAY | 1)) !== 0;
    } catch {
      return false;
    }
  }
}

/** Sends the damaged frames of a code; answers how many were answered and how many cost the connection. */
async function bombard(address: { host: string; port: number }, code: number): Promise<{ answered: number; cut: number; silent: number }> {
  const damage = new Damage(SEED + code);
  const samples = samplesOf(code);
  const counts = { answered: 0, cut: 0, silent: 0 };
  let connection = await RawConnection.open(address);
  for (let n = 0; n < FRAMES_PER_CODE; n++) {
    if (connection.isClosed) connection = await RawConnection.open(address);
    const { frame, isOneWay } = damage.of(samples[n % samples.length]!, 1000 + n);
    connection.send(frame);
    if (isOneWay) {
      counts.silent++;
      continue;
    }
    // A held pull is answered with the question that follows it; either way the next frame proves that the server goes on.
    connection.send(jsonFrame({ code: 9999, opaque: 777_777 }));
    let answer = await connection.next();
    const first = answer;
    while (answer !== undefined && decodeCommand(answer).opaque !== 777_777) answer = await connection.next();
    if (answer === undefined) counts.cut++;
    else if (first !== answer) counts.answered++;
    else counts.silent++;
  }
  await connection.close();
  return counts;
}

describe('damaged requests to a broker', () => {
  let broker: TestBroker;
  let client: BrokerClient;
  const rejections: unknown[] = [];
  const note = (error: unknown): void => void rejections.push(error);

  beforeAll(async () => {
    process.on('unhandledRejection', note);
    broker = await startBroker();
    client = new BrokerClient(broker.address);
    await client.send('witness', 'before');
  });
  afterAll(async () => {
    process.off('unhandledRejection', note);
    await client.close();
    await broker.close();
  });

  it('are of every code it serves', () => {
    const server = broker.app.get<RemotingServer>(REMOTING_SERVER, { strict: false });
    expect(server.handledCodes().toSorted((a, b) => a - b)).toEqual(BROKER_CODES);
  });

  it.each(BROKER_CODES)('code %i', async (code) => {
    const counts = await bombard(broker, code);
    expect(counts.answered).toBeGreaterThan(0);
    expect((await client.send('witness', 'still here')).code).toBe(0);
    expect(rejections).toEqual([]);
  });
});

describe('damaged requests to a name server', () => {
  let namesrv: TestNamesrv;

  beforeAll(async () => {
    namesrv = await startNamesrv();
  });
  afterAll(() => namesrv.close());

  it.each(NAMESRV_CODES)('code %i', async (code) => {
    const witness = await RawConnection.open(namesrv.address);
    const counts = await bombard(namesrv.address, code);
    expect(counts.answered).toBeGreaterThan(0);
    const answer = decodeCommand((await witness.request(jsonFrame({ code: 206, opaque: 5 })))!);
    expect([answer.opaque, answer.code]).toEqual([5, 0]);
    await witness.close();
  });
});
