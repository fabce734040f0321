// Messages processed once, over a real Redis: the store's contract, a store that is away, and members killed at every step between claim and
// acknowledgement, with every message sent twice. 300 messages, or MESSAGES=5000 of them.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Redis } from 'ioredis';
import { DefaultMQProducer, Message } from 'rocketmq-core';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { RedisIdempotencyStore } from 'nest-rocketmq/redis';
import { idempotencyStoreContract } from '../support/idempotency-contract.js';
import { hasRedisServer, type RedisServer, startRedis } from '../support/redis-server.js';
import { until } from '../support/until.js';

const MESSAGES = Number(process.env['MESSAGES'] ?? 300);
const TOPIC = 'PaidOnce';
const LEASE_MS = 1000;
const STEPS = ['claimed', 'processed', 'done'] as const;
const KILLS = 9;
const root = fileURLToPath(new URL('../../', import.meta.url));
const withRedis = hasRedisServer() ? describe : describe.skip;

interface Step {
  readonly name: string;
  readonly id: string;
  readonly member: string;
}

withRedis('RedisIdempotencyStore', () => {
  let server: RedisServer;
  let redis: Redis;

  beforeAll(async () => {
    server = await startRedis();
    redis = server.connect();
    await until(() => redis.status === 'ready');
  });
  afterAll(() => server?.close());

  const clockMs = async (): Promise<number> => {
    const [seconds, micros] = await redis.time();
    return Number(seconds) * 1000 + Number(micros) / 1000;
  };

  idempotencyStoreContract(() => ({
    store: new RedisIdempotencyStore(redis),
    async pass(ms) {
      const from = await clockMs();
      // A key ends a millisecond after its time at the latest.
      await until(async () => (await clockMs()) - from > ms + 1);
    },
  }));

  it('keeps to its prefix, and every key ends by itself', async () => {
    const store = new RedisIdempotencyStore(redis, { keyPrefix: 'mine:' });
    await store.claim('a', 'owner', 60_000);
    await store.claim('b', 'owner', 60_000);
    await store.complete('b', 'owner', 90_000);
    expect((await redis.keys('mine:*')).toSorted()).toEqual(['mine:a', 'mine:b']);
    for (const key of ['mine:a', 'mine:b']) expect(await redis.pttl(key)).toBeGreaterThan(50_000);
  });

  it('rejects while the server is away and works again when it is back, its scripts forgotten', async () => {
    const store = new RedisIdempotencyStore(redis);
    expect(await store.claim('away', 'owner', 60_000)).toEqual({ state: 'CLAIMED' });
    await server.kill();
    await expect(store.claim('away', 'other', 60_000)).rejects.toThrow();
    await server.start();
    await until(() => redis.status === 'ready');
    expect(await store.claim('away', 'other', 60_000)).toEqual({ state: 'CLAIMED' });
  });
});

