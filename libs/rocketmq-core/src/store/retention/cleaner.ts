// Deletes what the policy says and keeps the disk-full flag. Must never delete the file in use, or one whose bytes are not flushed.
import type { StoreLayers } from '../store-layers.js';
import { decideRetention, type RetentionDecision } from './policy.js';

export class Cleaner {
  private readonly layers: StoreLayers;
  private readonly diskFull: (isFull: boolean) => void;
  isDiskFull = false;
  usedPercent = 0;
  deletedLogFiles = 0;
  deletedQueueFiles = 0;

  constructor(layers: StoreLayers, diskFull: (isFull: boolean) => void) {
    this.layers = layers;
    this.diskFull = diskFull;
  }

  run(): void {
    const decision = this.decide();
    this.noteDiskFull(decision.isDiskFull);
    if (decision.deleteStarts.length > 0) this.deleteLogFiles(decision.deleteStarts, decision.why);
  }

  /** Only looks whether there is room: a store that opens on a full disk must not begin by taking messages. */
  lookAtDisk(): void {
    this.noteDiskFull(this.decide().isDiskFull);
  }

  private decide(): RetentionDecision {
    const { log, config, options } = this.layers;
    const { totalBytes, freeBytes } = options.disk.usage(config.storePathCommitLog);
    this.usedPercent = totalBytes > 0 ? ((totalBytes - freeBytes) / totalBytes) * 100 : 0;
    const nowMs = options.clock.now();
    const used = log.series.fileStarts.filter((start) => start < log.writtenOffset);
    const files = used.map((start) => ({ start, modifiedMs: log.series.modifiedMs(start) }));
    return decideRetention({ nowMs, hour: new Date(nowMs).getHours(), usedPercent: this.usedPercent, files }, config);
  }

  private deleteLogFiles(starts: readonly number[], why: string): void {
    const { log, queues, index, options } = this.layers;
    for (const start of starts) {
      if (start + log.series.fileSize > log.flushedOffset) break;
      log.series.remove(start);
      this.deletedLogFiles++;
      options.logger.info('log file deleted', { path: log.series.pathOf(start), why, usedPercent: Math.round(this.usedPercent) });
    }
    log.forgetChunks();
    this.deletedQueueFiles += queues.deleteBelow(log.minOffset);
    index.deleteBelow(log.minOffset);
  }

  private noteDiskFull(isDiskFull: boolean): void {
    if (isDiskFull === this.isDiskFull) return;
    this.isDiskFull = isDiskFull;
    this.diskFull(isDiskFull);
    const fields = { path: this.layers.config.storePathCommitLog, usedPercent: Math.round(this.usedPercent) };
    if (isDiskFull) this.layers.options.logger.error('disk full, messages are refused', fields);
    else this.layers.options.logger.info('disk has room again', fields);
  }
}
