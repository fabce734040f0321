// Orderly groups under stalls, cuts, kills, rebalances and restarts of the broker, in simulated time: minutes of trouble in a second, the same for the same seed.
import { ManualClock, SeededRandom, silentLogger, sleep } from '../../common/index.js';
import { FreezableClock, SimulatedBroker, SimulatedRemoting } from '../../../../../test/support/simulated-broker.js';
import { DefaultMQPushConsumer } from './default-mq-push-consumer.js';
import { ConsumeOrderlyStatus } from './listener.js';

const QUEUES = 4;
const MESSAGES_PER_QUEUE = 400;
const MEMBERS_MAX = 4;

interface Member {
  readonly clientId: string;
  readonly consumer: DefaultMQPushConsumer;
  readonly clock: FreezableClock;
  readonly remoting: SimulatedRemoting;
}

class Trouble {
  readonly base = new ManualClock();
  readonly violations: string[] = [];
  readonly seen = Array.from({ length: QUEUES }, () => 0);
  readonly counts = { calls: 0, retries: 0, duplicates: 0, joins: 0, leaves: 0, kills: 0, freezes: 0, cuts: 0, restarts: 0 };
  readonly broker: SimulatedBroker;
  private readonly random: SeededRandom;
  private readonly members: Member[] = [];
  private readonly ends: Array<Promise<void>> = [];
  private nextName = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.broker = new SimulatedBroker(this.base, this.random, 'T', QUEUES);
  }

  /** The messages come in the course of time, one trouble after the other with them; then peace until all is consumed. */
  async run(): Promise<void> {
    this.join();
    for (let i = 0; i < MESSAGES_PER_QUEUE; i++) {
      for (let queueId = 0; queueId < QUEUES; queueId++) this.broker.append(queueId, String(i));
      if (i % 4 === 0) this.somethingHappens();
      await this.base.advance(2000);
    }
    for (const { clock, remoting } of this.members) {
      clock.thaw();
      remoting.heal();
    }
    this.join();
    for (let i = 0; i < 600 && !this.isDone; i++) await this.base.advance(1000);
    for (const member of this.members.splice(0)) this.ends.push(member.consumer.shutdown(10_000));
    // Long enough for those that left while they stood still.
    await this.base.advance(150_000);
    await Promise.all(this.ends);
  }

  get isDone(): boolean {
    return this.seen.every((count) => count === MESSAGES_PER_QUEUE);
  }

  private somethingHappens(): void {
    const member = this.members[this.random.int(Math.max(1, this.members.length))];
    const what = this.random.int(12);
    if (member === undefined || (what < 3 && this.members.length < MEMBERS_MAX)) this.join();
    else if (what < 5) this.leave(member);
    else if (what < 6) this.kill(member);
    else if (what < 8) this.freeze(member, 1000 * (1 + this.random.int(100)));
    else if (what < 10) this.cut(member, 1000 * (1 + this.random.int(70)));
    else this.restartBroker();
  }

  private join(): void {
    this.counts.joins++;
    const clock = new FreezableClock(this.base);
    const remoting = new SimulatedRemoting(this.broker, clock);
    const instanceName = `m${this.nextName++}`;
    const clientId = `10.0.0.1@${instanceName}`;
    const consumer = new DefaultMQPushConsumer('cg', {
      namesrvAddr: 'nameserver:9876',
      clientIP: '10.0.0.1',
      instanceName,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      clock,
      random: this.random,
      logger: silentLogger,
      createRemoting: () => remoting,
    });
    consumer.subscribe('T');
    consumer.registerMessageListenerOrderly(async ([message], { messageQueue }) => {
      if (message!.reconsumeTimes > 0) this.counts.retries++;
      else this.handedOut(clientId, messageQueue, message!.queueOffset);
      await sleep(clock, 5 + this.random.int(300));
      return this.random.int(20) === 0 ? ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT : ConsumeOrderlyStatus.SUCCESS;
    });
    // Trouble comes to members that have started.
    this.ends.push(consumer.start().then(() => void this.members.push({ clientId, consumer, clock, remoting })));
  }

  private handedOut(clientId: string, queue: { topic: string; brokerName: string; queueId: number }, offset: number): void {
    this.counts.calls++;
    const owner = this.broker.ownerOf(queue);
    if (owner !== clientId)
      this.violations.push(`queue ${queue.queueId} offset ${offset} went to ${clientId}, its lock is held by ${owner}`);
    const expected = this.seen[queue.queueId]!;
    if (offset > expected) this.violations.push(`queue ${queue.queueId}: offset ${offset} came while ${expected} was due`);
    if (offset < expected) this.counts.duplicates++;
    this.seen[queue.queueId] = Math.max(expected, offset + 1);
  }

  private leave(member: Member): void {
    this.counts.leaves++;
    this.remove(member);
    this.ends.push(member.consumer.shutdown(5000).then(() => this.broker.disconnect(member.clientId)));
  }

  /** Stands still for good, and the broker sees the connection go. */
  private kill(member: Member): void {
    this.counts.kills++;
    this.remove(member);
    member.clock.freeze();
    member.remoting.cut(Infinity);
    this.broker.disconnect(member.clientId);
  }

  private freeze({ clock }: Member, ms: number): void {
    this.counts.freezes++;
    clock.freeze();
    this.base.setTimer(() => clock.thaw(), ms);
  }

  private cut({ clientId, remoting }: Member, ms: number): void {
    this.counts.cuts++;
    remoting.cut(ms);
    this.broker.disconnect(clientId);
  }

  /** A member that stands still or is cut off cannot see its connection end: what it does until it can is beyond us. */
  private restartBroker(): void {
    if (this.members.some(({ clock, remoting }) => clock.isFrozen || remoting.isCut)) return;
    this.counts.restarts++;
    this.broker.restart();
  }

  private remove(member: Member): void {
    this.members.splice(this.members.indexOf(member), 1);
  }
}

describe('an orderly group in trouble', () => {
  it.each([1, 2, 3, 4, 5, 6])('hands out nothing without the lock, keeps the order and skips nothing (seed %d)', async (seed) => {
    const trouble = new Trouble(seed);
    await trouble.run();
    expect(trouble.violations).toEqual([]);
    expect(trouble.broker.commitsBack).toEqual([]);
    expect(trouble.seen).toEqual(Array.from({ length: QUEUES }, () => MESSAGES_PER_QUEUE));
    expect(trouble.counts.joins + trouble.counts.leaves + trouble.counts.kills).toBeGreaterThan(20);
    process.stdout.write(`orderly in trouble, seed ${seed}: ${JSON.stringify(trouble.counts)}\n`);
  });
});
