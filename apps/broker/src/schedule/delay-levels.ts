// The delay table of `messageDelayLevel`: level (from 1) -> milliseconds. Pure; must never know queues or clocks.
import { ConfigError } from 'rocketmq-core/errors';
import { parseDelayUnits } from 'rocketmq-core/common';

/** Why a text is no table of delays; undefined when it is one. */
export function delayTableProblem(messageDelayLevel: string): string | undefined {
  const words = wordsOf(messageDelayLevel);
  if (words.length === 0) return 'names no delay: separate delays such as 1s, 5m, 2h or 1d by blanks';
  const bad = words.findIndex((word) => parseDelayUnits(word) === undefined);
  return bad < 0 ? undefined : `${JSON.stringify(words[bad])}, level ${bad + 1}, is no delay such as 1s, 5m, 2h or 1d`;
}

const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

export class DelayLevels {
  private readonly delaysMs: readonly number[];

  constructor(messageDelayLevel: string) {
    const problem = delayTableProblem(messageDelayLevel);
    if (problem !== undefined) throw new ConfigError('broker configuration', [{ key: 'messageDelayLevel', problem }]);
    this.delaysMs = wordsOf(messageDelayLevel)
      .map(parseDelayUnits)
      .filter((delay) => delay !== undefined);
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
