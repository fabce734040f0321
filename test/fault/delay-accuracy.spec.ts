// Delayed messages arrive in their time: all 18 levels and arbitrary moments, over kills of the broker and over a clock that is set.
// Never early, late by less than a second, none lost. 2,000 messages, or DELAYS=50000 of them.
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrokerConfigInput, MESSAGE_STORE } from '@nest-rocketmq/broker';
import { ManualClock, parseDelayUnits, SeededRandom, sleep, SystemClock } from 'rocketmq-core/common';
import type { MessageStore } from 'rocketmq-core/store';
import { startBroker } from '../support/broker.js';
import { BrokerClient } from '../support/broker-client.js';
import {
  type Accuracy,
  accuracyOf,
  type ClockSegment,
  type DelayedMessage,
  delayPlan,
  dueAtMs,
  dueMonotonic,
} from '../support/delay-plan.js';
import { freePorts } from '../support/free-ports.js';
import { type ServerProcess, startServer } from '../support/server-process.js';
import { bodyOf, readQueue } from '../support/store-harness.js';
import { storedMessages } from '../support/stored-messages.js';
import { until } from '../support/until.js';

const DELAYS = Number(process.env['DELAYS'] ?? 2000);
const SEED = Number(process.env['SEED'] ?? 20_261_121);
const TOPIC = 'Delays';
const QUEUES = 4;
const AT_ONCE = 64;
const LATE_P99_MS = 1000;
const STALL_PERIOD_MS = 50;
/** Half a minute instead of two hours: 18 levels all the same. */
const SHORT_LEVELS = Array.from({ length: 18 }, (_, i) => `${i + 3}s`).join(' ');
const CONF: BrokerConfigInput = { messageDelayLevel: SHORT_LEVELS, mappedFileSizeCommitLog: 1 << 26 };
const system = new SystemClock();

function report(what: string, accuracy: Accuracy): void {
  process.stdout.write(`delay accuracy, ${what}: ${JSON.stringify(accuracy)}\n`);
}

