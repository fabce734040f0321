// One queue of one topic: where its messages are in the log. Derived: can be rebuilt from the log at any time.
// Must never be ahead of what the log has confirmed.
import { assert } from '../../common/index.js';
import { type SeriesPorts, StoreFileSeries } from '../file/store-file-series.js';
import type { QueueRef } from '../store-types.js';
import { BLANK_UNIT_SIZE, isBlank, physicalOffsetAt, UNIT_BYTES, writeUnit } from './unit-codec.js';
import { UnitWindow } from './unit-window.js';

/** Units read from a file in one go. */
const READ_UNITS = 1024;

/** Shared by all queues: reading is synchronous, so one buffer serves. */
export class UnitReadBuffer {
  readonly bytes = new Uint8Array(READ_UNITS * UNIT_BYTES);
  readonly view = new DataView(this.bytes.buffer);
  owner: ConsumeQueue | undefined;
  start = 0;
  end = 0;

  forget(): void {
    this.owner = undefined;
  }
}

export class ConsumeQueue implements QueueRef {
  readonly topic: string;
  readonly queueId: number;
  readonly index: number;
  /** The topic's name as records carry it. */
  readonly topicView: DataView;
  readonly series: StoreFileSeries;
  minOffset = 0;
  maxOffset = 0;
  /** Ordinal the next staged message gets. Invariant: writtenOffset <= maxOffset <= nextOffset. */
  nextOffset = 0;
  /** Units below are in the files. */
  writtenOffset = 0;
  private readonly window = new UnitWindow();
  private readonly readBuffer: UnitReadBuffer;
  /** Where unitAt() found the unit. */
  view = this.window.view;

  constructor(
    name: { topic: string; queueId: number; index: number },
    directory: string,
    fileSize: number,
    ports: SeriesPorts & { readBuffer: UnitReadBuffer },
  ) {
    this.topic = name.topic;
    this.queueId = name.queueId;
    this.index = name.index;
    const topicBytes = Uint8Array.from(Buffer.from(name.topic));
    this.topicView = new DataView(topicBytes.buffer);
    this.series = new StoreFileSeries(directory, fileSize, ports);
    this.readBuffer = ports.readBuffer;
  }

  /** What recovery found: units [.., maxOffset) are in the files and right. */
  resume(maxOffset: number, minPhysicalOffset: number): void {
    this.maxOffset = maxOffset;
    this.nextOffset = maxOffset;
    this.writtenOffset = maxOffset;
    this.window.reset(maxOffset);
    this.forgetReads();
    this.minOffset = 0;
    this.correctMinOffset(minPhysicalOffset);
  }

  append(physicalOffset: number, size: number, tagsCodeHigh: number, tagsCodeLow: number): void {
    if (this.window.isFull(this.writtenOffset)) this.writeOut();
    this.window.push(this.writtenOffset, physicalOffset, size, tagsCodeHigh, tagsCodeLow);
    this.maxOffset++;
  }

  /** Goes on at an ordinal: a queue that is rebuilt from there. Units before it are in the files, or there are no files. */
  restartAt(ordinal: number): void {
    assert(
      this.series.fileCount === 0 || this.series.end >= ordinal * UNIT_BYTES,
      `queue ${this.topic}/${this.queueId} has a hole before ${ordinal}`,
    );
    this.maxOffset = ordinal;
    this.nextOffset = ordinal;
    this.writtenOffset = ordinal;
    this.minOffset = ordinal;
    this.window.reset(ordinal);
    this.forgetReads();
  }

  get hasUnwritten(): boolean {
    return this.writtenOffset < this.maxOffset;
  }

  /** Byte position within `this.view` of the unit at an ordinal below maxOffset; -1 when its file is gone. */
  unitAt(ordinal: number): number {
    const { window, readBuffer } = this;
    if (ordinal >= window.start && ordinal < window.end) {
      this.view = window.view;
      return window.at(ordinal);
    }
    if (readBuffer.owner !== this || ordinal < readBuffer.start || ordinal >= readBuffer.end) {
      if (!this.fillReadBuffer(ordinal)) return -1;
    }
    this.view = readBuffer.view;
    return (ordinal - readBuffer.start) * UNIT_BYTES;
  }

  /** First ordinal of the file behind the one that would hold `ordinal`. */
  nextFileOrdinal(ordinal: number): number {
    const { series } = this;
    return (series.startOf(ordinal * UNIT_BYTES) + series.fileSize) / UNIT_BYTES;
  }

  /** Hands units that are only in memory to the operating system. */
  writeOut(): void {
    while (this.writtenOffset < this.maxOffset) {
      const position = this.writtenOffset * UNIT_BYTES;
      const start = this.series.startOf(position);
      if (!this.series.has(start)) this.createFile(start, this.writtenOffset);
      const fileEnd = (start + this.series.fileSize) / UNIT_BYTES;
      const { bytes, start: from, count } = this.window.stretch(this.writtenOffset, Math.min(this.maxOffset, fileEnd));
      this.series.write(bytes, from, count * UNIT_BYTES, position);
      this.writtenOffset += count;
    }
  }

  /** Moves minOffset to the first unit whose record the log still has [java ConsumeQueue#correctMinOffset]. */
  correctMinOffset(minPhysicalOffset: number): void {
    let low = Math.max(this.minOffset, this.series.firstStart / UNIT_BYTES);
    let high = this.maxOffset;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.isLive(middle, minPhysicalOffset)) high = middle;
      else low = middle + 1;
    }
    this.minOffset = low;
  }

  forgetReads(): void {
    if (this.readBuffer.owner === this) this.readBuffer.forget();
  }

  private isLive(ordinal: number, minPhysicalOffset: number): boolean {
    const at = this.unitAt(ordinal);
    return at >= 0 && !isBlank(this.view, at) && physicalOffsetAt(this.view, at) >= minPhysicalOffset;
  }

  private fillReadBuffer(ordinal: number): boolean {
    const { readBuffer, series } = this;
    const fileEnd = this.nextFileOrdinal(ordinal);
    const count = Math.min(READ_UNITS, fileEnd - ordinal, this.writtenOffset - ordinal);
    if (count <= 0) return false;
    const read = series.read(readBuffer.bytes, 0, count * UNIT_BYTES, ordinal * UNIT_BYTES);
    readBuffer.owner = this;
    readBuffer.start = ordinal;
    readBuffer.end = ordinal + Math.floor(read / UNIT_BYTES);
    return readBuffer.end > ordinal;
  }

  /** Units before the first one of a queue's first file are blanks, so that nobody takes zeros for its end [java ConsumeQueue#fillPreBlank]. */
  private createFile(start: number, firstOrdinal: number): void {
    const isFirst = this.series.fileCount === 0;
    this.series.create(start);
    const blanks = firstOrdinal - start / UNIT_BYTES;
    if (!isFirst || blanks <= 0) return;
    const bytes = new Uint8Array(blanks * UNIT_BYTES);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < blanks; i++) writeUnit(view, i * UNIT_BYTES, 0, BLANK_UNIT_SIZE, 0, 0);
    this.series.write(bytes, 0, bytes.length, start);
  }
}
