// Notices that wall time was set back, and tells by how much the deliver times of a level's entries written before are to be read
// earlier. A clock set forward is believed: the machine may have slept. Must never shift what was written after.
import type { Clock } from 'rocketmq-core/common';

/** Less than this is the clock being trimmed. */
const SETBACK_MIN_MS = 500;

interface Setback {
  /** Entries below this ordinal were written before. */
  readonly before: number;
  readonly byMs: number;
}

export class ClockSetbacks {
  private wallAheadMs: number;
  /** level -> entries written so far, as of the last look. */
  private readonly written = new Map<number, number>();
  private readonly setbacks = new Map<number, Setback[]>();

  constructor(private readonly clock: Clock) {
    this.wallAheadMs = clock.now() - clock.monotonic();
  }

  /** Looks at the clock, then counts what has been written: in this order what is new belongs to the clock as it is. By how much it went back. */
  look(level: number, maxOffset: number): number {
    const aheadMs = this.clock.now() - this.clock.monotonic();
    const byMs = this.wallAheadMs - aheadMs;
    this.wallAheadMs = aheadMs;
    const isSetback = byMs >= SETBACK_MIN_MS;
    if (isSetback) {
      for (const [each, before] of this.written) this.setbacks.set(each, [...(this.setbacks.get(each) ?? []), { before, byMs }]);
    }
    this.written.set(level, maxOffset);
    return isSetback ? byMs : 0;
  }

  /** By how much earlier the entry is due than it says. */
  shiftOf(level: number, queueOffset: number): number {
    let shift = 0;
    for (const { before, byMs } of this.setbacks.get(level) ?? []) if (queueOffset < before) shift += byMs;
    return shift;
  }

  /** Nothing below `queueOffset` is asked for any more. */
  forget(level: number, queueOffset: number): void {
    const left = this.setbacks.get(level)?.filter(({ before }) => before > queueOffset) ?? [];
    if (left.length === 0) this.setbacks.delete(level);
    else this.setbacks.set(level, left);
  }
}
