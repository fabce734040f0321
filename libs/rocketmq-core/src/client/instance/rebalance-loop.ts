// When consumers share out queues: every 20 s, at once on demand, again after 1 s while a round was not complete; never two rounds at once nor within 1 s.
// Must never keep a timer after stop().
import type { Clock, Timer } from '../../common/index.js';

/** [java RebalanceService] */
export const REBALANCE_INTERVAL_MS = 20_000;
export const REBALANCE_INTERVAL_MIN_MS = 1000;

export class RebalanceLoop {
  private readonly clock: Clock;
  /** Resolves to whether every consumer got a complete assignment. */
  private readonly round: () => Promise<boolean>;
  private timer: Timer | undefined;
  private running: Promise<void> | undefined;
  private wanted = false;
  private stopped = false;
  private lastStartMs = -Infinity;

  constructor(clock: Clock, round: () => Promise<boolean>) {
    this.clock = clock;
    this.round = round;
  }

  /** A round soon: now, or when the shortest interval since the last one has passed. */
  request(): void {
    if (this.stopped) return;
    if (this.running !== undefined) {
      this.wanted = true;
      return;
    }
    this.schedule(Math.max(0, this.lastStartMs + REBALANCE_INTERVAL_MIN_MS - this.clock.monotonic()));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    await this.running;
  }

  private schedule(delayMs: number): void {
    this.timer?.cancel();
    this.timer = this.clock.setTimer(() => {
      this.running = this.run();
    }, delayMs);
  }

  private async run(): Promise<void> {
    this.timer = undefined;
    this.lastStartMs = this.clock.monotonic();
    this.wanted = false;
    const balanced = await this.round();
    this.running = undefined;
    if (this.stopped) return;
    if (this.wanted) this.request();
    else this.schedule(balanced ? REBALANCE_INTERVAL_MS : REBALANCE_INTERVAL_MIN_MS);
  }
}
