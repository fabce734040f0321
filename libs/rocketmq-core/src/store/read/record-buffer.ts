// A gather target for exactly one record, whose bytes become the caller's. Must never be used for more than one.
import type { GatherTarget } from '../store-types.js';

export class RecordBuffer implements GatherTarget {
  outBytes: Uint8Array = new Uint8Array(0);
  outEnd = 0;

  reserve(length: number): void {
    this.outBytes = new Uint8Array(length);
  }

  advance(length: number): void {
    this.outEnd += length;
  }
}
