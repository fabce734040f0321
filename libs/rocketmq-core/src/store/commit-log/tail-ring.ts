// The newest bytes of the log, kept in memory for readers that follow closely. A copy: must never be the only place of anything.
import type { GatherTarget } from '../store-types.js';

export class TailRing {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly mask: number;
  /** Bytes from here to `end` are held, as far as they were ever written. */
  private start = 0;
  private end = 0;

  constructor(byteCount: number) {
    this.bytes = new Uint8Array(byteCount);
    this.view = new DataView(this.bytes.buffer);
    this.mask = byteCount - 1;
    if ((byteCount & this.mask) !== 0) throw new RangeError(`tail ring of ${byteCount} bytes is no power of two`);
  }

  /** Starts empty behind `offset`. */
  reset(offset: number): void {
    this.start = offset;
    this.end = offset;
  }

  append(source: Uint8Array, sourceStart: number, length: number, offset: number): void {
    const size = this.bytes.length;
    const skipped = Math.max(0, length - size);
    let from = sourceStart + skipped;
    let at = (offset + skipped) % size;
    let left = length - skipped;
    while (left > 0) {
      const step = Math.min(left, size - at);
      this.bytes.set(source.subarray(from, from + step), at);
      from += step;
      left -= step;
      at = 0;
    }
    this.end = offset + length;
    this.start = Math.max(this.start, this.end - size);
  }

  holds(offset: number, length: number): boolean {
    return offset >= this.start && offset + length <= this.end;
  }

  copyTo(target: GatherTarget, offset: number, length: number): void {
    const at = offset % this.bytes.length;
    const step = Math.min(length, this.bytes.length - at);
    target.outBytes.set(this.bytes.subarray(at, at + step), target.outEnd);
    if (step < length) target.outBytes.set(this.bytes.subarray(0, length - step), target.outEnd + step);
    target.advance(length);
  }

  /** The 32-bit word at a position held. */
  int32At(offset: number): number {
    const at = offset % this.bytes.length;
    if (at + 4 <= this.bytes.length) return this.view.getInt32(at);
    let value = 0;
    for (let i = 0; i < 4; i++) value = (value << 8) | this.bytes[(at + i) & this.mask]!;
    return value;
  }
}
