// The real clock. Must never be constructed deep inside: it is handed in from main, a module or a facade's default.
import type { Clock, Timer } from './clock.js';

/** Longest delay the runtime's timer can hold; longer ones are chained. */
const MAX_TIMER_DELAY_MS = 2 ** 31 - 1;

export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    let handle: NodeJS.Timeout;
    const arm = (leftMs: number): void => {
      const stepMs = Math.min(Math.max(leftMs, 0), MAX_TIMER_DELAY_MS);
      handle = setTimeout(() => {
        if (leftMs > stepMs) arm(leftMs - stepMs);
        else callback();
      }, stepMs);
      handle.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(handle) };
  }

  setPeriodic(callback: () => void, periodMs: number, initialDelayMs = periodMs): Timer {
    let handle: NodeJS.Timeout | undefined;
    const first = this.setTimer(() => {
      callback();
      if (cancelled) return;
      handle = setInterval(callback, periodMs);
      handle.unref();
    }, initialDelayMs);
    let cancelled = false;
    return {
      cancel: () => {
        cancelled = true;
        first.cancel();
        clearInterval(handle);
      },
    };
  }
}