withRedis(`${MESSAGES} messages sent twice, members killed`, () => {
  let cluster: EmbeddedRocketMQ;
  let server: RedisServer;
  let redis: Redis;
  const children: ChildProcess[] = [];
  const killed = new Set<number>();
  const ready = new Set<number>();
  let errors = '';

  beforeAll(async () => {
    server = await startRedis();
    redis = server.connect();
    await until(() => redis.status === 'ready');
    cluster = await EmbeddedRocketMQ.start();
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await cluster?.stop();
    await server?.close();
  });

  async function startMember(dieAt: string, dieAfter: number): Promise<number> {
    const member = children.length;
    const loader = ['--disable-warning=ExperimentalWarning', '--import', './test/support/ts-loader.mjs'];
    const args = [cluster.nameServer, server.port, TOPIC, 'once', `${LEASE_MS}ms`, member, dieAt, dieAfter].map(String);
    const child = spawn(process.execPath, [...loader, 'test/support/idempotent-process.ts', ...args], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    children.push(child);
    child.stdout.once('data', () => ready.add(member));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('exit', (_code, signal) => signal === 'SIGKILL' && killed.add(member));
    await until(() => ready.has(member) || child.exitCode !== null || killed.has(member));
    if (child.exitCode !== null) throw new Error(`a member ended\n${errors}`);
    return member;
  }

  /** What all members did, in one order. */
  async function stepsSoFar(): Promise<Step[]> {
    const lines = await redis.lrange('steps', 0, -1);
    return lines.map((line) => {
      const [name, id, member] = line.split(' ') as [string, string, string];
      return { name, id, member };
    });
  }

  async function send(from: number, count: number, producer: DefaultMQProducer): Promise<void> {
    const messages = Array.from({ length: count }, (_, i) => new Message({ topic: TOPIC, body: String(from + i) }));
    const copies = messages.map(({ body }) => new Message({ topic: TOPIC, body }));
    for (let i = 0; i < count; i += 50) await producer.send([...messages.slice(i, i + 50), ...copies.slice(i, i + 50)]);
  }

  it(
    'each is processed; once it is done it is never processed again',
    async () => {
      const producer = new DefaultMQProducer('once-sender', { namesrvAddr: cluster.nameServer });
      await producer.start();
      const perRound = Math.ceil(MESSAGES / KILLS);
      await send(0, perRound, producer);
      await startMember('never', 0);
      for (let round = 1; round <= KILLS; round++) {
        const victim = await startMember(STEPS[round % STEPS.length]!, round);
        if (round < KILLS) await send(round * perRound, Math.min(perRound, MESSAGES - round * perRound), producer);
        // Where all has been consumed before the victim got enough of it, it gets more.
        for (let extra = 0; !killed.has(victim) && extra < 20; extra++) {
          await producer.send(Array.from({ length: 20 }, (_, i) => new Message({ topic: TOPIC, body: `extra-${round}-${extra}-${i}` })));
          await until(() => killed.has(victim), 1000).catch(() => undefined);
        }
      }
      await producer.shutdown();
      const sent = Array.from({ length: MESSAGES }, (_, i) => String(i));
      const unfinished = async (): Promise<string[]> => {
        const steps = await stepsSoFar();
        const done = new Set(steps.filter(({ name }) => name === 'done').map(({ id }) => id));
        return [...new Set([...sent, ...steps.map(({ id }) => id)])].filter((id) => !done.has(id));
      };
      await until(async () => (await unfinished()).length === 0, 120_000).catch(async (error: unknown) => {
        throw new Error(`not done: ${(await unfinished()).join(' ')}\n${errors}`, { cause: error });
      });

      const steps = await stepsSoFar();
      const claims = steps.filter(({ name }) => name === 'claimed');
      const dones = steps.filter(({ name }) => name === 'done');
      const firstDone = new Map<string, number>();
      for (const [at, { name, id }] of steps.entries()) if (name === 'done' && !firstDone.has(id)) firstDone.set(id, at);
      const finishedBy = new Set(dones.map(({ id, member }) => `${id} ${member}`));
      const counts = {
        done: firstDone.size,
        claimed: claims.length,
        killed: killed.size,
        processedAgainAfterCrash: claims.length - new Set(claims.map(({ id }) => id)).size,
        claimedAfterDone: steps.filter(({ name, id }, at) => name === 'claimed' && at > firstDone.get(id)!).length,
        doneTwice: dones.length - firstDone.size,
        lost: steps.filter(({ name }) => name === 'lost').length,
        begunInVainByTheLiving: claims.filter(({ id, member }) => !killed.has(Number(member)) && !finishedBy.has(`${id} ${member}`)).length,
      };
      process.stdout.write(`idempotency: ${JSON.stringify(counts)}\n`);
      expect(counts).toMatchObject({ claimedAfterDone: 0, doneTwice: 0, lost: 0, begunInVainByTheLiving: 0 });
      expect(counts.killed).toBe(KILLS);
      // Kills between claim and done left work for the others.
      expect(counts.processedAgainAfterCrash).toBeGreaterThan(0);
      expect(counts.done).toBeGreaterThanOrEqual(MESSAGES);
    },
    180_000 + MESSAGES * 200,
  );
});
