import { ManualClock, silentLogger } from '../../common/index.js';
import type { MessageQueue } from '../../message/index.js';
import { ProcessQueue } from './process-queue.js';
import { LOCK_DOUBT_MS, LOCK_LEASE_MS, LOCK_RENEW_MS, LOCK_VALID_MS, QueueLocks } from './queue-locks.js';

/** A broker that grants what it is told to grant, when it is told to answer. */
function setUp() {
  const clock = new ManualClock();
  const log: string[] = [];
  const broker = {
    refused: new Set<number>(),
    answerAfterMs: 0,
    down: false,
  };
  const idsOf = (queues: readonly MessageQueue[]): string => queues.map(({ queueId }) => queueId).join(',');
  const lost: ProcessQueue[] = [];
  const answer = <T>(value: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      clock.setTimer(() => (broker.down ? reject(new Error('no answer')) : resolve(value())), broker.answerAfterMs);
    });
  const locks = new QueueLocks({
    clock,
    logger: silentLogger,
    requests: {
      lock: (brokerName, queues) => {
        log.push(`lock ${brokerName} ${idsOf(queues)}`);
        return answer(() => queues.filter(({ queueId }) => !broker.refused.has(queueId)));
      },
      unlock: (brokerName, queues) => {
        log.push(`unlock ${brokerName} ${idsOf(queues)}`);
        return answer(() => undefined);
      },
    },
    lost: (queue) => void lost.push(queue),
  });
  const queue = (queueId: number, brokerName = 'a'): ProcessQueue => new ProcessQueue({ topic: 'T', brokerName, queueId });
  /** Runs a call to its end. */
  const settled = async (work: Promise<void>): Promise<void> => {
    await clock.advance(broker.answerAfterMs);
    await work;
  };
  return { clock, log, broker, lost, locks, queue, settled };
}

