// The log of the timer store: an entry of 52 bytes per waiting message, chained backwards by the slot it belongs to. Apache's files.
// Must never read what has not been checked: recovery says where the log ends.
import type { Disk } from '../disk/disk.js';
import type { HandleCache } from '../file/handle-cache.js';
import { StoreFileSeries } from '../file/store-file-series.js';

export const UNIT_BYTES = 52;
const MIN_BLANK_BYTES = 16;
const BLANK_MAGIC = 0xcbd43194 | 0;
/** Appends gathered before they are written. */
const SPILL_BYTES = UNIT_BYTES * 256;
/** Read at a time: the entries of a slot mostly lie side by side. */
const WINDOW_BYTES = 16 * 1024;

export const TIMER_MAGIC = { DEFAULT: 1, ROLL: 2, DELETE: 4 } as const;

export interface TimerUnit {
  /** Place of the entry before in the same slot, -1: none. */
  readonly prevPos: number;
  /** Sum of TIMER_MAGIC bits. */
  readonly magic: number;
  /** When it was put here, a whole tick. */
  readonly writeTimeMs: number;
  /** The slot it belongs to. */
  readonly slotMs: number;
  readonly physicalOffset: number;
  readonly size: number;
  readonly topicHash: number;
  /** The moment within the slot, ms since 1970, in 8 bytes that Apache's brokers write as 0 and never read; 0: the slot's end. */
  readonly dueMs: number;
}

export class TimerLog {
  private readonly series: StoreFileSeries;
  private readonly pending = new Uint8Array(SPILL_BYTES);
  private readonly pendingView = new DataView(this.pending.buffer);
  private pendingBytes = 0;
  private pendingStart = 0;
  private readonly window = new Uint8Array(WINDOW_BYTES);
  private readonly windowView = new DataView(this.window.buffer);
  private windowStart = 0;
  private windowBytes = 0;
  /** Behind the last entry. */
  private endPos = 0;

  constructor(directory: string, fileSize: number, ports: { disk: Disk; handles: HandleCache }) {
    this.series = new StoreFileSeries(directory, fileSize, ports);
  }

  /** Finds the files; the log ends at 0 until recovery calls cutAt(). */
  load(): void {
    this.series.load();
    this.series.removeEmpty();
  }

  get end(): number {
    return this.endPos;
  }

  get start(): number {
    return this.series.firstStart;
  }

  get fileStarts(): readonly number[] {
    return this.series.fileStarts;
  }

  /** The place given to the entry. */
  append(unit: TimerUnit): number {
    const { fileSize } = this.series;
    if (this.endPos >= this.series.end) this.nextFile();
    else if (this.series.end - this.endPos < UNIT_BYTES + MIN_BLANK_BYTES) this.closeFile(fileSize);
    if (this.pendingBytes + UNIT_BYTES > SPILL_BYTES) this.spill();
    if (this.pendingBytes === 0) this.pendingStart = this.endPos;
    writeUnit(this.pendingView, this.pendingBytes, unit);
    this.pendingBytes += UNIT_BYTES;
    const pos = this.endPos;
    this.endPos += UNIT_BYTES;
    return pos;
  }

  /** The entry at a place, undefined when there is none that can be one. */
  read(pos: number): TimerUnit | undefined {
    if (pos < this.start || pos + UNIT_BYTES > this.endPos) return undefined;
    this.spill();
    if (pos < this.windowStart || pos + UNIT_BYTES > this.windowStart + this.windowBytes) this.fill(pos);
    if (pos + UNIT_BYTES > this.windowStart + this.windowBytes) return undefined;
    return readUnit(this.windowView, pos - this.windowStart);
  }

  /** Entries from `from` on as the files have them, until something is none; the place behind the last is returned. */
  scan(from: number, visit: (unit: TimerUnit, pos: number) => boolean): number {
    let pos = Math.max(from, this.start);
    const { fileSize } = this.series;
    while (pos < this.series.end) {
      this.windowBytes = 0;
      this.fillForward(pos);
      const fileEnd = this.series.startOf(pos) + fileSize;
      let at = 0;
      for (; at + UNIT_BYTES <= this.windowBytes; at += UNIT_BYTES) {
        if (this.windowView.getInt32(at + 12) === BLANK_MAGIC) break;
        const unit = readUnit(this.windowView, at);
        if (unit === undefined || !visit(unit, pos + at)) return pos + at;
      }
      pos += at;
      const left = fileEnd - pos;
      const isBlank = at + MIN_BLANK_BYTES <= this.windowBytes && this.windowView.getInt32(at + 12) === BLANK_MAGIC;
      if (isBlank || left < UNIT_BYTES + MIN_BLANK_BYTES) pos = fileEnd;
      else if (at === 0) return pos;
    }
    return pos;
  }