/** Sends them and notes when: before the request, so that what is early shows. */
async function sendAll(client: BrokerClient, plan: readonly DelayedMessage[], now: () => number): Promise<Map<string, number>> {
  const sentAt = new Map<string, number>();
  const left = [...plan];
  const worker = async (): Promise<void> => {
    for (let message = left.pop(); message !== undefined; message = left.pop()) {
      sentAt.set(message.body, now());
      const { code } = await client.send(TOPIC, message.body, {
        queueId: Number(message.body) % QUEUES,
        properties: { ...message.properties },
      });
      if (code !== 0) throw new Error(`message ${message.body} was answered ${code}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return sentAt;
}

const delayMsOf =
  (levels: string) =>
  (level: number): number =>
    parseDelayUnits(levels.split(' ')[level - 1]!)!;

async function storedLateness(
  client: BrokerClient,
  plan: readonly DelayedMessage[],
  sentAt: ReadonlyMap<string, number>,
): Promise<Map<string, number[]>> {
  const late = new Map<string, number[]>();
  const byBody = new Map(plan.map((message) => [message.body, message]));
  for (const stored of await storedMessages(client, TOPIC, QUEUES)) {
    const body = stored.text();
    const due = dueAtMs(byBody.get(body)!, sentAt.get(body)!, delayMsOf(SHORT_LEVELS));
    // The store time is that of the turn it was stored in, which may have begun earlier.
    const at = Number(stored.properties.get('TIMER_DEQUEUE_MS') ?? stored.storeTimestamp);
    late.set(body, [...(late.get(body) ?? []), at - due]);
  }
  return late;
}

/** The longest time this machine had no time for us: what no broker can make up for. */
class StallWatch {
  longestMs = 0;
  private lastMs = system.monotonic();
  private readonly timer = system.setPeriodic(() => this.look(), STALL_PERIOD_MS);

  end(): number {
    this.timer.cancel();
    return Math.round(this.longestMs);
  }

  private look(): void {
    const now = system.monotonic();
    this.longestMs = Math.max(this.longestMs, now - this.lastMs - STALL_PERIOD_MS);
    this.lastMs = now;
  }
}

const bodiesOf = (plan: readonly DelayedMessage[]): string[] => plan.map(({ body }) => body);

it('with a steady clock and a broker that stays up', async () => {
  const broker = await startBroker({ config: CONF });
  const client = new BrokerClient(broker.address);
  const watch = new StallWatch();
  try {
    const plan = delayPlan(DELAYS, { levels: 18, nearMs: 3000, farMs: 21_000, nowMs: system.now(), random: new SeededRandom(SEED) });
    const sentAt = await sendAll(client, plan, () => system.now());
    let late = new Map<string, number[]>();
    await until(async () => (late = await storedLateness(client, plan, sentAt)).size >= DELAYS, 60_000 + DELAYS);
    const accuracy = accuracyOf(bodiesOf(plan), late);
    const stallMs = watch.end();
    report(`steady, longest stall ${stallMs} ms`, accuracy);
    expect(accuracy).toMatchObject({ lost: 0, twice: 0, early: 0 });
    expect(accuracy.p99).toBeLessThanOrEqual(LATE_P99_MS + stallMs);
  } finally {
    await client.close();
    await broker.close();
  }
});

describe('over restarts', () => {
  let home: string;
  let port: number;
  let server: ServerProcess | undefined;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'nrmq-delays-'));
    [port] = (await freePorts(1)) as [number];
    const conf = { ...CONF, brokerIP1: '127.0.0.1', listenPort: port, storePathRootDir: `${home}/store`, flushDelayOffsetInterval: 1000 };
    const lines = Object.entries(conf).map(([key, value]) => `${key}=${String(value)}\n`);
    await writeFile(join(home, 'broker.conf'), lines.join(''));
  });
  afterEach(async () => {
    await server?.kill();
    await rm(home, { recursive: true, force: true });
  });

  const start = async (): Promise<void> => {
    server = await startServer('broker', ['-c', join(home, 'broker.conf')], { HOME: home, ROCKETMQ_LOG_DIR: join(home, 'logs') });
  };

  // Rolled every 8 s, a message keeps its slot, not its millisecond.
  it.each([
    { signal: 'SIGKILL', rollSlots: 172_800, slotMs: 0 },
    { signal: 'SIGKILL', rollSlots: 8, slotMs: 1000 },
    { signal: 'SIGTERM', rollSlots: 172_800, slotMs: 0 },
  ])('$signal, rolled after $rollSlots s', async ({ signal, rollSlots, slotMs }) => {
    await appendFile(join(home, 'broker.conf'), `timerRollWindowSlot=${rollSlots}\n`);
    await start();
    const watch = new StallWatch();
    let client = new BrokerClient(`127.0.0.1:${port}`);
    const plan = delayPlan(DELAYS, { levels: 18, nearMs: 3000, farMs: 21_000, nowMs: system.now(), random: new SeededRandom(SEED) });
    const sentAt = await sendAll(client, plan, () => system.now());
    let downMs = 0;
    for (let round = 0; round < 4; round++) {
      await sleep(system, 3000);
      await client.close();
      const from = system.monotonic();
      await (signal === 'SIGKILL' ? server!.kill() : server!.stop());
      await start();
      downMs = Math.max(downMs, system.monotonic() - from);
      client = new BrokerClient(`127.0.0.1:${port}`);
    }
    let late = new Map<string, number[]>();
    await until(async () => (late = await storedLateness(client, plan, sentAt)).size >= DELAYS, 60_000 + DELAYS);
    await client.close();
    const accuracy = accuracyOf(bodiesOf(plan), late);
    const stallMs = watch.end();
    report(
      `${signal} four times, rolled after ${rollSlots} s, down for up to ${Math.round(downMs)} ms, longest stall ${stallMs} ms`,
      accuracy,
    );
    expect(accuracy).toMatchObject({ lost: 0, early: 0 });
    expect(accuracy.p99).toBeLessThanOrEqual(downMs + LATE_P99_MS + slotMs + stallMs);
    // A clean stop delivers nothing twice; after a kill what the last second did is done again.
    if (signal === 'SIGTERM') expect(accuracy.twice).toBe(0);
  });
});

/** Virtual time whose wall can be set. */
class SetClock extends ManualClock {
  private aheadMs = 0;
  readonly segments: ClockSegment[] = [{ monotonicMs: 0, wallMs: this.now() }];

  override now(): number {
    return super.now() + (this.aheadMs ?? 0);
  }

  set(byMs: number): void {
    this.aheadMs += byMs;
    this.segments.push({ monotonicMs: this.monotonic(), wallMs: this.now() });
  }
}

it('over a clock that is set, in two hours of virtual time', async () => {
  const clock = new SetClock();
  const broker = await startBroker({ config: { mappedFileSizeCommitLog: 1 << 26 }, overrides: { clock } });
  const client = new BrokerClient(broker.address);
  const store = broker.app.get<MessageStore>(MESSAGE_STORE, { strict: false });
  const seenAt = new Map<string, number[]>();
  const seen = new Map<number, number>();
  const leave = store.onArrival((queue) => {
    if (queue.topic !== TOPIC) return;
    const from = seen.get(queue.queueId) ?? 0;
    seen.set(queue.queueId, queue.maxOffset);
    for (const record of readQueue(store, queue).slice(from)) {
      const body = bodyOf(record);
      seenAt.set(body, [...(seenAt.get(body) ?? []), clock.monotonic()]);
    }
  });
  try {
    const random = new SeededRandom(SEED);
    const sent: Array<{ message: DelayedMessage; due: number; atMs: number }> = [];
    const levels = '1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h';
    const batch = Math.ceil(DELAYS / 4 / (DELAYS > 10_000 ? 8 : 2));
    const steps = [-3_600_000, 1_800_000, -600_000, 0];
    for (const [index, byMs] of steps.entries()) {
      const plan = delayPlan(batch, { first: index * batch, levels: 18, nearMs: 1000, farMs: 7_200_000, nowMs: clock.now(), random });
      const sentAt = await sendAll(client, plan, () => clock.now());
      for (const message of plan) {
        sent.push({ message, due: dueAtMs(message, sentAt.get(message.body)!, delayMsOf(levels)), atMs: clock.monotonic() });
      }
      await clock.advance(45_000);
      if (byMs !== 0) clock.set(byMs);
      await clock.advance(300_000);
    }
    for (let minutes = 0; minutes < 400 && seenAt.size < sent.length; minutes += 10) await clock.advance(600_000);
    const late = new Map<string, number[]>();
    for (const { message, due, atMs } of sent) {
      const at = dueMonotonic(message, due, atMs, clock.segments);
      const seenMs = seenAt.get(message.body);
      if (seenMs !== undefined)
        late.set(
          message.body,
          seenMs.map((ms) => ms - at),
        );
    }
    const accuracy = accuracyOf(
      sent.map(({ message }) => message.body),
      late,
    );
    report('clock set back 1 h, forward 30 min, back 10 min', accuracy);
    expect(accuracy).toMatchObject({ count: batch * 4, lost: 0, twice: 0, early: 0 });
    expect(accuracy.p99).toBeLessThanOrEqual(LATE_P99_MS);
  } finally {
    leave();
    await client.close();
    await broker.close();
  }
});
