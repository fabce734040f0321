import { ManualClock, silentLogger, type Turn } from 'rocketmq-core/common';
import type { Connection } from 'rocketmq-core/remoting';
import type { QueueRef } from 'rocketmq-core/store';
import { ANY_QUEUE, DEADLINE_SCAN_MS, EARLY_MS, type PopWait, type PopWaitLimits, PopWaits } from './pop-waits.js';

class HandTurn implements Turn {
  answers: Array<() => void> = [];
  requests = 0;
  join(_phase: string, run: () => void): () => void {
    this.answers.push(run);
    return () => void (this.answers = this.answers.filter((other) => other !== run));
  }
  request(): void {
    this.requests++;
  }
  run(): void {
    for (const run of this.answers) run();
  }
}

const connectionOf = (id: number, closed = false): Connection => ({ id, closed }) as Partial<Connection> as Connection;
const queueOf = (topic: string, queueId: number): QueueRef => ({ topic, queueId, index: 0, minOffset: 0, maxOffset: 1 });
const POLL_MS = 15_000;

function setUp(limits: Partial<PopWaitLimits> = {}) {
  const clock = new ManualClock();
  const turn = new HandTurn();
  const waits = new PopWaits(clock, turn, silentLogger, { popPollingSize: 4, maxPopPollingSize: 10, popPollingMapSize: 5, ...limits });
  waits.start();
  const woken: string[] = [];
  const wait = (name: string, change: Partial<PopWait> = {}): PopWait => ({
    topic: 'T',
    group: 'g',
    queueId: ANY_QUEUE,
    connection: connectionOf(1),
    deadlineMs: clock.monotonic() + POLL_MS,
    filter: undefined,
    wake: () => void woken.push(name),
    ...change,
  });
  const arrive = (topic: string, queueId: number, tag = 0): string[] => {
    waits.arrived(queueOf(topic, queueId), 0, tag);
    turn.run();
    return woken.splice(0);
  };
  return { clock, turn, waits, woken, wait, arrive };
}

describe('PopWaits', () => {
  it('wakes one request of each group for any queue and one for the queue, in the answer phase', () => {
    const { waits, wait, arrive, woken, turn } = setUp();
    for (const name of ['any 1', 'any 2']) waits.hold(wait(name));
    waits.hold(wait('queue 1', { queueId: 1 }));
    waits.hold(wait('queue 2', { queueId: 2 }));
    waits.hold(wait('other group', { group: 'h' }));
    waits.hold(wait('other topic', { topic: 'U' }));
    waits.arrived(queueOf('T', 1), 0, 0);
    waits.arrived(queueOf('T', 1), 0, 0);
    expect([woken, turn.requests > 0]).toEqual([[], true]);
    turn.run();
    expect(woken.splice(0)).toEqual(['any 1', 'queue 1', 'other group']);
    expect(arrive('T', 1)).toEqual(['any 2']);
    expect([arrive('T', 1), waits.heldRequests]).toEqual([[], 2]);
  });

  it('wakes for messages of the retry topics, of either form and of this group', () => {
    const { waits, wait, arrive } = setUp();
    waits.hold(wait('any'));
    waits.hold(wait('queue 3', { queueId: 3 }));
    expect(arrive('%RETRY%h_T', 0)).toEqual([]);
    expect(arrive('%RETRY%g_T', 0)).toEqual(['any']);
    expect(arrive('%RETRY%g+T', 0)).toEqual(['queue 3']);
    expect(arrive('%RETRY%g+T', 0)).toEqual([]);
  });

  it('asks the filter', () => {
    const { waits, wait, arrive } = setUp();
    waits.hold(wait('seven', { filter: { matches: (_high, low) => low === 7 } }));
    waits.hold(wait('eight', { filter: { matches: (_high, low) => low === 8 } }));
    expect([arrive('T', 0, 9), arrive('T', 0, 8), arrive('T', 0, 7)]).toEqual([[], ['eight'], ['seven']]);
  });

  it('wakes who has least time left first, and everybody when it is over', async () => {
    const { clock, waits, wait, arrive, woken } = setUp();
    waits.hold(wait('late', { deadlineMs: 3000 }));
    waits.hold(wait('soon', { deadlineMs: 1000 }));
    waits.hold(wait('sooner', { deadlineMs: 500 }));
    expect(arrive('T', 0)).toEqual(['sooner']);
    await clock.advance(1000 - EARLY_MS);
    expect(woken).toEqual([]);
    await clock.advance(DEADLINE_SCAN_MS);
    expect(woken.splice(0)).toEqual(['soon']);
    await clock.advance(POLL_MS);
    expect([woken, waits.heldRequests]).toEqual([['late'], 0]);
  });

  it('keeps nobody whose time is over, and no more than its limits', () => {
    const { waits, wait } = setUp({ popPollingSize: 2, maxPopPollingSize: 4, popPollingMapSize: 2 });
    expect(waits.hold(wait('over', { deadlineMs: 0 }))).toBe('OVER');
    expect([1, 2, 3].map((n) => waits.hold(wait(`${n}`)))).toEqual(['HELD', 'HELD', 'FULL']);
    expect(waits.hold(wait('q', { queueId: 1 }))).toBe('HELD');
    expect(waits.hold(wait('third list', { queueId: 2 }))).toBe('FULL');
    expect(waits.hold(wait('q', { queueId: 1 }))).toBe('HELD');
    expect(waits.waiting('T', 'g', ANY_QUEUE)).toBe(2);
    expect(waits.hold(wait('all', { queueId: 1 }))).toBe('FULL');
  });

  it('passes on what a request that has gone was woken for', () => {
    const { waits, wait, arrive, turn, woken } = setUp();
    const connection = { id: 1, closed: false };
    waits.hold(wait('gone', { connection: connection as Connection }));
    waits.hold(wait('there', { connection: connectionOf(2) }));
    waits.arrived(queueOf('T', 0), 0, 0);
    connection.closed = true;
    turn.run();
    turn.run();
    expect(woken.splice(0)).toEqual(['there']);
    waits.hold(wait('closed', { connection: connectionOf(3, true) }));
    expect(arrive('T', 0)).toEqual([]);
    expect(waits.heldRequests).toBe(1);
  });

  it('forgets a connection, and leaves nothing behind', async () => {
    const { clock, waits, wait, woken } = setUp();
    const connection = connectionOf(7);
    waits.hold(wait('a', { connection }));
    waits.hold(wait('b', { connection, queueId: 1 }));
    waits.forget(connection);
    expect(waits.heldRequests).toBe(0);
    waits.hold(wait('c'));
    waits.stop();
    expect([woken, waits.heldRequests, clock.pendingTimers]).toEqual([['c'], 0, 0]);
    expect(waits.hold(wait('d'))).toBe('OVER');
    await clock.advance(POLL_MS);
    expect(woken).toEqual(['c']);
  });

  it('wakes one for a queue that opens', () => {
    const { waits, wait, turn, woken } = setUp();
    waits.hold(wait('any'));
    waits.hold(wait('queue', { queueId: 2 }));
    waits.wakeQueue('T', 'g', 2);
    waits.wakeQueue('T', 'h', 2);
    turn.run();
    expect(woken.splice(0)).toEqual(['any', 'queue']);
    waits.hold(wait('again'));
    waits.wakeQueue('%RETRY%g_T', 'g', 0);
    turn.run();
    expect(woken.splice(0)).toEqual(['again']);
    waits.hold(wait('own queue', { queueId: 3 }));
    waits.wakeQueue('%RETRY%g_T', 'g', 0);
    turn.run();
    expect(woken).toEqual(['own queue']);
  });
});
