// How long a request waits for messages: to bornTime + pollTime by the client's clock, never longer than pollTime by ours.
import type { Clock } from 'rocketmq-core/common';

/** Longest wait, whatever a client asks for. */
export const POLL_MS_MAX = 60_000;

/** Clock.monotonic() at which the wait ends. */
export function pollDeadline(clock: Clock, bornTime: number | undefined, pollTime: number): number {
  const now = clock.now();
  const left = (bornTime || now) + pollTime - now;
  return clock.monotonic() + Math.min(Math.max(Math.min(left, pollTime), 0), POLL_MS_MAX);
}
