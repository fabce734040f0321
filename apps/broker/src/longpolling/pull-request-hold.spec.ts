import { ManualClock, silentLogger, type Turn } from 'rocketmq-core/common';
import type { Connection } from 'rocketmq-core/remoting';
import type { QueueRef } from 'rocketmq-core/store';
import { DEADLINE_SCAN_MS, type HeldPull, HOLD_SCAN_MS, PullRequestHold } from './pull-request-hold.js';

class HandTurn implements Turn {
  readonly answers: Array<() => void> = [];
  requests = 0;
  join(_phase: string, run: () => void): () => void {
    this.answers.push(run);
    return () => void this.answers.splice(this.answers.indexOf(run), 1);
  }
  request(): void {
    this.requests++;
  }
  run(): void {
    for (const run of this.answers.slice()) run();
  }
}

const connectionOf = (id: number, closed = false): Connection =>
  ({ id, closed, remoteAddress: `127.0.0.1:${id}` }) as Partial<Connection> as Connection;
const queueOf = (topic: string, queueId: number, maxOffset: number): QueueRef => ({ topic, queueId, index: 0, minOffset: 0, maxOffset });

function setUp(limits: Partial<{ maxHeldPulls: number; maxHeldPullsPerTopic: number; maxHeldPullsPerConnection: number }> = {}) {
  const clock = new ManualClock();
  const turn = new HandTurn();
  const maxOffsets = new Map<string, number>();
  const holds = new PullRequestHold(
    clock,
    turn,
    silentLogger,
    { maxHeldPulls: 10, maxHeldPullsPerTopic: 10, maxHeldPullsPerConnection: 10, ...limits },
    (topic, queueId) => maxOffsets.get(`${topic}/${queueId}`) ?? 0,
  );
  holds.start();
  const woken: string[] = [];
  const pull = (name: string, change: Partial<HeldPull> = {}): HeldPull => ({
    consumerGroup: 'billing',
    topic: 'T',
    queueId: 0,
    connection: connectionOf(1),
    queueOffset: 5,
    deadlineMs: clock.monotonic() + 15_000,
    filter: undefined,
    wake: () => void woken.push(name),
    ...change,
  });
  return { clock, turn, maxOffsets, holds, woken, pull };
}

describe('PullRequestHold', () => {
  it('asks a filter about the records that arrived after their tags, and for arrivals only', async () => {
    const { holds, woken, pull, turn, clock } = setUp();
    let wanted = false;
    let asked = 0;
    const matchesArrived = (): boolean => {
      asked++;
      return wanted;
    };
    const filter = { matches: (_high: number, low: number) => low === 1, matchesRecord: () => true };
    holds.hold(pull('sql', { filter, matchesArrived }));
    holds.arrived(queueOf('T', 0, 6), 0, 2);
    expect(asked).toBe(0);
    holds.arrived(queueOf('T', 0, 7), 0, 1);
    turn.run();
    expect([asked, woken]).toEqual([1, []]);
    wanted = true;
    holds.arrived(queueOf('T', 0, 8), 0, 1);
    turn.run();
    expect([asked, woken]).toEqual([2, ['sql']]);
    wanted = false;
    holds.hold(pull('expired', { filter, matchesArrived, deadlineMs: clock.monotonic() + DEADLINE_SCAN_MS }));
    await clock.advance(DEADLINE_SCAN_MS);
    expect([asked, woken]).toEqual([2, ['sql', 'expired']]);
  });

  it('wakes pulls of the queue that gained a message, in the answer phase', () => {
    const { holds, woken, pull, turn } = setUp();
    holds.hold(pull('a'));
    holds.hold(pull('other queue', { queueId: 1 }));
    holds.hold(pull('ahead', { queueOffset: 6 }));
    holds.arrived(queueOf('T', 0, 6), 0, 0);
    expect(woken).toEqual([]);
    expect(turn.requests).toBe(1);
    turn.run();
    expect(woken).toEqual(['a']);
    expect(holds.heldPulls).toBe(2);
  });

  it('does not wake for a tag that does not match, and wakes for one that does', () => {
    const { holds, woken, pull, turn } = setUp();
    holds.hold(pull('tagged', { filter: { matches: (_high, low) => low === 7 } }));
    holds.arrived(queueOf('T', 0, 6), 0, 8);
    turn.run();
    expect(woken).toEqual([]);
    holds.arrived(queueOf('T', 0, 7), 0, 7);
    turn.run();
    expect(woken).toEqual(['tagged']);
  });

  it('wakes at the deadline, not before', async () => {
    const { holds, woken, pull, clock } = setUp();
    holds.hold(pull('late', { deadlineMs: clock.monotonic() + 2000 }));
    await clock.advance(2000 - DEADLINE_SCAN_MS);
    expect(woken).toEqual([]);
    await clock.advance(DEADLINE_SCAN_MS);
    expect(woken).toEqual(['late']);
    expect(holds.heldPulls).toBe(0);
  });

  it('finds a message nobody told about within the scan period', async () => {
    const { holds, woken, pull, clock, maxOffsets } = setUp();
    holds.hold(pull('a'));
    maxOffsets.set('T/0', 6);
    await clock.advance(HOLD_SCAN_MS);
    expect(woken).toEqual(['a']);
  });

  it('forgets the pulls of a closed connection and keeps the others', () => {
    const { holds, woken, pull, turn } = setUp();
    const gone = connectionOf(2);
    holds.hold(pull('gone', { connection: gone }));
    holds.hold(pull('gone too', { connection: gone, topic: 'U' }));
    holds.hold(pull('here'));
    holds.forget(gone);
    expect(holds.heldPulls).toBe(1);
    holds.arrived(queueOf('T', 0, 9), 0, 0);
    turn.run();
    expect(woken).toEqual(['here']);
  });

  it('refuses above each limit and counts it', () => {
    const global = setUp({ maxHeldPulls: 1 });
    expect(global.holds.hold(global.pull('a'))).toBe(true);
    expect(global.holds.hold(global.pull('b', { topic: 'U', connection: connectionOf(2) }))).toBe(false);
    const perTopic = setUp({ maxHeldPullsPerTopic: 1 });
    expect(perTopic.holds.hold(perTopic.pull('a'))).toBe(true);
    expect(perTopic.holds.hold(perTopic.pull('b', { queueId: 1, connection: connectionOf(2) }))).toBe(false);
    expect(perTopic.holds.hold(perTopic.pull('c', { topic: 'U' }))).toBe(true);
    const perConnection = setUp({ maxHeldPullsPerConnection: 1 });
    const shared = connectionOf(3);
    expect(perConnection.holds.hold(perConnection.pull('a', { connection: shared }))).toBe(true);
    expect(perConnection.holds.hold(perConnection.pull('b', { connection: shared, topic: 'U' }))).toBe(false);
    expect(perConnection.holds.refusedPulls).toBe(1);
  });

  it('answers everything at stop and leaves no timer', async () => {
    const { holds, woken, pull, clock, turn } = setUp();
    holds.hold(pull('a'));
    holds.hold(pull('closed', { connection: connectionOf(9, true) }));
    holds.stop();
    expect(woken).toEqual(['a']);
    expect(turn.answers).toEqual([]);
    await clock.advance(60_000);
    expect(woken).toEqual(['a']);
  });
});
