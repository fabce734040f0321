// The wheel of the timer store: one slot per tick, holding where the chain of that tick's entries begins and ends in the timer log.
// Apache's file: 2 x slotsTotal slots of 32 bytes, big-endian. Reads pages on demand and writes only changed ones: the file is sparse.
import { dirname } from 'node:path';
import { StoreCorruptError, StoreIoError } from '../../errors/index.js';
import type { Disk, DiskFile } from '../disk/disk.js';
import { readUpTo, writeFully } from '../file/transfer.js';

const SLOT_BYTES = 32;
const PAGE_BYTES = 4096;
const SLOTS_PER_PAGE = PAGE_BYTES / SLOT_BYTES;
/** Clean pages kept after a flush; enough for what is written and read at a time. */
const CLEAN_PAGES_MAX = 256;

/** `firstPos` and `lastPos` are places in the timer log, -1: none. */
export interface TimerSlot {
  readonly timeMs: number;
  readonly firstPos: number;
  readonly lastPos: number;
  /** Entries that wait; a recall counts one off. */
  readonly num: number;
  readonly magic: number;
}

interface Page {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  dirty: boolean;
}

export interface TimerWheelOptions {
  readonly path: string;
  readonly slotsTotal: number;
  readonly precisionMs: number;
  readonly disk: Disk;
}

export class TimerWheel {
  private readonly options: TimerWheelOptions;
  private readonly pages = new Map<number, Page>();
  private file: DiskFile | undefined;
  private isNew = false;

  constructor(options: TimerWheelOptions) {
    this.options = options;
  }

  /** Opens the file when there is one; a wheel without file is empty and makes it with the first flush. */
  load(): void {
    const { disk, path } = this.options;
    const stat = disk.stat(path);
    if (stat === undefined || stat.size === 0) return;
    if (stat.size !== this.fileBytes) throw new StoreCorruptError(path, `length ${stat.size} differs from ${this.fileBytes}`);
    this.file = disk.openFile(path, 'write');
  }

  get hasFile(): boolean {
    return this.file !== undefined;
  }

  /** The slot of a moment, undefined when nothing was ever put there in this round of the wheel. */
  at(timeMs: number): TimerSlot | undefined {
    const tick = this.tickOf(timeMs);
    const index = tick % this.slotCount;
    const { view } = this.pageOf(index);
    const start = (index % SLOTS_PER_PAGE) * SLOT_BYTES;
    return longAt(view, start) === tick ? this.slotAt(view, start) : undefined;
  }

  put(slot: TimerSlot): void {
    const tick = this.tickOf(slot.timeMs);
    const index = tick % this.slotCount;
    const page = this.pageOf(index);
    const start = (index % SLOTS_PER_PAGE) * SLOT_BYTES;
    page.view.setBigInt64(start, BigInt(tick));
    page.view.setBigInt64(start + 8, BigInt(slot.firstPos));
    page.view.setBigInt64(start + 16, BigInt(slot.lastPos));
    page.view.setInt32(start + 24, slot.num);
    page.view.setInt32(start + 28, slot.magic);
    page.dirty = true;
  }

  /** Makes the slot of a moment blank. */
  clear(timeMs: number): void {
    const index = this.tickOf(timeMs) % this.slotCount;
    const page = this.pageOf(index);
    const start = (index % SLOTS_PER_PAGE) * SLOT_BYTES;
    page.bytes.fill(0, start, start + SLOT_BYTES);
    page.dirty = true;
  }

  /** Every slot of a moment from `fromMs` on, in no order. */
  *occupied(fromMs: number): IterableIterator<TimerSlot> {
    const fromTick = this.tickOf(fromMs);
    for (let pageIndex = 0; pageIndex * SLOTS_PER_PAGE < this.slotCount; pageIndex++) {
      const view = this.pages.get(pageIndex)?.view ?? this.peek(pageIndex);
      for (let start = 0; view !== undefined && start < view.byteLength; start += SLOT_BYTES) {
        const tick = longAt(view, start);
        if (tick > 0 && tick >= fromTick) yield this.slotAt(view, start);
      }
    }
  }

  /** Makes everything put before the call durable. */
  async flush(): Promise<void> {
    const dirty = [...this.pages].filter(([, page]) => page.dirty);
    if (dirty.length > 0) {
      const file = (this.file ??= this.create());
      for (const [index, page] of dirty) {
        writeFully(file, page.bytes, 0, page.bytes.length, index * PAGE_BYTES);
        page.dirty = false;
      }
      await file.flush().catch((error: unknown) => {
        throw new StoreIoError('flush', this.options.path, error);
      });
    }
    if (this.isNew) await this.options.disk.flushDirectory(dirname(this.options.path));
    this.isNew = false;
    this.dropClean();
  }

  close(): void {
    this.file?.close();
    this.file = undefined;
  }

  private get slotCount(): number {
    return this.options.slotsTotal * 2;
  }

  private get fileBytes(): number {
    return this.slotCount * SLOT_BYTES;
  }

  private tickOf(timeMs: number): number {
    return Math.floor(timeMs / this.options.precisionMs);
  }

  private slotAt(view: DataView, start: number): TimerSlot {
    return {
      timeMs: longAt(view, start) * this.options.precisionMs,
      firstPos: longAt(view, start + 8),
      lastPos: longAt(view, start + 16),
      num: view.getInt32(start + 24),
      magic: view.getInt32(start + 28),
    };
  }

  private pageOf(slotIndex: number): Page {
    const pageIndex = Math.floor(slotIndex / SLOTS_PER_PAGE);
    const found = this.pages.get(pageIndex);
    if (found !== undefined) return found;
    const bytes = new Uint8Array(Math.min(PAGE_BYTES, this.fileBytes - pageIndex * PAGE_BYTES));
    if (this.file !== undefined) readUpTo(this.file, bytes, 0, bytes.length, pageIndex * PAGE_BYTES);
    const page = { bytes, view: new DataView(bytes.buffer), dirty: false };
    this.pages.set(pageIndex, page);
    return page;
  }

  /** A page that need not be kept: the file in strides, as a scan of all of it is some ten thousand pages. */
  private peek(pageIndex: number): DataView | undefined {
    if (this.file === undefined) return undefined;
    const bytes = new Uint8Array(Math.min(PAGE_BYTES, this.fileBytes - pageIndex * PAGE_BYTES));
    readUpTo(this.file, bytes, 0, bytes.length, pageIndex * PAGE_BYTES);
    return new DataView(bytes.buffer);
  }

  private create(): DiskFile {
    const { disk, path } = this.options;
    const file = disk.openFile(path, 'create');
    file.resizeSync(this.fileBytes);
    this.isNew = true;
    return file;
  }

  private dropClean(): void {
    if (this.pages.size <= CLEAN_PAGES_MAX) return;
    for (const [index, page] of this.pages) if (!page.dirty) this.pages.delete(index);
  }
}

/** A signed 64-bit number that a double holds. */
function longAt(view: DataView, start: number): number {
  return view.getInt32(start) * 2 ** 32 + view.getUint32(start + 4);
}
