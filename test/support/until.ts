// Waits for a condition of a running cluster. Must never wait without a limit.
import { sleep, SystemClock } from 'rocketmq-core/common';

const PERIOD_MS = 20;
const clock = new SystemClock();

export async function until(condition: () => boolean | Promise<boolean>, limitMs = 30_000): Promise<void> {
  const deadline = clock.monotonic() + limitMs;
  while (!(await condition())) {
    if (clock.monotonic() >= deadline) throw new Error(`not within ${limitMs} ms: ${condition.toString()}`);
    await sleep(clock, PERIOD_MS);
  }
}
