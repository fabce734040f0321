// The newest units of one queue in memory: a ring that readers follow and that is written to the file in stretches.
// Must never drop a unit that is not in the file yet.
import { UNIT_BYTES, writeUnit } from './unit-codec.js';

const UNITS_AT_FIRST = 32;
/** 80 KiB; a fuller ring is written out before it takes more. */
export const UNITS_MAX = 4096;

export class UnitWindow {
  private capacity = 0;
  private bytes = new Uint8Array(0);
  view = new DataView(this.bytes.buffer);
  /** Units in [start, end) are here. */
  start = 0;
  end = 0;

  /** Starts empty before the unit at `ordinal`. */
  reset(ordinal: number): void {
    this.start = ordinal;
    this.end = ordinal;
  }

  /** True when the next unit would push out the one at `keepFrom`, which must stay, and the ring cannot grow. */
  isFull(keepFrom: number): boolean {
    return this.end - keepFrom >= UNITS_MAX;
  }

  push(keepFrom: number, physicalOffset: number, size: number, tagsCodeHigh: number, tagsCodeLow: number): void {
    if (this.end - keepFrom >= this.capacity) this.grow();
    writeUnit(this.view, (this.end % this.capacity) * UNIT_BYTES, physicalOffset, size, tagsCodeHigh, tagsCodeLow);
    this.end++;
    if (this.end - this.start > this.capacity) this.start = this.end - this.capacity;
  }

  /** Byte position in `view` of a unit that is here. */
  at(ordinal: number): number {
    return (ordinal % this.capacity) * UNIT_BYTES;
  }

  /** The stretch of units from `ordinal` on that lies in one piece, at most up to `limit`. */
  stretch(ordinal: number, limit: number): { bytes: Uint8Array; start: number; count: number } {
    const first = ordinal % this.capacity;
    return { bytes: this.bytes, start: first * UNIT_BYTES, count: Math.min(limit - ordinal, this.capacity - first) };
  }

  private grow(): void {
    const capacity = this.capacity === 0 ? UNITS_AT_FIRST : this.capacity * 2;
    const bytes = new Uint8Array(capacity * UNIT_BYTES);
    for (let ordinal = this.start; ordinal < this.end; ordinal++) {
      const from = this.at(ordinal);
      bytes.set(this.bytes.subarray(from, from + UNIT_BYTES), (ordinal % capacity) * UNIT_BYTES);
    }
    this.capacity = capacity;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}
