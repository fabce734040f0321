// The index beside the consume queues: built behind dispatch in small slices of its own, so that no send waits for it, and asked by key.
// The log is its backlog: it costs no memory to be behind. Must never stop the store: an index that fails is made again at the next start.
import { type Clock, type Logger, sleep, type Timer } from '../../common/index.js';
import type { StoreCheckpoint } from '../checkpoint/store-checkpoint.js';
import type { CommitLog } from '../commit-log/commit-log.js';
import type { HandleCache } from '../file/handle-cache.js';
import { IndexBuilder } from './index-builder.js';
import type { IndexFile } from './index-file.js';
import type { IndexFiles, IndexLoadFacts } from './index-files.js';

/** Log read at once: well below a millisecond of work. */
const SLICE_BYTES = 256 * 1024;
/** Messages of this long are indexed together. */
const GATHER_MS = 5;
/** Of a busy loop's time, one part in so many is the index's ... */
const REST_FACTOR = 19;
const REST_MS_MAX = 20;
/** ... until it is this far behind. */
const LAG_BYTES_MAX = 1024 * 1024 * 1024;
/** A question first brings the index this much further, so that what was sent just now is found. */
const CATCH_UP_BYTES = 64 * 1024 * 1024;
/** ... this much at once. */
const BYTES_PER_TURN = 1024 * 1024;
/** Full files whose slots are still in memory. */
const UNFINISHED_MAX = 2;
/** Slots written at once. */
const FINISH_BYTES = 1024 * 1024;

export interface IndexServicePorts {
  readonly isEnabled: boolean;
  readonly log: CommitLog;
  readonly files: IndexFiles;
  readonly handles: HandleCache;
  readonly checkpoint: StoreCheckpoint;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly confirmedOffset: () => number;
}

export class IndexService {
  private readonly ports: IndexServicePorts;
  private readonly builder: IndexBuilder;
  /** Full files that are not on disk yet, oldest first. */
  private unfinished: IndexFile[] = [];
  private finishing: Promise<void> | undefined;
  private timer: Timer | undefined;
  private isRunning = false;
  private failure: Error | undefined;
  deletedFiles = 0;

  constructor(ports: IndexServicePorts) {
    this.ports = ports;
    this.builder = new IndexBuilder({
      log: ports.log,
      files: ports.files,
      onFull: (file) => this.unfinished.push(file),
      mayCreate: () => this.unfinished.length < UNFINISHED_MAX,
    });
  }

  /** Where the index goes on after a start: behind the last record it has. */
  load(facts: IndexLoadFacts): void {
    const { files, log } = this.ports;
    files.load(facts);
    const last = files.last;
    if (last === undefined || last.header.entryCount <= 1) {
      this.builder.startAt(Math.max(log.minOffset, last?.header.endPhysicalOffset ?? 0), 0);
      return;
    }
    const offset = last.header.endPhysicalOffset;
    const size = facts.isClean && offset >= log.minOffset ? (log.readHead(offset)?.getInt32(0) ?? 0) : 0;
    // After an abnormal stop a record may have some of its entries only, the rest was in the next file.
    if (size > 0) this.builder.startAt(offset + size, 0);
    else this.builder.startAt(offset, last.entriesOfLast(offset));
  }

  start(): void {
    this.isRunning = this.ports.isEnabled;
    this.confirmed();
  }

  /** More of the log is confirmed. Called once per turn. */
  confirmed(): void {
    if (this.timer !== undefined || !this.isRunning) return;
    this.schedule(GATHER_MS);
  }

  /** Indexes what is confirmed, as far as a question may wait for. */
  async catchUp(): Promise<void> {
    const stopAt = Math.min(this.ports.confirmedOffset(), this.builder.nextOffset + CATCH_UP_BYTES);
    let sinceRest = 0;
    while (this.isRunning && this.builder.nextOffset < stopAt) {
      let isBlocked = false;
      this.guard(() => (isBlocked = !this.builder.run(stopAt, SLICE_BYTES)));
      if (isBlocked) await (this.finishing ??= this.finishLater());
      else if ((sinceRest += SLICE_BYTES) >= BYTES_PER_TURN && this.builder.nextOffset < stopAt) {
        sinceRest = 0;
        await sleep(this.ports.clock, 0);
      }
    }
    if (this.isRunning) this.guard(() => this.ports.files.last?.writeEntries());
  }

