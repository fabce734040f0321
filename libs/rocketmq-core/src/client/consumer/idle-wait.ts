// Waiting for listener calls to end, no longer than allowed. Must never keep a timer or a subscription behind.
import type { Clock } from '../../common/index.js';

/** How long a stop waits for listener calls: `deadlineMs` at most, and no longer once the signal says so. */
export interface DrainLimit {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
}

export const limitText = ({ deadlineMs, signal }: DrainLimit): string =>
  signal?.aborted === true ? 'before the waiting was called off' : `within ${deadlineMs} ms`;

/** Resolves when `onIdle` is called back, the time is over, or the signal aborts. */
export async function waitForIdle(clock: Clock, { deadlineMs, signal }: DrainLimit, onIdle: (wake: () => void) => void): Promise<void> {
  if (deadlineMs <= 0 || signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimer(end, deadlineMs);
    signal?.addEventListener('abort', end, { once: true });
    onIdle(end);
  });
}
