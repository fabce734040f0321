// S15: members of a concurrent group join, leave, are killed and stand still, again and again, under load. Nothing is skipped, duplicates
// stay within what was in flight, and the group settles. Real processes, with clocks that run five times as fast as the day.
import { DefaultMQProducer, Message, type MessageQueue } from 'rocketmq-core';
import { SeededRandom, sleep, SystemClock } from 'rocketmq-core/common';
import { BrokerClient } from '../support/broker-client.js';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { CommittedOffsetWatch } from '../support/committed-offset-watch.js';
import { FastClock } from '../support/fast-clock.js';
import { type Call, GroupHost, type GroupSettings } from '../support/group-host.js';
import { until } from '../support/until.js';

const MOVES = Number(process.env['STORM_MOVES'] ?? 200);
const SEED = Number(process.env['SEED'] ?? 15);
const SPEED = 5;
const HOSTS = 3;
const MEMBERS_PER_HOST = 3;
const QUEUES_PER_BROKER = 4;
const TOPIC = 'storm';
const GROUP = 'storm-group';
/** Per queue: pulled and not finished. */
const THRESHOLD = 24;
const PULL_BATCH = 8;
/** Of fast time. */
const PERSIST_MS = 5000;
/** Of real time: what the machine computes does not go faster with the clocks. */
const SETTLE_LIMIT_MS = 20_000;
const MESSAGES_BETWEEN_MOVES = 50;
const SENDERS = 4;
const CONCURRENCY = 4;

const clock = new SystemClock();

class Storm {
  readonly history: Call[] = [];
  readonly counts = { join: 0, leave: 0, kill: 0, stop: 0, wake: 0 };
  /** Text -> queue and offset. */
  readonly sent = new Map<string, string>();
  readonly hosts: GroupHost[];
  private readonly random = new SeededRandom(SEED);
  private readonly restarts = new Set<Promise<void>>();
  private readonly producer: DefaultMQProducer;
  private sending = true;
  private traffic: Array<Promise<void>> = [];
  private nextMember = 0;
  private nextMessage = 0;

  constructor(nameServer: string, settings: GroupSettings) {
    this.producer = new DefaultMQProducer({ producerGroup: 'pg', namesrvAddr: nameServer, pollNameServerInterval: 500 });
    this.hosts = Array.from({ length: HOSTS }, () => new GroupHost(settings, this.history));
  }

  async start(): Promise<void> {
    await this.producer.start();
    await Promise.all(
      this.hosts.map(async (host) => {
        await host.start();
        await host.join(this.newName());
      }),
    );
    this.traffic = Array.from({ length: SENDERS }, () => this.send());
    await until(() => this.history.length > 50);
  }

  get moves(): number {
    return Object.values(this.counts).reduce((sum, n) => sum + n, 0);
  }

  /** One thing happens to the group; the next comes when some messages more were consumed, or soon if there is nobody to consume. */
  async move(): Promise<void> {
    const before = this.history.length;
    await this.happen();
    await until(() => this.history.length >= before + MESSAGES_BETWEEN_MOVES, 1000).catch(() => undefined);
  }

  /** Everybody who stands still goes on; nobody comes or goes any more. */
  async calm(): Promise<void> {
    for (const host of this.hosts) {
      if (!host.isStopped) continue;
      host.wake();
      this.counts.wake++;
    }
    await Promise.all(this.restarts);
    if (this.hosts.every((host) => host.members.size === 0)) await this.hosts[0]!.join(this.newName());
  }

  /** Resolves to how long it took until messages sent now, one to every queue, were consumed. */
  async settle(): Promise<number> {
    const fromMs = FastClock.realMs();
    const queues = await this.producer.fetchPublishMessageQueues(TOPIC);
    const marks = await Promise.all(queues.map((queue, i) => this.sendOne(`mark-${i}`, queue)));
    const isDone = (): boolean => {
      const ended = new Set(this.history.filter(({ endMs }) => endMs < Infinity).map(placeOf));
      return marks.every((place) => ended.has(place));
    };
    await until(isDone, 60_000);
    return FastClock.realMs() - fromMs;
  }

  async endSending(): Promise<void> {
    this.sending = false;
    await Promise.all(this.traffic);
  }

  async close(): Promise<void> {
    await this.endSending();
    await Promise.all(this.restarts);
    await Promise.all(this.hosts.map((host) => host.close()));
    await this.producer.shutdown();
  }

  /** What became of a message, for a person. */
  callsOf(text: string): string {
    const calls = this.history.filter((call) => call.text === text);
    return calls.map(({ member, host, beginMs, endMs }) => `${member} in ${this.hosts.indexOf(host)} ${beginMs}-${endMs}`).join(', ');
  }

  private newName(): string {
    return `m${this.nextMember++}`;
  }

  private async happen(): Promise<void> {
    const { random } = this;
    const up = this.hosts.filter((host) => host.isRunning && !host.isStopped);
    const stopped = this.hosts.filter((host) => host.isStopped);
    const chance = random.int(100);
    const host = up[random.int(Math.max(1, up.length))];
    if (stopped.length > 0 && (chance < 20 || up.length === 0)) {
      stopped[random.int(stopped.length)]!.wake();
      this.counts.wake++;
    } else if (host === undefined) {
      await Promise.race(this.restarts);
    } else if (chance < 30 && up.length > 1) {
      this.counts.kill++;
      await host.kill();
      this.restart(host);
    } else if (chance < 42 && up.length > 1) {
      this.counts.stop++;
      host.stop();
    } else if (host.members.size === MEMBERS_PER_HOST || (chance < 70 && host.members.size > 1)) {
      this.counts.leave++;
      await host.leave([...host.members][random.int(host.members.size)]!);
    } else {
      this.counts.join++;
      await host.join(this.newName());
    }
  }

