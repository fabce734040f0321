// The bytes of a turn on their way into the log files: one buffer, small enough for the processor's cache, with the place in the log of
// each stretch. Must never hold more than its bound: what does not fit is written out first.
import type { StoreFileSeries } from '../file/store-file-series.js';
import type { TailRing } from './tail-ring.js';

const STAGING_BYTES = 1024 * 1024;
/** Stretches in one buffer: one more for each file that was filled up. */
const STRETCHES_MAX = 64;

export class Staging {
  bytes = Buffer.allocUnsafeSlow(STAGING_BYTES);
  view = new DataView(this.bytes.buffer);
  /** Bytes used. */
  length = 0;
  private stretchCount = 0;
  private readonly starts = new Float64Array(STRETCHES_MAX);
  private readonly offsets = new Float64Array(STRETCHES_MAX);

  /** True when `count` more bytes, in a new stretch or not, can be staged. */
  hasRoom(count: number): boolean {
    return this.length + count <= this.bytes.length && this.stretchCount < STRETCHES_MAX - 1;
  }

  /** For a record or batch larger than the buffer; only while it is empty. */
  grow(count: number): void {
    if (count <= this.bytes.length) return;
    this.bytes = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(count)));
    this.view = new DataView(this.bytes.buffer);
  }

  /** What follows belongs at `offset` of the log. */
  beginStretch(offset: number): void {
    this.starts[this.stretchCount] = this.length;
    this.offsets[this.stretchCount] = offset;
    this.stretchCount++;
  }

  /** One write per stretch, into the files and into the ring; empty afterwards. */
  writeOut(series: StoreFileSeries, ring: TailRing): void {
    for (let i = 0; i < this.stretchCount; i++) {
      const start = this.starts[i]!;
      const end = i + 1 < this.stretchCount ? this.starts[i + 1]! : this.length;
      if (end === start) continue;
      series.write(this.bytes, start, end - start, this.offsets[i]!);
      ring.append(this.bytes, start, end - start, this.offsets[i]!);
    }
    this.clear();
  }

  clear(): void {
    this.length = 0;
    this.stretchCount = 0;
    if (this.bytes.length > STAGING_BYTES * 2) {
      this.bytes = Buffer.allocUnsafeSlow(STAGING_BYTES);
      this.view = new DataView(this.bytes.buffer);
    }
  }
}
