// Walks the log record by record, in large reads. Must never modify anything, nor stop silently: it says where and why it stopped.
import { RecordFacts, checkRecord, type RecordKind } from '../commit-log/record-check.js';
import { BLANK_BYTES } from '../commit-log/record-layout.js';
import type { StoreFileSeries } from '../file/store-file-series.js';

const READ_BYTES = 1024 * 1024;

/** A record as the walk found it: bytes are valid during the call only. */
export interface ScannedRecord {
  physicalOffset: number;
  bytes: Uint8Array;
  facts: RecordFacts;
}

export interface ScanEnd {
  /** First byte that belongs to no valid record. */
  endOffset: number;
  /** Why the walk ended there; 'nothing' after a whole log. */
  why: Exclude<RecordKind, 'record' | 'blank' | 'more'>;
}

export class LogScan {
  private readonly series: StoreFileSeries;
  private bytes = new Uint8Array(READ_BYTES);
  private view = new DataView(this.bytes.buffer);
  /** Log position of bytes[0], and how many bytes are there. */
  private start = 0;
  private length = 0;
  readonly facts = new RecordFacts();
  private readonly record: ScannedRecord = { physicalOffset: 0, bytes: this.bytes, facts: this.facts };

  constructor(series: StoreFileSeries) {
    this.series = series;
  }

  /** Calls `visit` for every valid record from the start of a file on, up to the first thing that is none. */
  walk(from: number, visit: (record: ScannedRecord) => void): ScanEnd {
    let offset = from;
    while (this.series.has(this.series.startOf(offset)) && offset < this.series.end) {
      const kind = this.check(offset);
      if (kind === 'record') {
        this.record.physicalOffset = offset;
        this.record.bytes = this.bytes;
        visit(this.record);
        offset += this.facts.size;
      } else if (kind === 'blank') {
        offset += this.facts.size;
      } else {
        return { endOffset: offset, why: kind === 'more' ? 'size' : kind };
      }
    }
    return { endOffset: offset, why: 'nothing' };
  }

  /** What is at one place; `facts` say more. */
  check(offset: number): RecordKind {
    const fileLeft = this.series.startOf(offset) + this.series.fileSize - offset;
    if (!this.load(offset, Math.min(BLANK_BYTES, fileLeft))) return 'size';
    let at = offset - this.start;
    let kind = checkRecord(this.bytes, this.view, at, this.length, fileLeft, offset, this.facts);
    if (kind === 'more' && this.load(offset, this.facts.size)) {
      at = offset - this.start;
      kind = checkRecord(this.bytes, this.view, at, this.length, fileLeft, offset, this.facts);
    }
    return kind;
  }

  /** Bytes from `offset` on, valid until the next call. */
  peek(offset: number, count: number): Uint8Array {
    return this.load(offset, count) ? this.bytes.subarray(offset - this.start, offset - this.start + count) : new Uint8Array(0);
  }

  /** Makes `count` bytes from `offset` on available, reading ahead as far as the file goes. */
  private load(offset: number, count: number): boolean {
    if (offset >= this.start && offset + count <= this.start + this.length) return true;
    if (count > this.bytes.length) {
      this.bytes = new Uint8Array(2 ** Math.ceil(Math.log2(count)));
      this.view = new DataView(this.bytes.buffer);
    }
    this.start = offset;
    this.length = this.series.read(this.bytes, 0, this.bytes.length, offset);
    return this.length >= count;
  }
}