  private restart(host: GroupHost): void {
    const name = this.newName();
    const restart = host
      .start()
      .then(() => host.join(name))
      .finally(() => this.restarts.delete(restart));
    this.restarts.add(restart);
  }

  private async send(): Promise<void> {
    while (this.sending) {
      await this.sendOne(`n${this.nextMessage++}`);
      await sleep(clock, 4);
    }
  }

  private async sendOne(text: string, queue?: MessageQueue): Promise<string> {
    const message = new Message(TOPIC, text);
    const { messageQueue, queueOffset } = await (queue === undefined ? this.producer.send(message) : this.producer.send(message, queue));
    const place = `${messageQueue.brokerName}/${messageQueue.queueId} ${queueOffset}`;
    this.sent.set(text, place);
    return place;
  }
}

const placeOf = ({ queue, offset }: Pick<Call, 'queue' | 'offset'>): string => `${queue} ${offset}`;

/**
 * What may come twice when a queue changes hands: the calls under way; what was finished since the last commit, if the old owner was killed or
 * stood still; what the new owner had pulled before it stood still.
 */
function budgetOf(history: readonly Call[]): { handovers: number; budget: number } {
  const windowMs = (PERSIST_MS + 1000) / SPEED;
  const ofQueue = new Map<string, Call[]>();
  for (const call of history) ofQueue.set(call.queue, [...(ofQueue.get(call.queue) ?? []), call]);
  let [handovers, budget] = [0, 0];
  for (const calls of ofQueue.values()) {
    for (const [i, call] of calls.entries()) {
      const last = calls[i - 1];
      if (last === undefined || last.member === call.member) continue;
      handovers++;
      budget += CONCURRENCY;
      const since = last.beginMs - windowMs;
      const isMeanwhile = (ms: number): boolean => ms > since && ms < call.beginMs;
      if (last.host.kills.some(isMeanwhile) || last.host.stops.some(({ fromMs }) => isMeanwhile(fromMs))) {
        for (let j = i - 1; j >= 0 && calls[j]!.beginMs > since; j--) if (calls[j]!.member === last.member) budget++;
      }
      if (call.host.stops.some(({ untilMs }) => isMeanwhile(untilMs))) budget += THRESHOLD + PULL_BATCH;
    }
  }
  return { handovers, budget };
}

describe('a group whose members come and go', () => {
  let cluster: TestCluster;
  let storm: Storm;
  let offsets: CommittedOffsetWatch;

  beforeEach(async () => {
    const fast = { clock: new FastClock(SPEED) };
    // Who stands still is taken for gone after 20 s of its time.
    const config = { defaultTopicQueueNums: QUEUES_PER_BROKER, channelExpiredTimeout: 20_000 };
    cluster = await startCluster(['broker-a', 'broker-b'], config, fast);
    for (const { address } of cluster.brokers) {
      const client = new BrokerClient(address);
      for (let queueId = 0; queueId < QUEUES_PER_BROKER; queueId++) await client.send(TOPIC, `opening ${queueId}`, { queueId });
      await client.close();
    }
    storm = new Storm(cluster.nameServer, {
      nameServer: cluster.nameServer,
      topic: TOPIC,
      group: GROUP,
      orderly: false,
      speed: SPEED,
      listenMs: 10,
      leaveWithinMs: 10_000,
      options: {
        consumeThreadMin: CONCURRENCY,
        pullThresholdForQueue: THRESHOLD,
        pullBatchSize: PULL_BATCH,
        persistConsumerOffsetInterval: PERSIST_MS,
        heartbeatBrokerInterval: 5000,
        // A machine that is busy answers late; it is no less right.
        mqClientApiTimeout: 3000 * SPEED,
      },
    });
    await storm.start();
    offsets = await CommittedOffsetWatch.start(cluster.nameServer, TOPIC, GROUP, clock);
  });

  afterEach(async () => {
    await storm?.close();
    await cluster?.close();
  });

  it(`skips nothing in ${MOVES} moves (seed ${SEED})`, async () => {
    while (storm.moves < MOVES) await storm.move();
    await storm.calm();
    const settledMs = await storm.settle();
    await storm.endSending();
    const skipped = (): string[] => {
      const texts = new Set(storm.history.filter(({ endMs }) => endMs < Infinity).map(({ text }) => text));
      return [...storm.sent].filter(([text]) => !texts.has(text)).map(([text, place]) => `${text} at ${place}: ${storm.callsOf(text)}`);
    };
    await until(() => skipped().length === 0, 20_000).catch(() => undefined);
    await until(() => offsets.committedTotal() === offsets.maxTotal(), 20_000);
    await offsets.stop();
    const duplicates = storm.history.length - new Set(storm.history.map(({ text, queue }) => `${text} ${queue}`)).size;
    const { handovers, budget } = budgetOf(storm.history);
    process.stdout.write(
      `S15 rebalance storm: moves ${storm.moves} (${Object.entries(storm.counts)
        .map((pair) => pair.join(' '))
        .join(', ')}), ` +
        `sent ${storm.sent.size}, skipped ${skipped().length}, hand-overs ${handovers}, duplicates ${duplicates} (budget ${budget}), ` +
        `settled in ${Math.round(settledMs)} ms, ${Math.round(settledMs * SPEED)} by their clocks (seed ${SEED})\n`,
    );
    expect(skipped()).toEqual([]);
    expect(duplicates).toBeLessThanOrEqual(budget);
    expect(settledMs).toBeLessThanOrEqual(SETTLE_LIMIT_MS);
    expect(handovers).toBeGreaterThan(MOVES / 2);
  });
});
