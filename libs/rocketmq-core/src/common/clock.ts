// The clock port: the only way this product reads time or waits. Production uses SystemClock; tests use ManualClock and never sleep.

/** A timer that has been set; cancelling twice is harmless. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall time in ms since 1970: for stamps that leave the process, never for measuring a wait. */
  now(): number;
  /** Monotonic ms: for every time-out, expiry and latency. */
  monotonic(): number;
  /** Runs `callback` once after `delayMs`. Never keeps the process alive by itself. */
  setTimer(callback: () => void, delayMs: number): Timer;
  /** Runs `callback` every `periodMs`, first after `initialDelayMs` (default: one period). Never keeps the process alive by itself. */
  setPeriodic(callback: () => void, periodMs: number, initialDelayMs?: number): Timer;
  /** Only of a clock that can be sent ahead: it does not go on until the returned function is called. For work that time must not overtake. */
  hold?(): () => void;
}

/** Resolves after `delayMs`; rejects with the signal's reason when aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.setTimer(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
