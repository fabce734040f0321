// Minutes in a second: servers and clients of one process live by a clock that goes on by small steps as fast as the event loop turns, so
// that a slow machine slows both sides of a time-out alike. Real sockets and files. Must never be used with a second process.
import { ManualClock } from 'rocketmq-core/common';

/** Of real time, at least, for each step: files and sockets are not part of the event loop. */
const STEP_REAL_MS = 1;

export class TimeLapse {
  readonly clock = new ManualClock();
  private running = true;
  private readonly end: Promise<void>;

  /** `stepMs`: small against every time-out; a request and its answer take one or two steps. */
  constructor(stepMs = 40) {
    this.end = this.run(stepMs);
  }

  /** Resolves when so much of its time has passed. */
  async pass(ms: number): Promise<void> {
    const dueMs = this.clock.monotonic() + ms;
    while (this.running && this.clock.monotonic() < dueMs) await turn();
  }

  /** Resolves when the condition holds, to how long that took; rejects after `limitMs` of its time. */
  async until(condition: () => boolean | Promise<boolean>, limitMs: number): Promise<number> {
    const startMs = this.clock.monotonic();
    while (!(await condition())) {
      if (!this.running || this.clock.monotonic() - startMs > limitMs) {
        throw new Error(`not within ${limitMs} ms of lapsed time: ${condition.toString()}`);
      }
      await turn();
    }
    return this.clock.monotonic() - startMs;
  }

  /** Call it when everything that lives by the clock has been closed. */
  async stop(): Promise<void> {
    this.running = false;
    await this.end;
  }

  private async run(stepMs: number): Promise<void> {
    while (this.running) {
      await this.clock.advance(stepMs);
      await new Promise((resolve) => setTimeout(resolve, STEP_REAL_MS));
    }
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
