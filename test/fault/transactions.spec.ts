// Transactions while producers and broker are killed at every step: nothing rolled back is ever seen, everything committed is in the log
// exactly once, nothing stays undecided. 500 transactions, or TRANSACTIONS=20000 of them.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SeededRandom } from 'rocketmq-core/common';
import { GET_MAX_OFFSET } from 'rocketmq-core/protocol';
import { freePorts } from '../support/free-ports.js';
import { startNamesrv, type TestNamesrv } from '../support/namesrv.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { TransactionClient } from '../support/transaction-client.js';
import { decisionOf } from '../support/transaction-plan.js';
import { until } from '../support/until.js';

const TRANSACTIONS = Number(process.env['TRANSACTIONS'] ?? 500);
const SEED = Number(process.env['SEED'] ?? 20_261_121);
const TOPIC = 'Transfers';
const QUEUES = 2;
const HALF_TOPIC = 'RMQ_SYS_TRANS_HALF_TOPIC';
const GIVEN_UP_TOPIC = 'TRANS_CHECK_MAX_TIME_TOPIC';
/** Steps of a producer at which it kills itself, and 'broker': the broker is killed instead. */
const DEATHS = ['begins', 'stored', 'executed', 'told', 'checked', 'broker', 'broker'] as const;
/** One round, in a slow place. */
const LIMIT_MS = 30_000 + TRANSACTIONS * 50;
const ROUNDS = DEATHS.length * (TRANSACTIONS > 5000 ? 4 : 1);
const AT_ONCE = TRANSACTIONS > 5000 ? 16 : 4;
const root = fileURLToPath(new URL('../../', import.meta.url));

/** A producer process and what it told. */
class Producer {
  readonly told = new Map<string, Set<number>>();
  isReady = false;
  isFinished = false;
  exit: string | undefined;
  private readonly child: ChildProcess;
  private rest = '';
  private errors = '';

