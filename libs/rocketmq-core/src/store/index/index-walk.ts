// Follows the chains of one hash through the index files, newest first [java IndexFile#selectPhyOffset, IndexService#queryOffset].
// Can stop after any step and go on later. Must never trust a chain: each entry must be older than the one before.
import { decodeEntry, ENTRY_BYTES, type IndexEntry, type IndexFile } from './index-file.js';

/** Entries read at once: those of one key often lie close together. */
const WINDOW = 64;

export interface IndexRange {
  readonly begin: number;
  readonly end: number;
}

export class IndexWalk {
  private readonly hash: number;
  private readonly range: IndexRange;
  /** Files still to be looked at, oldest first. */
  private readonly files: IndexFile[];
  private file: IndexFile | undefined;
  private number = 0;
  private readonly window = new Uint8Array(WINDOW * ENTRY_BYTES);
  private readonly view = new DataView(this.window.buffer);
  private windowStart = 0;
  private windowEnd = 0;
  private readonly entry: IndexEntry = { hash: 0, physicalOffset: 0, seconds: 0, previous: 0 };
  steps = 0;

  constructor(files: readonly IndexFile[], hash: number, range: IndexRange) {
    this.files = [...files];
    this.hash = hash;
    this.range = range;
  }

  /** Place of the next record whose entry fits, -1 when there is none left, -2 after `maxSteps` entries. */
  next(maxSteps: number): number {
    for (let step = 0; step < maxSteps; step++) {
      while (this.number === 0) if (!this.openNext()) return -1;
      this.steps++;
      const { file, entry } = this;
      if (file!.isGone || !this.read(this.number)) {
        this.number = 0;
        continue;
      }
      const time = file!.header.beginTimestamp + entry.seconds * 1000;
      const isNewEnough = time >= this.beginOfSecond;
      this.number = entry.previous > 0 && entry.previous < this.number && isNewEnough ? entry.previous : 0;
      if (entry.hash === this.hash && isNewEnough && time <= this.range.end && entry.seconds >= 0) return entry.physicalOffset;
    }
    return -2;
  }

  /** Entries know whole seconds: one of the second in which the range begins may belong to it. */
  private get beginOfSecond(): number {
    return this.range.begin - 999;
  }

  private openNext(): boolean {
    const file = this.files.pop();
    if (file === undefined) return false;
    this.file = file;
    this.windowEnd = 0;
    const { beginTimestamp, endTimestamp } = file.header;
    // Whatever is in older files is older than this one.
    if (beginTimestamp < this.range.begin) this.files.length = 0;
    if (!file.isGone && beginTimestamp <= this.range.end && endTimestamp >= this.range.begin) this.number = file.newestOf(this.hash);
    return true;
  }

  private read(number: number): boolean {
    if (number < this.windowStart || number >= this.windowEnd) {
      this.windowStart = Math.max(1, number - WINDOW + 1);
      this.windowEnd = this.windowStart + this.file!.readEntries(this.window, this.windowStart);
      if (number >= this.windowEnd) return false;
    }
    decodeEntry(this.view, (number - this.windowStart) * ENTRY_BYTES, this.entry);
    return true;
  }
}
