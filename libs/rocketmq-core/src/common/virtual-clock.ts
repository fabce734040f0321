// A clock that goes on with the day and can be sent ahead: hours in a moment, every timer on the way fired. For one process that holds both
// sides of every connection. Must never overtake work that is held: a request under way keeps the time from passing its time-out.
import type { Clock, Timer } from './clock.js';

/** Time goes ahead in steps; what falls due within one fires together, in order. */
const FINE_STEP_MS = 50;
const COARSE_STEP_MS = 1000;
/** Longest span that goes by fine steps. */
const FINE_SPAN_MS = 10_000;
/** Turns of the event loop between two steps, at least: sockets and files are not part of the clock. */
const TURNS_PER_STEP = 8;
/** Real ms that held work may keep a step waiting. */
const HOLD_LIMIT_MS = 5000;

interface Entry {
  dueMs: number;
  readonly order: number;
  readonly callback: () => void;
  readonly periodMs: number | undefined;
}

export class VirtualClock implements Clock {
  private readonly entries = new Set<Entry>();
  private aheadMs = 0;
  private nextOrder = 0;
  private holds = 0;
  private armed: { readonly dueMs: number; readonly timer: Timer } | undefined;
  /** Calls of advance() run one after the other. */
  private sequence: Promise<void> = Promise.resolve();

  private readonly real: Clock;

  /** `real`: the clock that goes on by itself. */
  constructor(real: Clock) {
    this.real = real;
  }

  now(): number {
    return this.real.now() + this.aheadMs;
  }

  monotonic(): number {
    return this.real.monotonic() + this.aheadMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    return this.add(callback, Math.max(0, delayMs), undefined);
  }

  setPeriodic(callback: () => void, periodMs: number, initialDelayMs = periodMs): Timer {
    return this.add(callback, Math.max(0, initialDelayMs), Math.max(1, periodMs));
  }

  hold(): () => void {
    this.holds++;
    let held = true;
    return () => {
      if (held) this.holds--;
      held = false;
    };
  }

  /** Timers that are set: what closed cleanly leaves none. */
  get pendingTimers(): number {
    return this.entries.size;
  }

  /** Sends time ahead by so many ms and resolves when what fell due has run. Periodic work may run less often than its period asks for. */
  advance(ms: number): Promise<void> {
    if (!(ms >= 0 && Number.isFinite(ms))) throw new RangeError(`${ms} is no number of ms at or above 0`);
    const run = this.sequence.then(() => this.goAhead(ms));
    this.sequence = run.catch(() => undefined);
    return run;
  }

  private async goAhead(ms: number): Promise<void> {
    await this.idle();
    const targetMs = this.monotonic() + ms;
    const stepMs = ms <= FINE_SPAN_MS ? FINE_STEP_MS : COARSE_STEP_MS;
    for (let leftMs = ms; leftMs > 0; leftMs = targetMs - this.monotonic()) {
      // Whole ms, as wall time goes into messages.
      this.aheadMs += Math.min(stepMs, Math.ceil(leftMs));
      this.runDue();
      await this.idle();
    }
  }

  private async idle(): Promise<void> {
    const startMs = this.real.monotonic();
    for (let turns = 0; turns < TURNS_PER_STEP || this.holds > 0; turns++) {
      if (turns >= TURNS_PER_STEP && this.real.monotonic() - startMs > HOLD_LIMIT_MS) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** What is set meanwhile waits for the next time, so that a timer of 0 ms cannot keep this going. */
  private runDue(): void {
    const lastOrder = this.nextOrder;
    for (;;) {
      const entry = this.earliest(lastOrder);
      if (entry === undefined || entry.dueMs > this.monotonic()) break;
      if (entry.periodMs === undefined) this.entries.delete(entry);
      else entry.dueMs = this.monotonic() + entry.periodMs;
      entry.callback();
    }
    this.arm();
  }

  private earliest(beforeOrder = Infinity): Entry | undefined {
    let best: Entry | undefined;
    for (const entry of this.entries) {
      if (entry.order >= beforeOrder) continue;
      if (best === undefined || entry.dueMs < best.dueMs || (entry.dueMs === best.dueMs && entry.order < best.order)) best = entry;
    }
    return best;
  }

  private add(callback: () => void, delayMs: number, periodMs: number | undefined): Timer {
    const entry: Entry = { dueMs: this.monotonic() + delayMs, order: this.nextOrder++, callback, periodMs };
    this.entries.add(entry);
    if (this.armed === undefined || entry.dueMs < this.armed.dueMs) this.arm();
    return { cancel: () => void this.entries.delete(entry) };
  }

  private arm(): void {
    this.armed?.timer.cancel();
    this.armed = undefined;
    const next = this.earliest();
    if (next === undefined) return;
    const timer = this.real.setTimer(
      () => {
        this.armed = undefined;
        this.runDue();
      },
      Math.max(0, next.dueMs - this.monotonic()),
    );
    this.armed = { dueMs: next.dueMs, timer };
  }
}
