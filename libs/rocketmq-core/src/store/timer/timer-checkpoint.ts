// config/timercheck: how far the timer queue has been taken up and how far the wheel has been delivered. Apache's file, 56 bytes of 4096,
// and behind them a mark of ours. Must never be written before the timer log and the wheel it speaks of are durable.
import { dirname } from 'node:path';
import { crc32 } from '../../common/index.js';
import { StoreIoError } from '../../errors/index.js';
import type { Disk } from '../disk/disk.js';
import { readUpTo, writeFully } from '../file/transfer.js';

const FILE_BYTES = 4096;
const FIELDS_BYTES = 56;
/** Ours, where no Java version looks: magic, read time, end of the commit log it needs, check sum of Java's fields and these. */
const MARK_AT = 2048;
const MARK_BYTES = 28;
const MARK_MAGIC = 0x4e524d5154303031n;

export interface TimerProgress {
  /** Slots before this moment have been delivered; 0: nothing is known. */
  readonly readTimeMs: number;
  /** The timer log is durable up to here. */
  readonly logPos: number;
  /** Next ordinal of the timer queue to be taken up. */
  readonly queueOffset: number;
  /** Slots have been delivered further than `readTimeMs`, if the commit log still reaches to `logEnd`. */
  readonly ahead: { readonly readTimeMs: number; readonly logEnd: number };
}

export class TimerCheckpoint {
  private readonly path: string;
  private readonly disk: Disk;
  private counter = 0n;
  private stateVersion = 0n;

  constructor(path: string, disk: Disk) {
    this.path = path;
    this.disk = disk;
  }

  /** A missing or short file says nothing. */
  load(): TimerProgress {
    const bytes = new Uint8Array(FILE_BYTES);
    if (this.disk.stat(this.path)?.kind === 'file') {
      const file = this.disk.openFile(this.path, 'read');
      try {
        if (readUpTo(file, bytes, 0, FILE_BYTES, 0) < FIELDS_BYTES) bytes.fill(0);
      } finally {
        file.close();
      }
    }
    const view = new DataView(bytes.buffer);
    this.stateVersion = view.getBigInt64(32);
    this.counter = view.getBigInt64(48);
    const readTimeMs = offsetAt(view, 0);
    // A mark written before a Java broker went on with the directory no longer counts.
    const isOurs = view.getBigInt64(MARK_AT) === MARK_MAGIC && view.getUint32(MARK_AT + 24) === checkSum(bytes);
    return {
      readTimeMs,
      logPos: offsetAt(view, 8),
      // The master's offset is equal on a master; behind it on a slave that became one [java TimerMessageStore#recover].
      queueOffset: Math.min(offsetAt(view, 16), offsetAt(view, 24)),
      ahead: isOurs ? { readTimeMs: offsetAt(view, MARK_AT + 8), logEnd: offsetAt(view, MARK_AT + 16) } : { readTimeMs, logEnd: 0 },
    };
  }

  async write(progress: TimerProgress, nowMs: number): Promise<void> {
    const bytes = new Uint8Array(FILE_BYTES);
    const view = new DataView(bytes.buffer);
    this.counter++;
    view.setBigInt64(0, BigInt(progress.readTimeMs));
    view.setBigInt64(8, BigInt(progress.logPos));
    view.setBigInt64(16, BigInt(progress.queueOffset));
    view.setBigInt64(24, BigInt(progress.queueOffset));
    view.setBigInt64(32, this.stateVersion);
    view.setBigInt64(40, BigInt(nowMs));
    view.setBigInt64(48, this.counter);
    view.setBigInt64(MARK_AT, MARK_MAGIC);
    view.setBigInt64(MARK_AT + 8, BigInt(progress.ahead.readTimeMs));
    view.setBigInt64(MARK_AT + 16, BigInt(progress.ahead.logEnd));
    view.setUint32(MARK_AT + 24, checkSum(bytes));
    const isNew = this.disk.stat(this.path) === undefined;
    if (isNew) this.disk.makeDirectory(dirname(this.path));
    const file = this.disk.openFile(this.path, 'create');
    try {
      if (file.size() !== FILE_BYTES) file.resizeSync(FILE_BYTES);
      writeFully(file, bytes, 0, FIELDS_BYTES, 0);
      writeFully(file, bytes, MARK_AT, MARK_BYTES, MARK_AT);
      await file.flush();
      if (isNew) await this.keepName();
    } catch (error) {
      throw error instanceof StoreIoError ? error : new StoreIoError('write', this.path, error);
    } finally {
      file.close();
    }
  }

  /** The file's name is durable, and that of its directory. */
  private async keepName(): Promise<void> {
    const directory = dirname(this.path);
    await this.disk.flushDirectory(directory);
    await this.disk.flushDirectory(dirname(directory));
  }
}

function checkSum(bytes: Uint8Array): number {
  const covered = new Uint8Array(FIELDS_BYTES + 24);
  covered.set(bytes.subarray(0, FIELDS_BYTES));
  covered.set(bytes.subarray(MARK_AT, MARK_AT + 24), FIELDS_BYTES);
  return crc32(covered);
}

function offsetAt(view: DataView, at: number): number {
  const value = Number(view.getBigInt64(at));
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}
