// One index file [java IndexFile]: header, hash slots that name the newest entry of a chain, entries that name the one before.
// Slots of a file in use are kept in memory and written when it is finished; until then the file says nothing that would be believed.
// Must never be written by anyone but the builder.
import { assert } from '../../common/index.js';
import { StoreIoError } from '../../errors/index.js';
import type { HandleCache } from '../file/handle-cache.js';
import { readUpTo, writeFully } from '../file/transfer.js';
import { encodeIndexHeader, INDEX_HEADER_BYTES, type IndexHeader } from './index-header.js';

export const SLOT_BYTES = 4;
export const ENTRY_BYTES = 20;
/** Entries gathered before they are written. */
const PENDING_MAX = 8192;
const PAGE_BYTES = 4096;
const SECONDS_MAX = 2 ** 31 - 1;
const TWO_32 = 4_294_967_296;

export interface IndexShape {
  /** `maxHashSlotNum`, `maxIndexNum`. */
  readonly slots: number;
  readonly entries: number;
}

export function indexFileBytes({ slots, entries }: IndexShape): number {
  return INDEX_HEADER_BYTES + slots * SLOT_BYTES + entries * ENTRY_BYTES;
}

/** An entry as read; reused. */
export interface IndexEntry {
  hash: number;
  physicalOffset: number;
  seconds: number;
  previous: number;
}

export class IndexFile {
  readonly path: string;
  readonly header: IndexHeader;
  /** Deleted: nothing of it may be read any more. */
  isGone = false;
  private readonly shape: IndexShape;
  private readonly handles: HandleCache;
  private readonly entriesAt: number;
  private slots: DataView | undefined;
  private dirtyPages = new Uint8Array(0);
  private readonly pending = new DataView(new ArrayBuffer(PENDING_MAX * ENTRY_BYTES));
  private pendingCount = 0;
  /** Pages before it are written, while the file is being finished. */
  private finishedPages = 0;

  constructor(path: string, header: IndexHeader, shape: IndexShape, handles: HandleCache) {
    this.path = path;
    this.header = header;
    this.shape = shape;
    this.handles = handles;
    this.entriesAt = INDEX_HEADER_BYTES + shape.slots * SLOT_BYTES;
  }

  get isFull(): boolean {
    return this.header.entryCount >= this.shape.entries;
  }

  get hasSlotsInMemory(): boolean {
    return this.slots !== undefined;
  }

  /** Adds an entry [java IndexFile#putKey]; the file must not be full. */
  put(hash: number, physicalOffset: number, storeTimestamp: number): void {
    const { header } = this;
    assert(header.entryCount < this.shape.entries, `index file ${this.path} is full`);
    const slots = this.slots ?? this.loadSlots();
    if (this.pendingCount === PENDING_MAX) this.writeEntries();
    const slotAt = (hash % this.shape.slots) * SLOT_BYTES;
    const number = header.entryCount;
    let previous = slots.getInt32(slotAt);
    if (previous < 0 || previous > number) previous = 0;
    const { pending } = this;
    const at = this.pendingCount * ENTRY_BYTES;
    const high = Math.floor(physicalOffset / TWO_32);
    pending.setInt32(at, hash);
    pending.setInt32(at + 4, high);
    pending.setInt32(at + 8, physicalOffset - high * TWO_32);
    pending.setInt32(at + 12, secondsBetween(header.beginTimestamp, storeTimestamp));
    pending.setInt32(at + 16, previous);
    this.pendingCount++;
    slots.setInt32(slotAt, number);
    this.dirtyPages[slotAt >>> 12] = 1;
    if (number <= 1) {
      header.beginPhysicalOffset = physicalOffset;
      header.beginTimestamp = storeTimestamp;
    }
    if (previous === 0) header.slotCount++;
    header.entryCount = number + 1;
    header.endPhysicalOffset = physicalOffset;
    header.endTimestamp = storeTimestamp;
  }

  /** Hands the gathered entries to the operating system. */
  writeEntries(): void {
    if (this.pendingCount === 0) return;
    const first = this.header.entryCount - this.pendingCount;
    const bytes = new Uint8Array(this.pending.buffer, 0, this.pendingCount * ENTRY_BYTES);
    this.write(bytes, 0, bytes.length, this.entriesAt + first * ENTRY_BYTES);
    this.pendingCount = 0;
  }

