// Waiting for a condition in the outside world. Must never wait without a limit.
import { sleep, SystemClock } from 'rocketmq-core/common';

const PERIOD_MS = 50;
/** A consumer that meets a new topic or a new member on a foreign cluster may need its 30 s route poll and its 20 s rebalance. */
export const JOIN_LIMIT_MS = 75_000;

export async function waitUntil(what: string, limitMs: number, condition: () => boolean | Promise<boolean>): Promise<void> {
  const clock = new SystemClock();
  const deadline = clock.monotonic() + limitMs;
  while (!(await condition())) {
    if (clock.monotonic() >= deadline) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await sleep(clock, PERIOD_MS);
  }
}

/** The same where the story says by itself what is missing. */
export async function waitFor(limitMs: number, condition: () => boolean | Promise<boolean>): Promise<void> {
  await waitUntil('', limitMs, condition).catch(() => undefined);
}
