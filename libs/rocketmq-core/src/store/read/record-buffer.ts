// A gather target for one record at a time, whose bytes become the caller's unless the buffer is reused.
// Must never be given two records without reset() between them.
import type { GatherTarget } from '../store-types.js';

export class RecordBuffer implements GatherTarget {
  outBytes: Uint8Array = new Uint8Array(0);
  outEnd = 0;
  private readonly reused: boolean;

  constructor(reused = false) {
    this.reused = reused;
  }

  reserve(length: number): void {
    if (!this.reused || this.outBytes.length < length) this.outBytes = new Uint8Array(length);
  }

  advance(length: number): void {
    this.outEnd += length;
  }

  reset(): void {
    this.outEnd = 0;
  }
}
