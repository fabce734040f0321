// A growing buffer the store gathers records into, reused from one read to the next. Must never hand out its own memory.
import type { GatherTarget } from 'rocketmq-core/store';

const INITIAL_BYTES = 64 * 1024;

export class GatherBuffer implements GatherTarget {
  outBytes: Uint8Array = new Uint8Array(INITIAL_BYTES);
  outEnd = 0;

  reserve(length: number): void {
    if (this.outBytes.length - this.outEnd >= length) return;
    const grown = new Uint8Array(Math.max(this.outEnd + length, this.outBytes.length * 2));
    grown.set(this.outBytes.subarray(0, this.outEnd));
    this.outBytes = grown;
  }

  advance(length: number): void {
    this.outEnd += length;
  }

  clear(): void {
    this.outEnd = 0;
  }

  /** A copy of what was gathered. */
  take(): Uint8Array {
    return this.outBytes.slice(0, this.outEnd);
  }
}
