// A store that answers within a limit or fails. Must never leave a claim behind that came too late.
import type { Clock } from 'rocketmq-core/common';
import type { IdempotencyClaim, IdempotencyStore } from './idempotency-store.js';

export class LimitedStore implements IdempotencyStore {
  constructor(
    private readonly store: IdempotencyStore,
    private readonly limitMs: number,
    private readonly clock: Clock,
  ) {}

  claim(key: string, owner: string, leaseMs: number): Promise<IdempotencyClaim> {
    const undo = (late: IdempotencyClaim): void => {
      // The lease ends it where this fails, too.
      if (late.state === 'CLAIMED') this.store.release(key, owner).catch(() => undefined);
    };
    return this.limited('claim', () => this.store.claim(key, owner, leaseMs), undo);
  }

  extend(key: string, owner: string, leaseMs: number): Promise<boolean> {
    return this.limited('extend', () => this.store.extend(key, owner, leaseMs));
  }

  complete(key: string, owner: string, ttlMs: number): Promise<boolean> {
    return this.limited('complete', () => this.store.complete(key, owner, ttlMs));
  }

  release(key: string, owner: string): Promise<void> {
    return this.limited('release', () => this.store.release(key, owner));
  }

  private limited<T>(what: string, call: () => Promise<T>, late?: (value: T) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      const timer = this.clock.setTimer(() => {
        isOver = true;
        reject(new Error(`the idempotency store did not answer ${what} within ${this.limitMs} ms`));
      }, this.limitMs);
      Promise.resolve()
        .then(call)
        .then(
          (value) => {
            timer.cancel();
            if (isOver) late?.(value);
            else resolve(value);
          },
          (error: unknown) => {
            timer.cancel();
            reject(error as Error);
          },
        );
    });
  }
}
