// Those who wait for room, in order, each until its own deadline. Must never let a later one overtake, nor one wait longer than it allowed.
import type { Clock } from './clock.js';

interface Waiter<T> {
  readonly wish: T;
  admit(): void;
  refuse(error: unknown): void;
}

export class WaitingLine<T> {
  private readonly clock: Clock;
  private readonly waiters = new Set<Waiter<T>>();
  private readonly left: () => void;

  /** `left`: somebody gave up, so that those behind may fit now. */
  constructor(clock: Clock, left: () => void) {
    this.clock = clock;
    this.left = left;
  }

  get size(): number {
    return this.waiters.size;
  }

  /** Resolves when admitted. Rejects with `refusal()` after `timeoutMs`, with the signal's reason, or with what refuseAll() gives. */
  wait(wish: T, options: { timeoutMs: number; signal: AbortSignal | undefined; refusal: () => Error }): Promise<void> {
    const { timeoutMs, signal, refusal } = options;
    return new Promise((resolve, reject) => {
      const done = (): void => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        this.waiters.delete(waiter);
      };
      const waiter: Waiter<T> = {
        wish,
        admit: () => {
          done();
          resolve();
        },
        refuse: (error) => {
          done();
          reject(error as Error);
        },
      };
      const giveUp = (error: unknown): void => {
        waiter.refuse(error);
        this.left();
      };
      const onAbort = (): void => giveUp(signal?.reason);
      const timer = this.clock.setTimer(() => giveUp(refusal()), timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.waiters.add(waiter);
    });
  }

  /** Admits from the front for as long as `take` says that the next one fits, and has taken its room. */
  admit(take: (wish: T) => boolean): void {
    for (const waiter of this.waiters) {
      if (!take(waiter.wish)) return;
      waiter.admit();
    }
  }

  refuseAll(errorFor: (wish: T) => Error): void {
    for (const waiter of this.waiters) waiter.refuse(errorFor(waiter.wish));
  }
}
