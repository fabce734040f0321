// When a group that lost its consumer is started again: pauses that grow to a limit, until it is ended. Must never start anything itself.
import type { Clock, Timer } from 'rocketmq-core/common';

/** First and longest pause between two attempts, ms: those of a start in the background. */
const REVIVE_FIRST_MS = 1000;
const REVIVE_MAX_MS = 30_000;

export class Revival {
  private timer: Timer | undefined;
  private pauseMs = 0;
  private paused = false;

  constructor(
    private readonly clock: Clock,
    private readonly attempt: () => void,
  ) {}

  /** From the first loss until end(). */
  get isWanted(): boolean {
    return this.pauseMs > 0;
  }

  /** Whether the group was paused when it was lost. */
  get isPaused(): boolean {
    return this.paused;
  }

  /** An attempt comes in so many ms. */
  schedule(isPaused = this.paused): number {
    this.timer?.cancel();
    this.paused = isPaused;
    this.pauseMs = this.pauseMs === 0 ? REVIVE_FIRST_MS : Math.min(this.pauseMs * 2, REVIVE_MAX_MS);
    this.timer = this.clock.setTimer(this.attempt, this.pauseMs);
    return this.pauseMs;
  }

  /** It runs, or nobody wants it any more. */
  end(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.pauseMs = 0;
    this.paused = false;
  }
}
