// When the log becomes durable: in groups at once (SYNC_FLUSH), or by timer and amount (ASYNC_FLUSH). One flush at a time; what is written
// while one runs belongs to the next. Must never confirm what was not flushed, nor try again after an error.
import type { Clock, Timer } from '../../common/index.js';
import type { CommitLog } from './commit-log.js';

export interface FlushSettings {
  flushDiskType: 'ASYNC_FLUSH' | 'SYNC_FLUSH';
  flushIntervalCommitLog: number;
  flushCommitLogThoroughInterval: number;
  syncFlushTimeout: number;
}

export interface FlushEvents {
  /** Everything below is durable. `startedAt` is the store time of the newest message when the flush began. */
  onFlushed(flushedOffset: number, newestTimestamp: number): void;
  /** Something has waited longer than syncFlushTimeout for its flush. */
  onTimeout(): void;
  onError(error: unknown): void;
  /** Store time of the newest written message. */
  newestTimestamp(): number;
}

/** `flushCommitLogLeastPages` of 4 KiB. */
const LEAST_DIRTY_BYTES = 4 * 4096;
/** How often a wait that has already timed out is looked at again. */
const TIMEOUT_CHECK_MS = 100;

export class FlushService {
  private readonly log: CommitLog;
  private readonly clock: Clock;
  private readonly settings: FlushSettings;
  private readonly events: FlushEvents;
  private running: Promise<void> | undefined;
  private timer: Timer | undefined;
  private timeoutTimer: Timer | undefined;
  private lastThoroughAtMs = 0;
  flushCount = 0;

  constructor(log: CommitLog, clock: Clock, settings: FlushSettings, events: FlushEvents) {
    this.log = log;
    this.clock = clock;
    this.settings = settings;
    this.events = events;
  }

  start(): void {
    this.lastThoroughAtMs = this.clock.monotonic();
    if (this.settings.flushDiskType === 'ASYNC_FLUSH') {
      this.timer = this.clock.setPeriodic(() => this.flushByTimer(), this.settings.flushIntervalCommitLog);
    }
  }

  /** SYNC_FLUSH: something was written. */
  requestGroup(): void {
    if (this.running !== undefined) return;
    this.watch();
    this.running = this.flushGroups();
  }

  /** Stops the timers and waits for a flush that is on its way. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    this.timeoutTimer?.cancel();
    await this.running;
  }

  private async flushGroups(): Promise<void> {
    const { log } = this;
    try {
      while (log.flushedOffset < log.writtenOffset) await this.flushOnce();
    } catch (error) {
      this.events.onError(error);
    } finally {
      this.running = undefined;
      this.timeoutTimer?.cancel();
    }
  }

  private flushByTimer(): void {
    const { log, clock } = this;
    const dirtyBytes = log.writtenOffset - log.flushedOffset;
    const isThorough = clock.monotonic() - this.lastThoroughAtMs >= this.settings.flushCommitLogThoroughInterval;
    if (isThorough) this.lastThoroughAtMs = clock.monotonic();
    if (this.running !== undefined || dirtyBytes === 0 || (dirtyBytes < LEAST_DIRTY_BYTES && !isThorough)) return;
    this.running = this.flushOnce()
      .catch((error: unknown) => this.events.onError(error))
      .finally(() => {
        this.running = undefined;
      });
  }

  private async flushOnce(): Promise<void> {
    const newestTimestamp = this.events.newestTimestamp();
    const flushedOffset = await this.log.flush();
    this.flushCount++;
    this.events.onFlushed(flushedOffset, newestTimestamp);
  }

  private watch(): void {
    const check = (): void => {
      this.events.onTimeout();
      this.timeoutTimer = this.clock.setTimer(check, TIMEOUT_CHECK_MS);
    };
    this.timeoutTimer = this.clock.setTimer(check, this.settings.syncFlushTimeout);
  }
}
