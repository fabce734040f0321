// Asynchronous sends under overload: bounded by number and by bytes, in order, with errors that name the limit.
import { ManualClock, SystemClock } from '../../common/index.js';
import { TooManyRequestsError } from '../../errors/index.js';
import { PERMIT_WAITERS_MAX, SendPermits } from './send-permits.js';

describe('SendPermits', () => {
  let clock: ManualClock;
  let limits: { messages: number; bytes: number };
  let permits: SendPermits;
  let order: string[];

  beforeEach(() => {
    clock = new ManualClock();
    limits = { messages: 2, bytes: 1000 };
    permits = new SendPermits(clock, () => limits);
    order = [];
  });
  afterEach(() => expect(clock.pendingTimers).toBe(0));

  const take = (name: string, bytes: number, timeoutMs = 100, signal?: AbortSignal): Promise<(() => void) | Error> =>
    permits.take(bytes, timeoutMs, signal).then(
      (release) => {
        order.push(name);
        return release;
      },
      (error: Error) => error,
    );
  const released = async (taken: Promise<(() => void) | Error>): Promise<void> => ((await taken) as () => void)();

  it('bounds the number, and serves those who wait in their order', async () => {
    const [a, b] = [take('a', 10), take('b', 10)];
    const [c, d] = [take('c', 10), take('d', 10)];
    await released(a);
    await c;
    expect(order).toEqual(['a', 'b', 'c']);
    // Giving back twice gives back once.
    await released(a);
    await clock.advance(50);
    expect(order).toEqual(['a', 'b', 'c']);
    await released(b);
    await released(c);
    await released(d);
    expect(order).toEqual(['a', 'b', 'c', 'd']);
  });

  it('says which number is used up when the time is over', async () => {
    await Promise.all([take('a', 10), take('b', 10)]);
    const late = take('late', 10);
    await clock.advance(100);
    expect(await late).toBeInstanceOf(TooManyRequestsError);
    expect(((await late) as Error).message).toBe(
      'send to the producer: 2 asynchronous sends are under way, still after 100 ms (backPressureForAsyncSendNum)',
    );
  });

  it('bounds the bytes; a message larger than all of them goes alone', async () => {
    const huge = take('huge', 5000);
    const small = take('small', 1, 1000);
    const refused = take('refused', 1000, 100);
    await clock.advance(100);
    expect(((await refused) as Error).message).toBe(
      'send to the producer: 1000 bytes may be under way, too few are left still after 100 ms (backPressureForAsyncSendSize)',
    );
    await released(huge);
    await small;
    expect(order).toEqual(['huge', 'small']);
  });

  it('lets those behind go on when somebody in front gives up', async () => {
    await take('a', 600);
    const controller = new AbortController();
    const large = take('large', 600, 1000, controller.signal);
    const small = take('small', 10, 1000);
    await clock.advance(10);
    expect(order).toEqual(['a']);
    controller.abort(new Error('enough'));
    expect(await large).toMatchObject({ message: 'enough' });
    await small;
    expect(order).toEqual(['a', 'small']);
  });

  it('refuses at once when too many wait', async () => {
    const many = new SendPermits(new SystemClock(), () => limits);
    const release = await many.take(5000, 1000);
    const waiting = Array.from({ length: PERMIT_WAITERS_MAX }, () => many.take(0, 60_000));
    await expect(many.take(0, 60_000)).rejects.toThrow('100000 asynchronous sends wait for room already');
    limits = { messages: PERMIT_WAITERS_MAX, bytes: 1000 };
    release();
    expect(await Promise.all(waiting)).toHaveLength(PERMIT_WAITERS_MAX);
  });
});
