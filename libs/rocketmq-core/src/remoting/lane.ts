// A lane admits requests of one kind: so many at work, so many waiting, so long. Java's thread pools, without threads.
// Must never grow past its limits: who does not fit is told at once.
import { BoundedQueue } from '../common/index.js';
import type { LaneLimits } from './remoting-types.js';

/** Remarks are matched by clients and operators [java NettyRemotingAbstract, BrokerFastFailure]. */
export type LaneRefusal =
  '[OVERLOAD]system busy, start flow control for a while' | '[TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while';

export interface LaneTask {
  /** Clock.monotonic() when it was admitted. */
  readonly receivedAtMs: number;
  /** Starts the work; the lane's done() must follow exactly once. */
  run(): void;
  refuse(refusal: LaneRefusal): void;
}

export class Lane {
  inFlight = 0;
  refused = 0;
  private readonly limits: LaneLimits;
  private readonly waiting: BoundedQueue<LaneTask>;
  private admitting = false;

  constructor(limits: LaneLimits) {
    this.limits = limits;
    this.waiting = new BoundedQueue(limits.maxQueued);
  }

  get queued(): number {
    return this.waiting.length;
  }

  /** Runs now, later, or refuses. */
  admit(task: LaneTask): void {
    if (this.inFlight < this.limits.maxInFlight && this.waiting.length === 0) {
      this.inFlight++;
      task.run();
      return;
    }
    if (this.waiting.push(task)) return;
    this.refused++;
    task.refuse('[OVERLOAD]system busy, start flow control for a while');
  }

  /** One request has been answered or is held elsewhere. */
  done(nowMs: number): void {
    this.inFlight--;
    // A task that ends while it is being started comes back here: the loop below goes on, not a deeper one.
    if (this.admitting || this.waiting.length === 0) return;
    this.admitting = true;
    try {
      this.sweep(nowMs);
      while (this.inFlight < this.limits.maxInFlight) {
        const head = this.waiting.shift();
        if (head === undefined) break;
        this.inFlight++;
        head.run();
      }
    } finally {
      this.admitting = false;
    }
  }

  /** Refuses what has waited too long; called now and then. */
  sweep(nowMs: number): void {
    const oldestMs = nowMs - this.limits.maxWaitMs;
    for (let head = this.waiting.peek(); head !== undefined && head.receivedAtMs < oldestMs; head = this.waiting.peek()) {
      this.waiting.shift();
      this.refused++;
      head.refuse('[TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while');
    }
  }
}
