// A lane admits requests of one kind: so many at work, so many waiting, so long. Java's thread pools, without threads.
// Must never grow past its limits: who does not fit is told at once.
import { BoundedQueue } from '../common/index.js';
import type { LaneLimits } from './remoting-types.js';

/** Remarks are matched by clients and operators [java NettyRemotingAbstract, BrokerFastFailure]. */
export type LaneRefusal =
  '[OVERLOAD]system busy, start flow control for a while' | '[TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while';

interface Waiting {
  readonly sinceMs: number;
  run(): void;
  refuse(refusal: LaneRefusal): void;
}

export class Lane {
  inFlight = 0;
  refused = 0;
  private readonly limits: LaneLimits;
  private readonly waiting: BoundedQueue<Waiting>;

  constructor(limits: LaneLimits) {
    this.limits = limits;
    this.waiting = new BoundedQueue(limits.maxQueued);
  }

  get queued(): number {
    return this.waiting.length;
  }

  /** Runs now, later, or refuses. What runs must call done() exactly once. */
  admit(nowMs: number, run: () => void, refuse: (refusal: LaneRefusal) => void): void {
    if (this.inFlight < this.limits.maxInFlight && this.waiting.length === 0) {
      this.inFlight++;
      run();
      return;
    }
    if (this.waiting.push({ sinceMs: nowMs, run, refuse })) return;
    this.refused++;
    refuse('[OVERLOAD]system busy, start flow control for a while');
  }

  /** One request has been answered or is held elsewhere. */
  done(nowMs: number): void {
    this.inFlight--;
    this.next(nowMs);
  }

  /** Refuses what has waited too long; called now and then. */
  sweep(nowMs: number): void {
    for (let head = this.waiting.peek(); head !== undefined && nowMs - head.sinceMs > this.limits.maxWaitMs; head = this.waiting.peek()) {
      this.waiting.shift();
      this.refused++;
      head.refuse('[TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while');
    }
  }

  private next(nowMs: number): void {
    this.sweep(nowMs);
    while (this.inFlight < this.limits.maxInFlight) {
      const head = this.waiting.shift();
      if (head === undefined) return;
      this.inFlight++;
      head.run();
    }
  }
}
