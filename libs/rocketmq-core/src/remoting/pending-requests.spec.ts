import { ManualClock } from '../common/index.js';
import { RequestTimeoutError, SendRequestError, TooManyRequestsError } from '../errors/index.js';
import type { RemotingCommand } from '../protocol/index.js';
import { IN_FLIGHT_MAX, PendingRequests } from './pending-requests.js';

const answerTo = (opaque: number): RemotingCommand => ({
  code: 0,
  language: 0,
  version: 0,
  opaque,
  flag: 1,
  remark: undefined,
  extFields: undefined,
  body: undefined,
  serializeType: 'JSON',
});
const WAIT = { timeoutMs: 1000, spentMs: 0, signal: undefined };

describe('PendingRequests', () => {
  let clock: ManualClock;
  let pending: PendingRequests;

  beforeEach(() => {
    clock = new ManualClock();
    pending = new PendingRequests('10.0.0.1:10911', clock);
  });

  it('gives each answer to who asked, in any order, and knows what nobody waits for', async () => {
    const first = pending.wait(pending.takeOpaque(), 'A', WAIT);
    const second = pending.wait(pending.takeOpaque(), 'B', WAIT);
    expect(pending.answer(answerTo(2))).toBe(true);
    expect(pending.answer(answerTo(1))).toBe(true);
    expect(pending.answer(answerTo(1))).toBe(false);
    expect((await first).opaque).toBe(1);
    expect((await second).opaque).toBe(2);
  });

  it('wraps the opaque to negative and skips one that still waits', () => {
    pending = new PendingRequests('a', clock, 2 ** 31 - 2);
    expect(pending.takeOpaque()).toBe(2 ** 31 - 1);
    void pending.wait(-(2 ** 31), 'A', WAIT).catch(() => undefined);
    expect(pending.takeOpaque()).toBe(-(2 ** 31) + 1);
    pending.end(() => new Error('end'));
  });

  it('times out on the monotonic clock, counts time already spent, and leaves no timer', async () => {
    const slow = pending.wait(pending.takeOpaque(), 'SLOW', WAIT).catch((error: unknown) => error);
    const late = pending.wait(pending.takeOpaque(), 'LATE', { ...WAIT, spentMs: 700 }).catch((error: unknown) => error);
    await clock.advance(350);
    expect(await late).toBeInstanceOf(RequestTimeoutError);
    expect(((await late) as Error).message).toContain('LATE to 10.0.0.1:10911: no answer within 1000 ms');
    expect(pending.size).toBe(1);
    await clock.advance(700);
    expect(await slow).toBeInstanceOf(RequestTimeoutError);
    await clock.advance(100);
    expect(clock.pendingTimers).toBe(0);
    expect(pending.answer(answerTo(1))).toBe(false);
  });

  it('ends a wait that is aborted, with the reason, and forgets the signal of one that is answered', async () => {
    const controller = new AbortController();
    const aborted = pending.wait(1, 'A', { ...WAIT, signal: controller.signal }).catch((error: unknown) => error);
    const answered = pending.wait(2, 'B', { ...WAIT, signal: controller.signal });
    pending.answer(answerTo(2));
    controller.abort('enough');
    expect(await aborted).toBe('enough');
    expect((await answered).opaque).toBe(2);
    expect(pending.size).toBe(0);
  });

  it('refuses more than its limit', () => {
    for (let i = 1; i <= IN_FLIGHT_MAX; i++) void pending.wait(i, 'A', WAIT).catch(() => undefined);
    expect(() => pending.wait(0, 'A', WAIT)).toThrow(TooManyRequestsError);
    pending.end(() => new Error('end'));
    expect(clock.pendingTimers).toBe(0);
  });

  it('tells everybody when the connection ends, and refuses later waits at once', async () => {
    const waiting = pending.wait(1, 'A', WAIT).catch((error: unknown) => error);
    pending.end((request) => new SendRequestError('a', request, 'reset'));
    expect(((await waiting) as Error).message).toBe('A to a: reset');
    expect(() => pending.wait(2, 'B', WAIT)).toThrow(SendRequestError);
  });
});
