// A broker killed while consumers pop from it: nothing that was sent is missing from what they finish, whatever was in flight, and hardly
// anything they had acknowledged comes again: checkpoints say what had been handed out when the offsets were last written seconds before.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom, sleep, SystemClock } from 'rocketmq-core/common';
import { BrokerClient } from '../support/broker-client.js';
import { freePorts } from '../support/free-ports.js';
import { PopClient } from '../support/pop-client.js';
import { type ServerProcess, startServer } from '../support/server-process.js';

const ROUNDS = 4;
const PER_ROUND = 400;
const QUEUES = 4;
const CONSUMERS = 6;
const INVISIBLE_MS = 4000;
/** Messages in a hundred that a consumer takes and forgets. */
const FORGOTTEN = 10;
const END_LIMIT_MS = 60_000;
/** Acknowledgements on their way when a broker is killed, for each consumer: one POP's worth. */
const AGAIN_PER_KILL = CONSUMERS * 8;

describe('a broker killed while its messages are out', () => {
  const clock = new SystemClock();
  let home: string;
  let address: string;
  let broker: ServerProcess | undefined;
  let sender: BrokerClient;
  const sent = new Set<string>();
  /** body -> how often its acknowledgement was answered. */
  const done = new Map<string, number>();
  let delivered = 0;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'nrmq-pop-killed-'));
    const [port] = (await freePorts(1)) as [number];
    address = `127.0.0.1:${port}`;
    const lines = ['brokerIP1=127.0.0.1', 'brokerName=broker-a', `listenPort=${port}`, `storePathRootDir=${home}/store`];
    await writeFile(join(home, 'broker.conf'), `${[...lines, 'mappedFileSizeCommitLog=16777216'].join('\n')}\n`);
    sender = new BrokerClient(address);
  });
  afterEach(async () => {
    await sender.close();
    await broker?.kill();
    await rm(home, { recursive: true, force: true });
  });

  const start = (): Promise<ServerProcess> =>
    startServer('broker', ['-c', join(home, 'broker.conf')], { HOME: home, ROCKETMQ_LOG_DIR: join(home, 'logs') });

  async function consume(random: SeededRandom, running: () => boolean, mayForget: boolean): Promise<void> {
    const client = new PopClient(address);
    while (running()) {
      try {
        const popped = await client.messages({ max: 8, invisibleMs: INVISIBLE_MS, pollMs: 500 });
        delivered += popped.length;
        const kept = popped.filter(() => !mayForget || random.int(100) >= FORGOTTEN);
        const answers = await Promise.all(kept.map((one) => client.ack(one)));
        for (const [index, { code }] of answers.entries()) {
          if (code === 0) done.set(kept[index]!.body, (done.get(kept[index]!.body) ?? 0) + 1);
        }
      } catch {
        // The broker is gone: it comes back, or the round ends.
        await sleep(clock, 50);
      }
    }
    await client.close();
  }

  it('loses none of them', async () => {
    const random = new SeededRandom(5);
    for (let round = 0; round < ROUNDS; round++) {
      broker = await start();
      let running = true;
      const consumers = Array.from({ length: CONSUMERS }, () => consume(random, () => running, true));
      for (let n = 0; n < PER_ROUND; n++) {
        const body = `${round}-${n}`;
        if ((await sender.send('T', body, { queueId: n % QUEUES })).code === 0) sent.add(body);
      }
      await sleep(clock, 200 + random.int(2000));
      await broker.kill();
      running = false;
      await Promise.all(consumers);
    }
    broker = await start();
    const end = clock.monotonic() + END_LIMIT_MS;
    const missing = (): string[] => [...sent].filter((body) => !done.has(body));
    await Promise.all(
      Array.from({ length: CONSUMERS }, () => consume(random, () => missing().length > 0 && clock.monotonic() < end, false)),
    );
    expect(missing()).toEqual([]);
    const again = [...done.values()].reduce((sum, times) => sum + times - 1, 0);
    process.stdout.write(`POP, ${ROUNDS} kills: sent ${sent.size}, delivered ${delivered}, done ${done.size}, done again ${again}\n`);
    expect(sent.size).toBe(ROUNDS * PER_ROUND);
    expect(again).toBeLessThanOrEqual(ROUNDS * AGAIN_PER_KILL);
    // Forgotten ones have come at least twice.
    expect(delivered).toBeGreaterThan(sent.size * 1.05);
    expect(await broker.stop()).toBe(0);
    broker = undefined;
  });
});
