// How far each delay level has been delivered, and its file form (`config/delayOffset.json`, Apache's format).
// A crash rewinds it by up to `flushDelayOffsetInterval`: messages are then delivered again, never skipped.
import type { DataVersion } from 'rocketmq-core/protocol';

export interface DelayOffsetFile {
  dataVersion: DataVersion;
  /** level -> next ordinal of SCHEDULE_TOPIC_XXXX queue level - 1. */
  offsetTable: Map<number, number>;
}

export class DelayOffsets {
  private readonly offsets = new Map<number, number>();
  private version: DataVersion = { counter: 0, stateVersion: 0, timestamp: 0 };
  private steps = 0;

  constructor(
    private readonly versionStep: number,
    private readonly now: () => number,
  ) {}

  get(level: number): number {
    return this.offsets.get(level) ?? 0;
  }

  set(level: number, queueOffset: number): void {
    this.offsets.set(level, queueOffset);
    if (++this.steps % this.versionStep === 0) {
      this.version = { counter: this.version.counter + 1, stateVersion: this.version.stateVersion, timestamp: this.now() };
    }
  }

  toFile(): DelayOffsetFile {
    return { dataVersion: this.version, offsetTable: this.offsets };
  }

  load(file: DelayOffsetFile): void {
    this.offsets.clear();
    for (const [level, offset] of file.offsetTable) if (level > 0 && offset >= 0) this.offsets.set(level, offset);
    this.version = file.dataVersion;
  }
}
