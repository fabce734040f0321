// The delay table of `messageDelayLevel`: level (from 1) -> milliseconds. Pure; must never know queues or clocks.
import { ConfigError } from 'rocketmq-core/errors';
import { parseDelayUnits } from 'rocketmq-core/common';

export class DelayLevels {
  private readonly delaysMs: readonly number[];

  constructor(messageDelayLevel: string) {
    const words = messageDelayLevel
      .trim()
      .split(/\s+/)
      .filter((word) => word !== '');
    const delays = words.map(parseDelayUnits);
    const bad = words[delays.indexOf(undefined)] ?? (words.length === 0 ? '' : undefined);
    if (bad !== undefined) {
      throw new ConfigError('broker configuration', [
        { key: 'messageDelayLevel', problem: `${JSON.stringify(bad)} is no delay such as 1s, 5m, 2h or 1d` },
      ]);
    }
    this.delaysMs = delays.filter((delay) => delay !== undefined);
  }

  /** How many levels there are; level numbers run from 1 to this. */
  get max(): number {
    return this.delaysMs.length;
  }

  /** A level above the last one counts as the last [java HookUtils#handleScheduleMessage]. */
  clamp(level: number): number {
    return Math.min(level, this.max);
  }

  delayMsOf(level: number): number {
    return this.delaysMs[level - 1] ?? 1000;
  }
}
