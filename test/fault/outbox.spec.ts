// An outbox whose process is killed at every step: after the half message, within the SQL transaction, after its commit, after the broker was told.
// What the database holds is what is delivered, once. 120 payments, or PAYMENTS=1000 of them.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { GET_MAX_OFFSET } from 'rocketmq-core/protocol';
import { DataSource } from 'typeorm';
import { TransactionClient } from '../support/transaction-client.js';
import { until } from '../support/until.js';

const PAYMENTS = Number(process.env['PAYMENTS'] ?? 120);
const STEPS = ['half', 'working', 'committed', 'told', 'working', 'half', 'committed'] as const;
const TOPIC = 'Payments';
const QUEUES = 2;
const HALF_TOPIC = 'RMQ_SYS_TRANS_HALF_TOPIC';
const root = fileURLToPath(new URL('../../', import.meta.url));

interface Member {
  readonly child: ChildProcess;
  readonly told: Map<string, number[]>;
  end: string | undefined;
  errors: string;
}

describe(`${PAYMENTS} payments through an outbox, members killed`, () => {
  let cluster: EmbeddedRocketMQ;
  let home: string;
  const members: Member[] = [];

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'nrmq-outbox-'));
    cluster = await EmbeddedRocketMQ.start({
      brokerConfig: {
        transactionTimeOut: 300,
        transactionCheckInterval: 200,
        transactionCheckMax: 100_000,
        defaultTopicQueueNums: QUEUES,
      },
    });
  });
  afterAll(async () => {
    for (const { child } of members) child.kill('SIGKILL');
    await cluster?.stop();
    await rm(home, { recursive: true, force: true });
  });

  async function run(first: number, count: number, dieAt: string, dieAfter: number): Promise<Member> {
    const loader = ['--disable-warning=ExperimentalWarning', '--import', './test/support/ts-loader.mjs'];
    const args = [cluster.nameServer, TOPIC, join(home, 'db'), first, count, dieAt, dieAfter].map(String);
    const child = spawn(process.execPath, [...loader, 'test/support/outbox-process.ts', ...args], { cwd: root, stdio: 'pipe' });
    const member: Member = { child, told: new Map(), end: undefined, errors: '' };
    members.push(member);
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const [step, id] = line.split(' ') as [string, string];
        member.told.set(step, [...(member.told.get(step) ?? []), Number(id)]);
      }
    });
    child.stderr.on('data', (chunk: Buffer) => (member.errors += chunk.toString()));
    child.once('exit', (code, signal) => (member.end = String(code ?? signal)));
    await until(() => member.told.has('finished') || member.end !== undefined, 60_000);
    if (!member.told.has('finished') && member.end !== 'SIGKILL') throw new Error(`a member ended with ${member.end}\n${member.errors}`);
    return member;
  }

  const union = (step: string): Set<number> => new Set(members.flatMap(({ told }) => told.get(step) ?? []));

  it(
    'the database and the topic agree',
    async () => {
      const perRound = Math.ceil(PAYMENTS / (STEPS.length + 1));
      let next = 1;
      for (const [round, step] of STEPS.entries()) {
        const { told } = await run(next, perRound, step, round % 3);
        next = Math.max(next, ...(told.get('begins') ?? [])) + 1;
      }
      // The last one lives: it answers for those who died.
      await run(next, Math.max(perRound, PAYMENTS - next + 1), 'never', 0);
      const client = new TransactionClient(cluster.brokers[0]!.address, 'outbox-watch');
      const undecided = async (): Promise<number> => {
        const max = await client.remoting.call(GET_MAX_OFFSET, client.address, { topic: HALF_TOPIC, queueId: 0 });
        return max.header!.offset - ((await client.committed('CID_RMQ_SYS_TRANS', HALF_TOPIC, 0)).header?.offset ?? 0);
      };
      await until(async () => (await undecided()) === 0, 60_000);
      const visible: number[] = [];
      for (let queueId = 0; queueId < QUEUES; queueId++) visible.push(...(await client.bodies(TOPIC, queueId)).map(Number));
      await client.close();

      const database = new DataSource({ type: 'sqljs', database: await readFile(join(home, 'db')) });
      await database.initialize();
      const rows = await database.query<Array<{ id: number }>>('SELECT id FROM payment');
      const paid = new Set(rows.map(({ id }) => id));
      const rolledBack = await database.query<unknown[]>("SELECT id FROM rocketmq_transaction WHERE decision = 'ROLLBACK'");
      await database.destroy();
      const counts = {
        begun: union('begins').size,
        paid: paid.size,
        visible: visible.length,
        checked: union('checked').size,
        killed: members.filter(({ end }) => end === 'SIGKILL').length,
        rolledBackByCheck: rolledBack.length,
        visibleAndNotPaid: visible.filter((id) => !paid.has(id)),
        paidAndNotVisible: [...paid].filter((id) => !visible.includes(id)),
        visibleTwice: visible.length - new Set(visible).size,
        refusedAndPaid: [...paid].filter((id) => id % 3 === 0),
      };
      process.stdout.write(`outbox: ${JSON.stringify(counts)}\n`);
      expect(counts).toMatchObject({ visibleAndNotPaid: [], paidAndNotVisible: [], visibleTwice: 0, refusedAndPaid: [] });
      expect(counts.begun).toBeGreaterThanOrEqual(PAYMENTS);
      expect(counts.killed).toBe(STEPS.length);
      // Kills after the commit were answered by others with COMMIT, those before it with ROLLBACK.
      expect(counts.checked).toBeGreaterThanOrEqual(4);
      expect(counts.rolledBackByCheck).toBeGreaterThanOrEqual(2);
    },
    120_000 + PAYMENTS * 500,
  );
});
