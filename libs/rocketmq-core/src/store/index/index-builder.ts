// Walks the confirmed log and gives every record's keys their index entries, in the order of the log.
// Must never index a record twice, nor run ahead of what is confirmed.
import type { CommitLog } from '../commit-log/commit-log.js';
import { getInt64 } from '../commit-log/record-encoder.js';
import {
  MAGIC_AT,
  MAGIC_BLANK,
  MAGIC_V1,
  MAGIC_V2,
  RECORD_BYTES_MIN,
  storeTimestampAt,
  SYS_FLAG_AT,
  SYS_FLAG_TRANSACTION_MASK,
  SYS_FLAG_TRANSACTION_ROLLBACK,
} from '../commit-log/record-layout.js';
import type { IndexFile } from './index-file.js';
import type { IndexFiles } from './index-files.js';
import { hashOfBytes, tagPrefixHash, topicHash, unsignedHash } from './index-key.js';
import { RecordKeys } from './record-keys.js';

const CHUNK_BYTES = 256 * 1024;
const SPACE = 0x20;

export interface IndexBuilderPorts {
  readonly log: CommitLog;
  readonly files: IndexFiles;
  /** A file has become full. */
  onFull(file: IndexFile): void;
  /** False: too many full files are still being written, so that another one must wait. */
  mayCreate(): boolean;
}

export class IndexBuilder {
  private readonly ports: IndexBuilderPorts;
  private readonly keys = new RecordKeys();
  private bytes = new Uint8Array(CHUNK_BYTES);
  private view = new DataView(this.bytes.buffer);
  /** Everything before it is indexed. */
  nextOffset = 0;
  /** Keys of the record at nextOffset that have their entries already. */
  private keysDone = 0;
  private keysSeen = 0;
  /** Where the log held no record and the rest of a file was left out. */
  skippedFiles = 0;

  constructor(ports: IndexBuilderPorts) {
    this.ports = ports;
  }

  /** Begins at a record of which `keysDone` keys are indexed. */
  startAt(offset: number, keysDone: number): void {
    this.nextOffset = offset;
    this.keysDone = keysDone;
  }

  /** Indexes about `maxBytes` of log below `endOffset`, whole records. False: it must wait for a full file to be written. */
  run(endOffset: number, maxBytes: number): boolean {
    const { log } = this.ports;
    if (this.nextOffset < log.minOffset) this.startAt(log.minOffset, 0);
    const stopAt = Math.min(endOffset, this.nextOffset + maxBytes);
    while (this.nextOffset < stopAt) {
      const length = log.series.read(this.bytes, 0, Math.min(this.bytes.length, endOffset - this.nextOffset), this.nextOffset);
      if (!this.indexChunk(length)) return false;
    }
    return true;
  }

  /** Takes the records in bytes[0, length), of which the first is at nextOffset. */
  private indexChunk(length: number): boolean {
    const { view } = this;
    const { series } = this.ports.log;
    const fileEnd = series.startOf(this.nextOffset) + series.fileSize;
    let at = 0;
    while (at + 8 <= length) {
      const size = view.getInt32(at);
      const magic = view.getInt32(at + MAGIC_AT);
      if ((magic !== MAGIC_V1 && magic !== MAGIC_V2) || size < RECORD_BYTES_MIN || this.nextOffset + size > fileEnd) {
        if (magic !== MAGIC_BLANK) this.skippedFiles++;
        this.startAt(fileEnd, 0);
        return true;
      }
      if (at + size > length) {
        if (at === 0 && size <= this.bytes.length) this.skipTo(fileEnd);
        else if (at === 0) this.grow(size);
        return true;
      }
      if (!this.indexRecord(at, size)) return false;
      this.startAt(this.nextOffset + size, 0);
      at += size;
    }
    // Fewer bytes than a head take: the file ends here.
    if (at === 0) this.skipTo(fileEnd);
    return true;
  }

  private skipTo(fileEnd: number): void {
    this.skippedFiles++;
    this.startAt(fileEnd, 0);
  }

  private grow(size: number): void {
    this.bytes = new Uint8Array(2 ** Math.ceil(Math.log2(size)));
    this.view = new DataView(this.bytes.buffer);
  }

  /** UNIQ_KEY, then the words of KEYS, then the tag [java IndexService#buildIndex]. False: not all of them have found a place. */
  private indexRecord(at: number, size: number): boolean {
    const { bytes, view, keys } = this;
    const sysFlag = view.getInt32(at + SYS_FLAG_AT);
    if ((sysFlag & SYS_FLAG_TRANSACTION_MASK) === SYS_FLAG_TRANSACTION_ROLLBACK) return true;
    if (!keys.find(bytes, view, at, size)) return true;
    if (keys.uniqueStart < 0 && keys.keysStart < 0 && keys.tagStart < 0) return true;
    const prefix = topicHash(bytes, keys.topicStart, keys.topicEnd);
    const storeTimestamp = getInt64(view, at + storeTimestampAt(sysFlag));
    this.keysSeen = 0;
    if (keys.uniqueStart >= 0 && !this.put(prefix, keys.uniqueStart, keys.uniqueEnd, storeTimestamp)) return false;
    if (keys.keysStart >= 0) {
      let start = keys.keysStart;
      for (let i = start; i <= keys.keysEnd; i++) {
        if (i < keys.keysEnd && bytes[i] !== SPACE) continue;
        if (i > start && !this.put(prefix, start, i, storeTimestamp)) return false;
        start = i + 1;
      }
    }
    if (keys.tagStart < 0 || keys.tagStart === keys.tagEnd) return true;
    return this.put(tagPrefixHash(prefix), keys.tagStart, keys.tagEnd, storeTimestamp);
  }

  private put(prefix: number, start: number, end: number, storeTimestamp: number): boolean {
    if (this.keysSeen++ < this.keysDone) return true;
    const { files } = this.ports;
    let file = files.last;
    if (file === undefined || file.isFull) {
      if (!this.ports.mayCreate()) {
        this.keysDone = this.keysSeen - 1;
        return false;
      }
      file = files.create();
    }
    file.put(unsignedHash(hashOfBytes(prefix, this.bytes, start, end)), this.nextOffset, storeTimestamp);
    this.keysDone = this.keysSeen;
    if (!file.isFull) return true;
    file.writeEntries();
    this.ports.onFull(file);
    return true;
  }
}
