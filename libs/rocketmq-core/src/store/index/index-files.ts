// The index files of a store, oldest first. Derived data: what cannot be trusted is removed and made again from the log.
// Must never keep a file behind one that was removed, nor one that speaks of more than the log holds.
import { join } from 'node:path';
import type { Clock, Logger } from '../../common/index.js';
import { StoreIoError } from '../../errors/index.js';
import type { Disk } from '../disk/disk.js';
import type { HandleCache } from '../file/handle-cache.js';
import { readUpTo } from '../file/transfer.js';
import { IndexFile, indexFileBytes, type IndexShape } from './index-file.js';
import { isIndexFileName, nextIndexFileName } from './index-file-name.js';
import { decodeIndexHeader, INDEX_HEADER_BYTES, type IndexHeader } from './index-header.js';

export interface IndexFilesPorts {
  readonly directory: string;
  readonly shape: IndexShape;
  readonly disk: Disk;
  readonly handles: HandleCache;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface IndexLoadFacts {
  readonly isClean: boolean;
  /** Newest message of the newest file that was flushed whole; 0: unknown. */
  readonly indexMsgTimestamp: number;
  /** End of the log after recovery. */
  readonly endOffset: number;
}

export class IndexFiles {
  private readonly ports: IndexFilesPorts;
  private list: IndexFile[] = [];
  private lastName: string | undefined;

  constructor(ports: IndexFilesPorts) {
    this.ports = ports;
  }

  get all(): readonly IndexFile[] {
    return this.list;
  }

  get last(): IndexFile | undefined {
    return this.list.at(-1);
  }

  /** Finds the files that count. Names that are none of ours are left alone [java IndexService#load]. */
  load(facts: IndexLoadFacts): void {
    const { disk, directory, logger } = this.ports;
    let why: string | undefined;
    for (const name of disk.list(directory)) {
      const path = join(directory, name);
      if (!isIndexFileName(name) || disk.stat(path)?.kind !== 'file') continue;
      this.lastName = name;
      const found = why === undefined ? this.examine(path, facts) : why;
      if (typeof found !== 'string') {
        this.list.push(found);
        continue;
      }
      why ??= 'it comes after one that was removed';
      logger.warn('index file removed, it is made again from the log', { path, why: found });
      disk.removeFile(path);
    }
  }

  /** The file, or why it must go. */
  private examine(path: string, { isClean, indexMsgTimestamp, endOffset }: IndexLoadFacts): IndexFile | string {
    const { disk, shape, handles } = this.ports;
    const size = disk.stat(path)?.size ?? 0;
    const expected = indexFileBytes(shape);
    if (size !== expected) return `length ${size} differs from ${expected}, which maxHashSlotNum and maxIndexNum give`;
    const bytes = new Uint8Array(INDEX_HEADER_BYTES);
    readUpTo(handles.get(path), bytes, 0, bytes.length, 0);
    const header = decodeIndexHeader(bytes, shape.slots, shape.entries);
    if (header === undefined) return 'its header makes no sense';
    const file = new IndexFile(path, header, shape, handles);
    // Only a full file was ever flushed whole [java IndexService#flush].
    if (!isClean && (!file.isFull || header.endTimestamp > indexMsgTimestamp)) return 'it was not flushed before the abnormal stop';
    if (header.entryCount > 1 && header.endPhysicalOffset >= endOffset) return `it goes beyond the end of the log at ${endOffset}`;
    const before = this.last?.header;
    if (before !== undefined && header.endPhysicalOffset < before.endPhysicalOffset) return 'it is older than the file before it';
    return file;
  }

  /** Makes the next file, which begins where the last one ended. Throws StoreIoError. */
  create(): IndexFile {
    const { disk, directory, shape, handles, clock } = this.ports;
    const before = this.last?.header;
    const name = nextIndexFileName(clock.now(), this.lastName);
    const path = join(directory, name);
    try {
      disk.makeDirectory(directory);
      handles.create(path).resizeSync(indexFileBytes(shape));
    } catch (error) {
      handles.forget(path);
      disk.removeFile(path);
      throw new StoreIoError('create', path, error);
    }
    this.lastName = name;
    const header: IndexHeader = {
      beginTimestamp: before?.endTimestamp ?? 0,
      endTimestamp: before?.endTimestamp ?? 0,
      beginPhysicalOffset: before?.endPhysicalOffset ?? 0,
      endPhysicalOffset: before?.endPhysicalOffset ?? 0,
      slotCount: 0,
      entryCount: 1,
    };
    const file = new IndexFile(path, header, shape, handles);
    this.list.push(file);
    return file;
  }

  remove(file: IndexFile): void {
    const { disk, handles } = this.ports;
    file.isGone = true;
    this.list = this.list.filter((other) => other !== file);
    handles.forget(file.path);
    disk.removeFile(file.path);
  }

  /** Deletes files whose messages are all gone from the log, never the last one [java IndexService#deleteExpiredFile]. Files deleted. */
  deleteBelow(minPhysicalOffset: number): number {
    let deleted = 0;
    while (this.list.length > 1 && this.list[0]!.header.endPhysicalOffset < minPhysicalOffset && !this.list[0]!.hasSlotsInMemory) {
      this.remove(this.list[0]!);
      deleted++;
    }
    return deleted;
  }
}