describe('QueueLocks', () => {
  it('asks each broker once for all its queues and holds those granted', async () => {
    const { broker, locks, log, queue, settled } = setUp();
    const queues = [queue(0), queue(1), queue(0, 'b')];
    broker.refused.add(1);
    await settled(locks.acquire(queues));
    expect(log).toEqual(['lock a 0,1', 'lock b 0']);
    expect(queues.map((each) => locks.isValid(each))).toEqual([true, false, true]);
  });

  it('counts from when the lock was asked for, not from the answer', async () => {
    const { broker, clock, locks, queue, settled } = setUp();
    const mine = queue(0);
    broker.answerAfterMs = 5000;
    await settled(locks.acquire([mine]));
    await clock.advance(LOCK_VALID_MS - 5000 - 1);
    expect(locks.isValid(mine)).toBe(true);
    await clock.advance(1);
    expect(locks.isValid(mine)).toBe(false);
    expect(locks.isHeld(mine)).toBe(true);
    await clock.advance(LOCK_LEASE_MS - LOCK_VALID_MS);
    expect(locks.isHeld(mine)).toBe(false);
  });

  it('renews every 20 s for as long as it is started', async () => {
    const { clock, locks, log, queue, settled } = setUp();
    const mine = queue(0);
    locks.start();
    await settled(locks.acquire([mine]));
    await clock.advance(10 * LOCK_RENEW_MS);
    expect(log).toHaveLength(11);
    expect(locks.isValid(mine)).toBe(true);
    await locks.stop();
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(LOCK_VALID_MS);
    expect(log).toHaveLength(11);
    expect(locks.isValid(mine)).toBe(false);
  });

  it('goes on when a renewal comes through within the lease, and gives the queue up when it comes later', async () => {
    const { broker, clock, lost, locks, queue, settled } = setUp();
    const mine = queue(0);
    await settled(locks.acquire([mine]));
    broker.down = true;
    await clock.advance(LOCK_LEASE_MS - 1);
    await settled(locks.acquire([mine]));
    expect(locks.isValid(mine)).toBe(false);
    broker.down = false;
    // The lease is at its end now: somebody may have come between.
    await clock.advance(1);
    await settled(locks.acquire([mine]));
    expect(lost).toEqual([mine]);
    expect(locks.isHeld(mine)).toBe(false);

    const other = queue(1);
    await settled(locks.acquire([other]));
    await clock.advance(LOCK_LEASE_MS - 1);
    await settled(locks.acquire([other]));
    expect(locks.isValid(other)).toBe(true);
    expect(lost).toEqual([mine]);
  });

  it('gives a queue up at once when the broker says that another has it', async () => {
    const { broker, clock, lost, locks, queue, settled } = setUp();
    const queues = [queue(0), queue(1)];
    locks.start();
    await settled(locks.acquire(queues));
    broker.refused.add(1);
    await clock.advance(LOCK_RENEW_MS);
    expect(lost).toEqual([queues[1]]);
    expect(queues.map((each) => locks.isValid(each))).toEqual([true, false]);
    await locks.stop();
  });

  it('unlocks only behind a renewal under way, and does not renew what was unlocked', async () => {
    const { broker, clock, locks, log, queue } = setUp();
    const mine = queue(0);
    const first = locks.acquire([mine]);
    await clock.advance(0);
    await first;
    broker.answerAfterMs = 500;
    const renewed = locks.acquire([mine], true);
    const released = locks.release([mine]);
    const late = locks.acquire([mine], true);
    await clock.advance(499);
    expect(log).toEqual(['lock a 0', 'lock a 0']);
    await clock.advance(5000);
    await Promise.all([renewed, released, late]);
    expect(log).toEqual(['lock a 0', 'lock a 0', 'unlock a 0']);
    expect(locks.isHeld(mine)).toBe(false);
  });

  it('does not keep a queue that was forgotten while a renewal of it was under way', async () => {
    const { broker, clock, locks, log, queue, settled } = setUp();
    const mine = queue(0);
    locks.start();
    await settled(locks.acquire([mine]));
    broker.answerAfterMs = 500;
    const renewed = locks.acquire([mine], true);
    await clock.advance(100);
    locks.forget(mine);
    await settled(renewed);
    expect(locks.isHeld(mine)).toBe(false);
    await clock.advance(10 * LOCK_RENEW_MS);
    expect(log).toHaveLength(2);
    await locks.stop();
  });

  it('hands out nothing after the connection to a broker ended, until the broker has granted the locks again', async () => {
    const { broker, clock, log, lost, locks, queue, settled } = setUp();
    const [mine, other, elsewhere] = [queue(0), queue(1), queue(0, 'b')];
    await settled(locks.acquire([mine, other, elsewhere]));
    broker.down = true;
    log.length = 0;
    locks.doubt((brokerName) => brokerName === 'a');
    expect([mine, other, elsewhere].map((each) => locks.isValid(each))).toEqual([false, false, true]);
    expect(locks.isHeld(mine)).toBe(true);
    await clock.advance(3 * LOCK_DOUBT_MS);
    expect(log).toEqual(['lock a 0,1', 'lock a 0,1', 'lock a 0,1', 'lock a 0,1']);
    broker.down = false;
    // Started again, it gave one of them to another.
    broker.refused.add(1);
    await clock.advance(LOCK_DOUBT_MS);
    expect([mine, other].map((each) => locks.isValid(each))).toEqual([true, false]);
    expect(lost).toEqual([other]);
    expect(clock.pendingTimers).toBe(0);
    locks.doubt(() => true);
    broker.down = true;
    await clock.advance(0);
    await locks.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not lock a queue that was dropped meanwhile', async () => {
    const { locks, log, queue, settled } = setUp();
    const mine = queue(0);
    mine.drop();
    await settled(locks.acquire([mine]));
    expect(log).toEqual([]);
  });

  it('survives a broker that does not answer, without keeping others from theirs', async () => {
    const { broker, locks, queue, settled } = setUp();
    const mine = queue(0);
    broker.down = true;
    await settled(locks.acquire([mine]));
    await settled(locks.release([mine]));
    expect(locks.isValid(mine)).toBe(false);
    broker.down = false;
    await settled(locks.acquire([mine]));
    expect(locks.isValid(mine)).toBe(true);
  });
});
