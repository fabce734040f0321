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
    const bad = words.filter((word) => !/^\d{1,9}[smhd]$/.test(word));
    if (bad.length > 0 || words.length === 0) {
      throw new ConfigError('broker configuration', [
        { key: 'messageDelayLevel', problem: `${JSON.stringify(bad[0] ?? '')} is no delay such as 1s, 5m, 2h or 1d` },
      ]);
    }
    this.delaysMs = words.map((word) => parseDelayUnits(word));
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