  /** Number of the newest entry of a hash's chain, 0 without one [java IndexFile#selectPhyOffset]. */
  newestOf(hash: number): number {
    const slotAt = (hash % this.shape.slots) * SLOT_BYTES;
    let number: number;
    if (this.slots !== undefined) number = this.slots.getInt32(slotAt);
    else {
      const word = new DataView(new ArrayBuffer(SLOT_BYTES));
      number = this.read(new Uint8Array(word.buffer), INDEX_HEADER_BYTES + slotAt) === SLOT_BYTES ? word.getInt32(0) : 0;
    }
    return number > 0 && number < this.header.entryCount ? number : 0;
  }

  /** Entries [first, first + count) as bytes; as many as are written. */
  readEntries(target: Uint8Array, first: number): number {
    return Math.floor(this.read(target, this.entriesAt + first * ENTRY_BYTES) / ENTRY_BYTES);
  }

  /** Writes up to `maxBytes` of what is only in memory; true when nothing is left and the file may be flushed and believed. */
  finish(maxBytes: number): boolean {
    this.writeEntries();
    const { slots, dirtyPages } = this;
    let left = maxBytes;
    let page = this.finishedPages;
    if (slots !== undefined) {
      while (page < dirtyPages.length && left > 0) {
        if (dirtyPages[page] === 0) {
          page++;
          continue;
        }
        let end = page;
        while (end < dirtyPages.length && dirtyPages[end] === 1 && (end - page) * PAGE_BYTES < left) dirtyPages[end++] = 0;
        const start = page * PAGE_BYTES;
        const length = Math.min(end * PAGE_BYTES, slots.byteLength) - start;
        this.write(new Uint8Array(slots.buffer, start, length), 0, length, INDEX_HEADER_BYTES + start);
        left -= length;
        page = end;
      }
      this.finishedPages = page;
      if (page < dirtyPages.length) return false;
    }
    this.finishedPages = 0;
    this.write(encodeIndexHeader(this.header), 0, INDEX_HEADER_BYTES, 0);
    return true;
  }

  /** The file on disk is complete: the copy in memory goes. */
  forgetSlots(): void {
    this.slots = undefined;
    this.dirtyPages = new Uint8Array(0);
  }

  /** Entries at the end of the file that belong to the record at `physicalOffset`. */
  entriesOfLast(physicalOffset: number): number {
    const bytes = new Uint8Array(ENTRY_BYTES);
    const view = new DataView(bytes.buffer);
    let count = 0;
    for (let number = this.header.entryCount - 1; number > 0; number--) {
      if (this.readEntries(bytes, number) !== 1 || entryOffsetAt(view, 0) !== physicalOffset) break;
      count++;
    }
    return count;
  }

  private loadSlots(): DataView {
    const bytes = new Uint8Array(this.shape.slots * SLOT_BYTES);
    if (this.header.entryCount > 1) this.read(bytes, INDEX_HEADER_BYTES);
    this.dirtyPages = new Uint8Array(Math.ceil(bytes.length / PAGE_BYTES));
    this.slots = new DataView(bytes.buffer);
    return this.slots;
  }

  private read(target: Uint8Array, position: number): number {
    try {
      return readUpTo(this.handles.get(this.path), target, 0, target.length, position);
    } catch (error) {
      throw new StoreIoError('read', this.path, error);
    }
  }

  private write(source: Uint8Array, start: number, length: number, position: number): void {
    try {
      writeFully(this.handles.get(this.path), source, start, length, position);
    } catch (error) {
      throw error instanceof StoreIoError ? error : new StoreIoError('write', this.path, error);
    }
  }
}

/** Whole seconds, within an int; 0 where no begin is known yet. */
function secondsBetween(beginTimestamp: number, storeTimestamp: number): number {
  if (beginTimestamp <= 0) return 0;
  return Math.min(Math.max(Math.trunc((storeTimestamp - beginTimestamp) / 1000), 0), SECONDS_MAX);
}

export function entryOffsetAt(view: DataView, at: number): number {
  return view.getInt32(at + 4) * TWO_32 + view.getUint32(at + 8);
}

export function decodeEntry(view: DataView, at: number, entry: IndexEntry): void {
  entry.hash = view.getInt32(at);
  entry.physicalOffset = entryOffsetAt(view, at);
  entry.seconds = view.getInt32(at + 12);
  entry.previous = view.getInt32(at + 16);
}