  /** The place of the entry before one, below `start` when there is none. */
  before(pos: number): number {
    const { fileSize } = this.series;
    if (pos % fileSize !== 0) return pos - UNIT_BYTES;
    return pos - fileSize + (Math.floor((fileSize - MIN_BLANK_BYTES) / UNIT_BYTES) - 1) * UNIT_BYTES;
  }

  /** Ends the log here; what lies behind is forgotten. */
  cutAt(pos: number): void {
    const end = Math.max(this.start, Math.min(pos, this.series.end));
    if (!this.isBlankFrom(end)) this.series.cutAt(end);
    this.endPos = end;
    this.pendingBytes = 0;
    this.windowBytes = 0;
  }

  async flush(): Promise<void> {
    this.spill();
    await this.series.flush();
  }

  /** Removes the first files, as long as `isOver` says so of every entry of one; never the file being written. */
  removeLeading(isOver: (unit: TimerUnit) => boolean): number {
    let removed = 0;
    while (this.series.fileCount > 1) {
      const first = this.series.firstStart;
      let over = true;
      this.scan(first, (unit, pos) => pos < first + this.series.fileSize && (over = isOver(unit)));
      if (!over) break;
      this.series.remove(first);
      removed++;
    }
    this.windowBytes = 0;
    return removed;
  }

  /** Nothing was ever written from here on, as far as one look tells: what is cut off lies directly behind the end. */
  private isBlankFrom(pos: number): boolean {
    if (pos >= this.series.end) return true;
    this.fillForward(pos);
    return this.window.subarray(0, this.windowBytes).every((byte) => byte === 0) && this.series.end - pos <= this.series.fileSize;
  }

  private spill(): void {
    if (this.pendingBytes === 0) return;
    this.series.write(this.pending, 0, this.pendingBytes, this.pendingStart);
    this.pendingBytes = 0;
    this.windowBytes = 0;
  }

  private nextFile(): void {
    this.spill();
    this.series.create(this.endPos);
  }

  /** What is left of the file is marked as blank [java TimerLog#append]. */
  private closeFile(fileSize: number): void {
    this.spill();
    const left = this.series.end - this.endPos;
    const blank = new DataView(new ArrayBuffer(MIN_BLANK_BYTES));
    blank.setInt32(0, left);
    blank.setInt32(12, BLANK_MAGIC);
    const length = Math.min(left, MIN_BLANK_BYTES);
    this.series.write(new Uint8Array(blank.buffer), 0, length, this.endPos);
    this.endPos = this.series.startOf(this.endPos) + fileSize;
    this.nextFile();
  }

  /** Reads backwards from a place, as chains run. */
  private fill(pos: number): void {
    const fileStart = this.series.startOf(pos);
    const from = Math.max(fileStart, pos + UNIT_BYTES - WINDOW_BYTES);
    this.windowStart = from;
    this.windowBytes = this.series.read(this.window, 0, pos + UNIT_BYTES - from, from);
  }

  private fillForward(pos: number): void {
    this.windowStart = pos;
    this.windowBytes = this.series.read(this.window, 0, WINDOW_BYTES, pos);
  }
}

function writeUnit(view: DataView, at: number, unit: TimerUnit): void {
  view.setInt32(at, UNIT_BYTES);
  view.setBigInt64(at + 4, BigInt(unit.prevPos));
  view.setInt32(at + 12, unit.magic);
  view.setBigInt64(at + 16, BigInt(unit.writeTimeMs));
  view.setInt32(at + 24, unit.slotMs - unit.writeTimeMs);
  view.setBigInt64(at + 28, BigInt(unit.physicalOffset));
  view.setInt32(at + 36, unit.size);
  view.setInt32(at + 40, unit.topicHash);
  view.setBigInt64(at + 44, BigInt(unit.dueMs));
}

function readUnit(view: DataView, at: number): TimerUnit | undefined {
  const magic = view.getInt32(at + 12);
  const size = view.getInt32(at + 36);
  if (view.getInt32(at) !== UNIT_BYTES || magic < 0 || magic > 0xf || size <= 0) return undefined;
  const writeTimeMs = Number(view.getBigInt64(at + 16));
  return {
    prevPos: Number(view.getBigInt64(at + 4)),
    magic,
    writeTimeMs,
    slotMs: writeTimeMs + view.getInt32(at + 24),
    physicalOffset: Number(view.getBigInt64(at + 28)),
    size,
    topicHash: view.getInt32(at + 40),
    dueMs: Number(view.getBigInt64(at + 44)),
  };
}
