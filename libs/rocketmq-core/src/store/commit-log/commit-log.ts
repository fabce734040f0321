// The log: every message in order of arrival, in files of one size. The truth; everything else is derived from it.
// Must never let a record cross a file, and never confirm anything: it says how far it has written and flushed.
import { assert } from '../../common/index.js';
import { StoreIoError } from '../../errors/index.js';
import { type SeriesPorts, StoreFileSeries } from '../file/store-file-series.js';
import type { GatherTarget, StagedMessage } from '../store-types.js';
import { ChunkCache } from './chunk-cache.js';
import { RecordEncoder } from './record-encoder.js';
import { BLANK_BYTES, MAGIC_BLANK, RECORD_BYTES_MIN, storeTimestampAt, SYS_FLAG_AT } from './record-layout.js';
import { getInt64 } from './record-encoder.js';
import { Staging } from './staging.js';
import { TailRing } from './tail-ring.js';

const TAIL_RING_BYTES = 8 * 1024 * 1024;
/** 8 MiB of chunks. */
const CHUNKS_MAX = 64;
/** Enough of a record to find its store time: fixed fields and a 16-byte host. */
const HEAD_BYTES = 48 + 20 + 8;

export class CommitLog {
  readonly series: StoreFileSeries;
  private readonly staging = new Staging();
  private readonly encoder = new RecordEncoder();
  private readonly ring = new TailRing(TAIL_RING_BYTES);
  private readonly chunks: ChunkCache;
  private readonly head = new Uint8Array(HEAD_BYTES);
  private readonly headView = new DataView(this.head.buffer);
  /** Invariant: flushedOffset <= writtenOffset <= stagedOffset. */
  stagedOffset = 0;
  writtenOffset = 0;
  flushedOffset = 0;
  /** End of the file that reserve() found or made last. */
  private fileEnd = 0;
  private flushing: Promise<void> | undefined;
  /** Called when a new last file came into use. */
  onNewFile: (start: number) => void = () => {};

  constructor(directory: string, fileSize: number, ports: SeriesPorts) {
    this.series = new StoreFileSeries(directory, fileSize, ports);
    this.chunks = new ChunkCache(this.series, CHUNKS_MAX);
  }

  get minOffset(): number {
    return this.series.firstStart;
  }

  get chunkReads(): number {
    return this.chunks.reads;
  }

  /** Continues behind what recovery found. */
  resume(endOffset: number): void {
    this.stagedOffset = endOffset;
    this.writtenOffset = endOffset;
    this.flushedOffset = endOffset;
    this.fileEnd = 0;
    this.staging.clear();
    this.ring.reset(endOffset);
    this.chunks.clear();
  }

  /** Largest record that fits into a file. */
  get recordBytesMax(): number {
    return this.series.fileSize - BLANK_BYTES;
  }

  /**
   * Makes room for `count` bytes that must lie in one file, writing the blank record and going on in the next file when the current one
   * has not enough left [java CommitLog.DefaultAppendMessageCallback#doAppend]. Throws StoreIoError when the next file cannot be made.
   */
  reserve(count: number): void {
    // Most of the time: room in the buffer and in the file in use.
    if (!this.staging.isEmpty && this.stagedOffset + count + BLANK_BYTES <= this.fileEnd && this.staging.hasRoom(count + BLANK_BYTES))
      return;
    assert(count <= this.recordBytesMax, `record of ${count} bytes in a file of ${this.series.fileSize}`);
    if (!this.staging.hasRoom(count + BLANK_BYTES)) this.writeStaged();
    this.staging.grow(count + BLANK_BYTES);
    const { stagedOffset, series } = this;
    const fileEnd = series.startOf(stagedOffset) + series.fileSize;
    if (!series.has(series.startOf(stagedOffset))) {
      this.openFile(stagedOffset);
    } else if (stagedOffset + count + BLANK_BYTES > fileEnd) {
      const left = fileEnd - stagedOffset;
      this.openFile(fileEnd);
      this.beginIfEmpty();
      this.staging.view.setInt32(this.staging.end, left);
      this.staging.view.setInt32(this.staging.end + 4, MAGIC_BLANK);
      this.staging.end += BLANK_BYTES;
      this.stagedOffset = fileEnd;
      this.staging.beginStretch(fileEnd);
    }
    this.beginIfEmpty();
    this.fileEnd = series.startOf(this.stagedOffset) + series.fileSize;
  }

  /** Encodes a record for which room was reserved; its offset and size are in the message. */
  append(message: StagedMessage, topic: DataView, propertiesLength: number): void {
    const { staging } = this;
    this.encoder.encode(staging.bytes, staging.view, staging.end, message, topic, propertiesLength);
    staging.end += message.recordSize;
    this.stagedOffset += message.recordSize;
  }

  /** Hands everything staged to the operating system. Throws StoreIoError; the log must not be used for writing afterwards. */
  writeStaged(): void {
    if (this.writtenOffset === this.stagedOffset) return;
    this.staging.writeOut(this.series, this.ring);
    this.writtenOffset = this.stagedOffset;
  }

  /** Drops what was staged and not written: the store is sealed. */
  dropStaged(): void {
    this.staging.clear();
    this.stagedOffset = this.writtenOffset;
  }

  /** Makes what is written now durable; resolves with that offset. One flush at a time. */
  async flush(): Promise<number> {
    while (this.flushing !== undefined) await this.flushing;
    const target = this.writtenOffset;
    if (this.flushedOffset === target && !this.series.isDirty) return target;
    this.flushing = this.series.flush();
    try {
      await this.flushing;
    } finally {
      this.flushing = undefined;
    }
    this.flushedOffset = Math.max(this.flushedOffset, target);
    return target;
  }

  /** Copies a record into the target; false when the log does not hold it (any more). */
  gather(offset: number, size: number, target: GatherTarget): boolean {
    if (this.ring.holds(offset, size)) {
      if (this.ring.int32At(offset) !== size) return false;
      target.reserve(size);
      this.ring.copyTo(target, offset, size);
      return true;
    }
    if (offset < this.minOffset || size < RECORD_BYTES_MIN || size > this.series.fileSize) return false;
    target.reserve(size);
    const at = target.outEnd;
    const bytes = target.outBytes;
    if (!this.chunks.copy(offset, size, this.writtenOffset, bytes, at)) return false;
    const stored = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (stored !== size) return false;
    target.advance(size);
    return true;
  }

  /** Fixed fields of the record at `offset`; undefined when there are not as many bytes. The view is reused by the next call. */
  readHead(offset: number): DataView | undefined {
    const length = Math.min(HEAD_BYTES, this.writtenOffset - offset);
    if (offset < this.minOffset || length < HEAD_BYTES) return undefined;
    return this.chunks.copy(offset, HEAD_BYTES, this.writtenOffset, this.head, 0) ? this.headView : undefined;
  }

  /** Store time of the record at `offset`, -1 when it is not there. */
  storeTimestampOf(offset: number): number {
    const head = this.readHead(offset);
    return head === undefined ? -1 : getInt64(head, storeTimestampAt(head.getInt32(SYS_FLAG_AT)));
  }

  forgetChunks(): void {
    this.chunks.clear();
  }

  private beginIfEmpty(): void {
    if (this.staging.isEmpty) this.staging.beginStretch(this.stagedOffset);
  }

  private openFile(start: number): void {
    if (!this.series.has(start)) this.series.create(start);
    this.onNewFile(start);
  }
}

export function isStoreIoError(error: unknown): error is StoreIoError {
  return error instanceof StoreIoError;
}
