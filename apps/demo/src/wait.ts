// Waiting for a condition in the outside world. Must never wait without a limit.
import { sleep, SystemClock } from 'rocketmq-core/common';

const PERIOD_MS = 50;

export async function waitUntil(what: string, limitMs: number, condition: () => boolean | Promise<boolean>): Promise<void> {
  const clock = new SystemClock();
  const deadline = clock.monotonic() + limitMs;
  while (!(await condition())) {
    if (clock.monotonic() >= deadline) throw new Error(`waited ${limitMs} ms in vain: ${what}`);
    await sleep(clock, PERIOD_MS);
  }
}
