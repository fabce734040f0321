// Callers of put() that wait until their records are confirmed, in the order of the log. Must never let one wait for ever.
import type { PutMessageResult } from './store-types.js';

interface Waiter {
  endOffset: number;
  sinceMs: number;
  result: Omit<PutMessageResult, 'status'>;
  resolve: (result: PutMessageResult) => void;
  reject: (error: Error) => void;
}

export class PutWaiters {
  /** Bounded by maxUnconfirmedBytes: each waits for at least one staged record. */
  private waiters: Waiter[] = [];

  get count(): number {
    return this.waiters.length;
  }

  add(endOffset: number, sinceMs: number, result: Omit<PutMessageResult, 'status'>): Promise<PutMessageResult> {
    return new Promise((resolve, reject) => this.waiters.push({ endOffset, sinceMs, result, resolve, reject }));
  }

  confirmed(confirmedOffset: number): void {
    this.settle(
      (waiter) => waiter.endOffset <= confirmedOffset,
      (waiter) => waiter.resolve({ status: 'PUT_OK', ...waiter.result }),
    );
  }

  /** What has waited since `limitMs` or longer is stored, but not yet safe. */
  timedOut(limitMs: number): void {
    this.settle(
      (waiter) => waiter.sinceMs <= limitMs,
      (waiter) => waiter.resolve({ status: 'FLUSH_DISK_TIMEOUT', ...waiter.result }),
    );
  }

  fail(error: Error): void {
    this.settle(
      () => true,
      (waiter) => waiter.reject(error),
    );
  }

  private settle(isDue: (waiter: Waiter) => boolean, settle: (waiter: Waiter) => void): void {
    let due = 0;
    while (due < this.waiters.length && isDue(this.waiters[due]!)) due++;
    if (due === 0) return;
    for (const waiter of this.waiters.splice(0, due)) settle(waiter);
  }
}
