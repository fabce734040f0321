// What is safely on disk: times of the newest flushed message and unit, as Java keeps them, and the exact end of the durable log as only
// we do. Must never claim more than was flushed (docs/store/checkpoint.md).
import { crc32 } from '../../common/index.js';
import { StoreIoError } from '../../errors/index.js';
import type { Disk, DiskFile } from '../disk/disk.js';
import { readUpTo, writeFully } from '../file/transfer.js';

const FILE_BYTES = 4096;
/** Java's fields: physicMsgTimestamp, logicsMsgTimestamp, indexMsgTimestamp, masterFlushedOffset, confirmPhyOffset, logicsPhysicalOffset. */
const FIELDS_BYTES = 48;
/** Ours, in the part no Java version touches: magic, durable offset, check sum of Java's fields and these. */
const MARK_AT = 2048;
const MARK_BYTES = 20;
const MARK_MAGIC = 0x4e524d5131303031n;

export interface CheckpointFacts {
  /** 0: unknown. */
  readonly physicMsgTimestamp: number;
  readonly logicsMsgTimestamp: number;
  readonly indexMsgTimestamp: number;
  /** End of the durable log; undefined when the file was last written by a Java broker, or never. */
  readonly durableOffset: number | undefined;
}

export class StoreCheckpoint {
  private readonly path: string;
  private readonly disk: Disk;
  private readonly bytes = new Uint8Array(FILE_BYTES);
  private readonly view = new DataView(this.bytes.buffer);
  private file: DiskFile | undefined;
  private writing: Promise<void> | undefined;
  private changed = false;

  constructor(path: string, disk: Disk) {
    this.path = path;
    this.disk = disk;
  }

  /** Reads the file; a missing, short or senseless one says nothing. */
  load(): CheckpointFacts {
    this.bytes.fill(0);
    if (this.disk.stat(this.path)?.kind === 'file') {
      const file = this.disk.openFile(this.path, 'read');
      try {
        readUpTo(file, this.bytes, 0, FILE_BYTES, 0);
      } finally {
        file.close();
      }
    }
    const facts = {
      physicMsgTimestamp: this.timestampAt(0),
      logicsMsgTimestamp: this.timestampAt(8),
      indexMsgTimestamp: this.timestampAt(16),
      durableOffset: this.durableOffset(),
    };
    if (!Number.isSafeInteger(Number(this.view.getBigInt64(0)))) this.bytes.fill(0);
    return facts;
  }

  setLog(physicMsgTimestamp: number, durableOffset: number): void {
    this.view.setBigInt64(0, BigInt(physicMsgTimestamp));
    this.view.setBigInt64(MARK_AT + 8, BigInt(durableOffset));
    this.changed = true;
  }

  setQueues(logicsMsgTimestamp: number): void {
    this.view.setBigInt64(8, BigInt(logicsMsgTimestamp));
    this.changed = true;
  }

  /** Store time of the newest message in an index file that is full and flushed. */
  setIndex(indexMsgTimestamp: number): void {
    this.view.setBigInt64(16, BigInt(indexMsgTimestamp));
    this.changed = true;
  }

  /** Makes the values durable; does nothing when none was set since. */
  async write(): Promise<void> {
    while (this.writing !== undefined) await this.writing;
    if (!this.changed) return;
    this.writing = this.writeNow();
    try {
      await this.writing;
    } catch (error) {
      throw new StoreIoError('write', this.path, error);
    } finally {
      this.writing = undefined;
    }
  }

  /** The file as a fresh store has it. */
  create(): void {
    this.file ??= this.disk.openFile(this.path, 'create');
    if (this.file.size() !== FILE_BYTES) this.file.resizeSync(FILE_BYTES);
  }

  close(): void {
    this.file?.close();
    this.file = undefined;
  }

  private async writeNow(): Promise<void> {
    this.changed = false;
    this.create();
    this.view.setBigInt64(MARK_AT, MARK_MAGIC);
    this.view.setUint32(MARK_AT + 16, this.checkSum());
    writeFully(this.file!, this.bytes, 0, FIELDS_BYTES, 0);
    writeFully(this.file!, this.bytes, MARK_AT, MARK_BYTES, MARK_AT);
    await this.file!.flush();
  }

  private durableOffset(): number | undefined {
    if (this.view.getBigInt64(MARK_AT) !== MARK_MAGIC || this.view.getUint32(MARK_AT + 16) !== this.checkSum()) return undefined;
    return Number(this.view.getBigInt64(MARK_AT + 8));
  }

  private checkSum(): number {
    const covered = new Uint8Array(FIELDS_BYTES + 16);
    covered.set(this.bytes.subarray(0, FIELDS_BYTES));
    covered.set(this.bytes.subarray(MARK_AT, MARK_AT + 16), FIELDS_BYTES);
    return crc32(covered);
  }

  private timestampAt(at: number): number {
    const value = Number(this.view.getBigInt64(at));
    return Number.isSafeInteger(value) && value > 0 ? value : 0;
  }
}
