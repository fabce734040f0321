// A clock that moves only when told to. For tests and for virtual time in the embedded cluster.
import type { Clock, Timer } from './clock.js';

interface Entry {
  dueMs: number;
  order: number;
  callback: () => void;
  periodMs: number | undefined;
}

export class ManualClock implements Clock {
  private elapsedMs = 0;
  private nextOrder = 0;
  private entries: Entry[] = [];

  private readonly startMs: number;

  constructor(startMs = 1_700_000_000_000) {
    this.startMs = startMs;
  }

  now(): number {
    return this.startMs + this.elapsedMs;
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    return this.add(callback, Math.max(0, delayMs), undefined);
  }

  setPeriodic(callback: () => void, periodMs: number, initialDelayMs = periodMs): Timer {
    return this.add(callback, Math.max(0, initialDelayMs), periodMs);
  }

  /** Number of timers that are set: a component that closed cleanly leaves none. */
  get pendingTimers(): number {
    return this.entries.length;
  }

  /** Moves time forward and runs every timer that falls due, in order, letting promises settle between timers. */
  async advance(ms: number): Promise<void> {
    const targetMs = this.elapsedMs + ms;
    for (;;) {
      await settle();
      const next = this.earliest();
      if (next === undefined || next.dueMs > targetMs) break;
      this.elapsedMs = Math.max(this.elapsedMs, next.dueMs);
      if (next.periodMs === undefined) this.remove(next);
      else next.dueMs += Math.max(1, next.periodMs);
      next.callback();
    }
    this.elapsedMs = targetMs;
    await settle();
  }

  private earliest(): Entry | undefined {
    let best: Entry | undefined;
    for (const entry of this.entries) {
      if (best === undefined || entry.dueMs < best.dueMs || (entry.dueMs === best.dueMs && entry.order < best.order)) best = entry;
    }
    return best;
  }

  private add(callback: () => void, delayMs: number, periodMs: number | undefined): Timer {
    const entry: Entry = { dueMs: this.elapsedMs + delayMs, order: this.nextOrder++, callback, periodMs };
    this.entries.push(entry);
    return { cancel: () => this.remove(entry) };
  }

  private remove(entry: Entry): void {
    this.entries = this.entries.filter((other) => other !== entry);
  }
}

/** Lets promise chains and immediates queued so far run. */
async function settle(): Promise<void> {
  for (let round = 0; round < 4; round++) await new Promise((resolve) => setImmediate(resolve));
}
