// Tells of refused requests and malformed frames: the first of a kind at once, those that follow as a number. Must never write a line per
// refusal: a hostile peer would fill the disk at the speed of its line.
import type { Clock, Logger, Timer } from '../common/index.js';

export const REFUSAL_REPORT_MS = 60_000;
/** Kinds told apart in one period; beyond it they share one. */
const KINDS_MAX = 200;
const OTHER_KINDS = 'other refusals';

export class RefusalLog {
  private readonly clock: Clock;
  private readonly logger: Logger;
  /** By kind: how many since the line that told of the first. */
  private readonly more = new Map<string, number>();
  private timer: Timer | undefined;

  constructor(clock: Clock, logger: Logger) {
    this.clock = clock;
    this.logger = logger;
  }

  /** `kind` must not hold anything a peer chose. */
  note(kind: string, fields: Readonly<Record<string, unknown>>): void {
    const key = this.more.has(kind) || this.more.size < KINDS_MAX ? kind : OTHER_KINDS;
    const count = this.more.get(key);
    if (count !== undefined) {
      this.more.set(key, count + 1);
      return;
    }
    this.more.set(key, 0);
    this.logger.warn(key, fields);
    this.timer ??= this.clock.setTimer(() => this.report(), REFUSAL_REPORT_MS);
  }

  /** Writes what is still only counted. */
  close(): void {
    this.timer?.cancel();
    this.report();
  }

  private report(): void {
    this.timer = undefined;
    for (const [kind, count] of this.more) if (count > 0) this.logger.warn(`${kind}: ${count} more`, { withinMs: REFUSAL_REPORT_MS });
    this.more.clear();
  }
}
