// What was staged and waits to be confirmed, as columns of numbers: dispatching needs no object per message.
// Must never overwrite an entry that was not dispatched; it grows, bounded by what may be unconfirmed.

const ENTRIES_AT_FIRST = 4096;

export class DispatchRing {
  private mask = ENTRIES_AT_FIRST - 1;
  private head = 0;
  private tail = 0;
  queueIndex = new Int32Array(ENTRIES_AT_FIRST);
  physicalOffset = new Float64Array(ENTRIES_AT_FIRST);
  size = new Int32Array(ENTRIES_AT_FIRST);
  tagsCodeHigh = new Int32Array(ENTRIES_AT_FIRST);
  tagsCodeLow = new Int32Array(ENTRIES_AT_FIRST);

  get length(): number {
    return this.tail - this.head;
  }

  push(queueIndex: number, physicalOffset: number, size: number, tagsCodeHigh: number, tagsCodeLow: number): void {
    if (this.tail - this.head > this.mask) this.grow();
    const at = this.tail & this.mask;
    this.queueIndex[at] = queueIndex;
    this.physicalOffset[at] = physicalOffset;
    this.size[at] = size;
    this.tagsCodeHigh[at] = tagsCodeHigh;
    this.tagsCodeLow[at] = tagsCodeLow;
    this.tail++;
  }

  /** Place of the oldest entry in the columns when its record ends at or below `confirmedOffset`, else -1. */
  oldest(confirmedOffset: number): number {
    if (this.head === this.tail) return -1;
    const at = this.head & this.mask;
    return this.physicalOffset[at]! + this.size[at]! <= confirmedOffset ? at : -1;
  }

  shift(): void {
    this.head++;
    if (this.head === this.tail) {
      this.head = 0;
      this.tail = 0;
    }
  }

  clear(): void {
    this.head = 0;
    this.tail = 0;
  }

  private grow(): void {
    const count = this.tail - this.head;
    const capacity = (this.mask + 1) * 2;
    const from = this.head & this.mask;
    this.queueIndex = unrolled(this.queueIndex, new Int32Array(capacity), from);
    this.physicalOffset = unrolled(this.physicalOffset, new Float64Array(capacity), from);
    this.size = unrolled(this.size, new Int32Array(capacity), from);
    this.tagsCodeHigh = unrolled(this.tagsCodeHigh, new Int32Array(capacity), from);
    this.tagsCodeLow = unrolled(this.tagsCodeLow, new Int32Array(capacity), from);
    this.mask = capacity - 1;
    this.head = 0;
    this.tail = count;
  }
}

function unrolled<T extends Int32Array | Float64Array>(full: T, target: T, from: number): T {
  target.set(full.subarray(from), 0);
  target.set(full.subarray(0, from), full.length - from);
  return target;
}
