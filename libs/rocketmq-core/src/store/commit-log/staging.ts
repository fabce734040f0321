// The bytes of a turn on their way into the log files: one buffer, small enough for the processor's cache, with the place in the log of
// each stretch. Must never hold more than its bound: what does not fit is written out first.
import type { StoreFileSeries } from '../file/store-file-series.js';
import type { TailRing } from './tail-ring.js';

const STAGING_BYTES = 1024 * 1024;
/**
 * Writes begin at multiples of it: the bytes before the first new one that share its page are written once more. A large write that
 * begins within a page the file system keeps in a hole of a sparse file costs five times as much (ext4, Linux 6.18).
 */
const PAGE_BYTES = 4096;
/** Stretches in one buffer: one more for each file that was filled up. */
const STRETCHES_MAX = 64;

export class Staging {
  bytes = Buffer.allocUnsafeSlow(PAGE_BYTES + STAGING_BYTES);
  view = new DataView(this.bytes.buffer);
  /** Where the next byte goes. What is staged begins behind the first page, which ends with what was written last of the page at hand. */
  end = PAGE_BYTES;
  /** How much of the first page that is, and the place in the log it ends at. */
  private carried = 0;
  private carriedTo = -1;
  private stretchCount = 0;
  private readonly starts = new Float64Array(STRETCHES_MAX);
  private readonly offsets = new Float64Array(STRETCHES_MAX);

  get isEmpty(): boolean {
    return this.end === PAGE_BYTES;
  }

  /** True when `count` more bytes, in a new stretch or not, can be staged. */
  hasRoom(count: number): boolean {
    return this.end + count <= this.bytes.length && this.stretchCount < STRETCHES_MAX - 1;
  }

  /** For a record or batch larger than the buffer; only while it is empty. */
  grow(count: number): void {
    if (PAGE_BYTES + count <= this.bytes.length) return;
    this.useBuffer(2 ** Math.ceil(Math.log2(PAGE_BYTES + count)));
  }

  /** What follows belongs at `offset` of the log. */
  beginStretch(offset: number): void {
    this.starts[this.stretchCount] = this.end;
    this.offsets[this.stretchCount] = offset;
    this.stretchCount++;
  }

  /** One write per stretch, into the files and into the ring; empty afterwards. */
  writeOut(series: StoreFileSeries, ring: TailRing): void {
    for (let i = 0; i < this.stretchCount; i++) {
      const start = this.starts[i]!;
      const end = i + 1 < this.stretchCount ? this.starts[i + 1]! : this.end;
      if (end === start) continue;
      const offset = this.offsets[i]!;
      const again = i === 0 && this.carriedTo === offset ? this.carried : 0;
      series.write(this.bytes, start - again, end - start + again, offset - again);
      ring.append(this.bytes, start, end - start, offset);
      if (i + 1 === this.stretchCount) this.carry(start - again, end, offset + end - start, series);
    }
    this.end = PAGE_BYTES;
    this.stretchCount = 0;
    if (this.bytes.length > STAGING_BYTES * 2) this.useBuffer(PAGE_BYTES + STAGING_BYTES);
  }

  /** Forgets what is staged and not written, and what was written. */
  clear(): void {
    this.carriedTo = -1;
    this.end = PAGE_BYTES;
    this.stretchCount = 0;
  }

  /** Keeps the begun page of what was written: bytes [start, end) of the buffer, which end at `offset` of the log. */
  private carry(start: number, end: number, offset: number, series: StoreFileSeries): void {
    const inFile = (offset - series.startOf(offset)) % PAGE_BYTES;
    this.carried = inFile <= end - start ? inFile : 0;
    this.carriedTo = offset;
    this.bytes.copyWithin(PAGE_BYTES - this.carried, end - this.carried, end);
  }

  private useBuffer(length: number): void {
    const grown = Buffer.allocUnsafeSlow(length);
    this.bytes.copy(grown, 0, 0, PAGE_BYTES);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}