  constructor(args: readonly string[]) {
    const loader = ['--disable-warning=ExperimentalWarning', '--import', './test/support/ts-loader.mjs'];
    this.child = spawn(process.execPath, [...loader, 'test/support/transaction-process.ts', ...args], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdout!.on('data', (chunk: Buffer) => this.read(chunk.toString()));
    this.child.stderr!.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
    this.child.once('exit', (code, signal) => (this.exit = `${code ?? signal}`));
  }

  ids(step: string): Set<number> {
    return this.told.get(step) ?? new Set();
  }

  /** Until it has begun, or died trying. */
  async ready(): Promise<void> {
    await until(() => this.isReady || this.exit !== undefined);
    if (!this.isReady) throw new Error(`the producer ended with ${this.exit}\n${this.errors}`);
  }

  /** Until it has sent all it should; one that ends before is a failure unless that was wanted. */
  async finished(): Promise<void> {
    await until(() => this.isFinished || this.exit !== undefined, LIMIT_MS);
    if (!this.isFinished) throw new Error(`a producer ended with ${this.exit} before it was done\n${this.errors}`);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await until(() => this.exit !== undefined);
  }

  private read(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop()!;
    for (const line of lines) {
      const [step, id] = line.split(' ') as [string, string | undefined];
      if (step === 'ready') this.isReady = true;
      else if (step === 'finished') this.isFinished = true;
      else if (!this.told.has(step)) this.told.set(step, new Set([Number(id)]));
      else this.told.get(step)!.add(Number(id));
    }
  }
}

describe(`${TRANSACTIONS} transactions, producers and broker killed`, () => {
  let home: string;
  let port: number;
  let namesrv: TestNamesrv;
  let nameServer: string;
  let broker: ServerProcess | undefined;
  let brokerKills = 0;
  const producers: Producer[] = [];

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'nrmq-tx-'));
    [port] = (await freePorts(1)) as [number];
    namesrv = await startNamesrv();
    nameServer = `127.0.0.1:${namesrv.address.port}`;
    const lines = [
      'brokerIP1=127.0.0.1',
      'brokerName=broker-a',
      `listenPort=${port}`,
      `namesrvAddr=${nameServer}`,
      `storePathRootDir=${home}/store`,
      `defaultTopicQueueNums=${QUEUES}`,
      'mappedFileSizeCommitLog=4194304',
      'transactionTimeOut=300',
      'transactionCheckInterval=200',
      // Nobody is there to answer while a producer starts again: that must not use up the checks.
      'transactionCheckMax=100000',
    ];
    await writeFile(join(home, 'broker.conf'), `${lines.join('\n')}\n`);
    await startBroker();
  });
  afterAll(async () => {
    for (const producer of producers) if (producer.exit === undefined) await producer.kill();
    await broker?.kill();
    await namesrv?.close();
    await rm(home, { recursive: true, force: true });
  });

  async function startBroker(): Promise<void> {
    broker = await startServer('broker', ['-c', join(home, 'broker.conf')], { HOME: home, ROCKETMQ_LOG_DIR: join(home, 'logs') });
  }

  async function restartBroker(): Promise<void> {
    await broker!.kill();
    brokerKills++;
    await startBroker();
  }

  function startProducer(first: number, count: number, dieAt: string, dieAfter: number): Producer {
    const producer = new Producer([nameServer, TOPIC, first, count, AT_ONCE, dieAt, dieAfter].map(String));
    producers.push(producer);
    return producer;
  }

  /** One member dies, or the broker does, while another works on. */
  async function round(first: number, count: number, death: string, random: SeededRandom): Promise<void> {
    const mine = Math.floor(count / 2);
    const isBroker = death === 'broker';
    const victim = startProducer(
      first,
      mine,
      isBroker ? 'never' : death,
      random.int(Math.max(1, Math.floor(mine / (death === 'checked' ? 10 : 2)))),
    );
    const other = startProducer(first + mine, count - mine, 'never', 0);
    await Promise.all([victim.ready().catch(() => undefined), other.ready()]);
    let heir = victim;
    if (isBroker) {
      const soMany = random.int(mine);
      await until(() => victim.ids('begins').size + other.ids('begins').size > soMany);
      await restartBroker();
    } else {
      await until(() => victim.exit !== undefined || victim.isFinished, LIMIT_MS);
      const next = Math.max(first - 1, ...victim.ids('begins')) + 1;
      heir = startProducer(next, first + mine - next, 'never', 0);
      await heir.ready();
    }
    await heir.finished();
    await heir.kill();
    await other.finished();
    // Alone with what the victims left behind; every other round it dies, too, before that is done.
    if (random.int(2) === 0) await other.kill();
  }

  async function undecided(client: TransactionClient): Promise<number> {
    const max = await client.remoting.call(GET_MAX_OFFSET, client.address, { topic: HALF_TOPIC, queueId: 0 });
    return max.header!.offset - ((await client.committed('CID_RMQ_SYS_TRANS', HALF_TOPIC, 0)).header?.offset ?? 0);
  }

  it(
    `seed ${SEED}`,
    async () => {
      const random = new SeededRandom(SEED);
      const perRound = Math.ceil(TRANSACTIONS / ROUNDS);
      for (let i = 0; i < ROUNDS; i++) {
        const first = i * perRound;
        await round(first, Math.min(perRound, TRANSACTIONS - first), DEATHS[i % DEATHS.length]!, random);
      }
      const last = startProducer(0, 0, 'never', 0);
      await last.ready();
      const client = new TransactionClient(`127.0.0.1:${port}`);
      await until(async () => (await undecided(client)) === 0, 60_000);
      // What is decided stays decided.
      await restartBroker();
      const asked = last.ids('checked').size;
      await until(async () => (await undecided(client)) === 0, 60_000);
      const copies = new Map<number, number>();
      for (let queueId = 0; queueId < QUEUES; queueId++) {
        for (const body of await client.bodies(TOPIC, queueId)) copies.set(Number(body), (copies.get(Number(body)) ?? 0) + 1);
      }
      const givenUp = await client.bodies(GIVEN_UP_TOPIC, 0).catch(() => []);
      await client.close();

      const union = (step: string): Set<number> => new Set(producers.flatMap((producer) => [...producer.ids(step)]));
      const begun = union('begins');
      const stored = union('stored');
      const visible = [...copies.keys()];
      const counts = {
        begun: begun.size,
        stored: stored.size,
        committed: [...stored].filter((id) => decisionOf(id) === 'commit').length,
        visible: visible.length,
        checked: union('checked').size,
        brokerKills,
        producersKilled: producers.filter(({ exit }) => exit === 'SIGKILL').length,
        rolledBackVisible: visible.filter((id) => decisionOf(id) === 'rollback'),
        neverBegunVisible: visible.filter((id) => !begun.has(id)),
        committedMissing: [...stored].filter((id) => decisionOf(id) === 'commit' && !copies.has(id)),
        committedTwice: [...copies].filter(([, count]) => count > 1).map(([id]) => id),
        givenUp: givenUp.length,
        askedAgainAfterTheEnd: last.ids('checked').size - asked,
      };
      process.stdout.write(`transactions: seed ${SEED} ${JSON.stringify(counts)}\n`);
      expect(counts).toMatchObject({
        rolledBackVisible: [],
        neverBegunVisible: [],
        committedMissing: [],
        committedTwice: [],
        givenUp: 0,
        askedAgainAfterTheEnd: 0,
      });
      // The test has done what it says: transactions were left to other members, and every kind of death happened.
      expect(counts.stored).toBeGreaterThan(TRANSACTIONS * 0.6);
      expect(counts.begun).toBe(TRANSACTIONS);
      expect(counts.checked).toBeGreaterThan(0);
      expect(counts.producersKilled).toBeGreaterThanOrEqual(5);
      expect(brokerKills).toBeGreaterThanOrEqual(3);
    },
    30_000 + TRANSACTIONS * 400,
  );
});