  /** Deletes what only speaks of messages that are gone. */
  deleteBelow(minPhysicalOffset: number): void {
    this.deletedFiles += this.ports.files.deleteBelow(minPhysicalOffset);
  }

  /** No more work; what was not finished is made again at the next start. */
  stop(): void {
    this.isRunning = false;
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** Stops with everything indexed and on disk: a Java broker that opens the store indexes only what comes after. */
  async close(): Promise<void> {
    const wasRunning = this.isRunning;
    this.stop();
    await this.finishing;
    if (!wasRunning) return;
    try {
      do {
        this.builder.run(this.ports.confirmedOffset(), SLICE_BYTES);
        while (this.unfinished.length > 0) await this.finish();
      } while (this.lag > 0);
      const { last } = this.ports.files;
      if (last === undefined || !last.hasSlotsInMemory) return;
      while (!last.finish(FINISH_BYTES));
      await this.ports.handles.flush(last.path);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Bytes of confirmed log that are not indexed. */
  get lag(): number {
    return this.ports.isEnabled ? Math.max(0, this.ports.confirmedOffset() - this.builder.nextOffset) : 0;
  }

  counters(): Readonly<Record<string, number>> {
    const { files } = this.ports;
    return {
      indexFiles: files.all.length,
      indexedOffset: this.builder.nextOffset,
      indexLagBytes: this.lag,
      indexSkippedLogFiles: this.builder.skippedFiles,
      indexFailed: this.failure === undefined ? 0 : 1,
      deletedIndexFiles: this.deletedFiles,
    };
  }

  private schedule(delayMs: number): void {
    this.timer = this.ports.clock.setTimer(() => {
      this.timer = undefined;
      this.guard(() => this.slice());
    }, delayMs);
  }

  private slice(): void {
    const { clock, files, confirmedOffset } = this.ports;
    const startedAtMs = clock.monotonic();
    this.builder.run(confirmedOffset(), SLICE_BYTES);
    files.last?.writeEntries();
    if (this.unfinished.length > 0) this.finishing ??= this.finishLater();
    if (this.lag === 0) {
      if (this.unfinished.length > 0) this.schedule(REST_MS_MAX);
      return;
    }
    const tookMs = clock.monotonic() - startedAtMs;
    this.schedule(this.lag > LAG_BYTES_MAX ? 0 : Math.min(Math.max(tookMs * REST_FACTOR, 1), REST_MS_MAX));
  }

  private async finishLater(): Promise<void> {
    try {
      await this.finish();
    } catch (error) {
      this.fail(error);
    } finally {
      this.finishing = undefined;
    }
  }

  /** One step for the oldest full file; the last one makes it durable and says so in the checkpoint. */
  private async finish(): Promise<void> {
    const file = this.unfinished[0]!;
    if (!file.finish(FINISH_BYTES)) return;
    await this.ports.handles.flush(file.path);
    this.ports.checkpoint.setIndex(file.header.endTimestamp);
    file.forgetSlots();
    this.unfinished.shift();
  }

  private guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Files whose content is not certain go: the next start makes them again. */
  private fail(cause: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = cause instanceof Error ? cause : new Error(String(cause));
    this.stop();
    const { files, logger } = this.ports;
    logger.error('index given up until the next start: queries by key miss newer messages', { error: this.failure.message });
    for (const file of files.all.filter(({ hasSlotsInMemory }) => hasSlotsInMemory)) {
      try {
        files.remove(file);
      } catch (error) {
        logger.error('index file not removed, delete it', { path: file.path, error: String(error) });
      }
    }
    this.unfinished = [];
  }
}
