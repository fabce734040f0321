// Fixed-size files in one directory, each named by the offset of its first byte: what Java calls a MappedFileQueue.
// Must never leave a hole between two files, nor take a file of another length for its own.
import { dirname, join } from 'node:path';
import { assert } from '../../common/index.js';
import { StoreCorruptError, StoreIoError } from '../../errors/index.js';
import type { Disk, DiskFile } from '../disk/disk.js';
import { fileNameOf, startOfFileName } from './file-name.js';
import type { HandleCache } from './handle-cache.js';
import { readUpTo, writeFully } from './transfer.js';

export interface SeriesPorts {
  disk: Disk;
  handles: HandleCache;
}

export class StoreFileSeries {
  readonly directory: string;
  readonly fileSize: number;
  private readonly disk: Disk;
  private readonly handles: HandleCache;
  /** First offsets of the files, ascending. */
  private starts: number[] = [];
  /** Files written since their last flush. */
  private readonly dirty = new Set<number>();
  private directoryDirty = false;
  /** Parents of directories made here whose names are not durable yet, outermost first. */
  private parentsToFlush: string[] = [];
  /** Creations that never happened, found by load(). */
  private emptyPaths: string[] = [];

  constructor(directory: string, fileSize: number, ports: SeriesPorts) {
    this.directory = directory;
    this.fileSize = fileSize;
    this.disk = ports.disk;
    this.handles = ports.handles;
  }

  get fileCount(): number {
    return this.starts.length;
  }

  /** Offset of the first byte of the first file; 0 when there is none. */
  get firstStart(): number {
    return this.starts[0] ?? 0;
  }

  /** Offset behind the last file; 0 when there is none. */
  get end(): number {
    const last = this.starts.at(-1);
    return last === undefined ? 0 : last + this.fileSize;
  }

  get fileStarts(): readonly number[] {
    return this.starts;
  }

  get isDirty(): boolean {
    return this.dirty.size > 0 || this.directoryDirty;
  }

  pathOf(start: number): string {
    return join(this.directory, fileNameOf(start));
  }

  /** Finds the files, changing nothing. Names that are not ours are left alone; a file of zero bytes is a creation that never happened. */
  load(): void {
    const starts: number[] = [];
    for (const name of this.disk.list(this.directory)) {
      const start = startOfFileName(name);
      if (start === undefined) continue;
      const path = join(this.directory, name);
      const size = this.disk.stat(path)?.size ?? 0;
      if (size === 0) {
        this.emptyPaths.push(path);
        continue;
      }
      if (size !== this.fileSize)
        throw new StoreCorruptError(path, `length ${size} differs from the configured file size ${this.fileSize}`);
      if (start % this.fileSize !== 0) throw new StoreCorruptError(path, `name is no multiple of the file size ${this.fileSize}`);
      starts.push(start);
    }
    this.starts = starts;
  }

  /** Removes what load() found to be empty. */
  removeEmpty(): void {
    for (const path of this.emptyPaths) this.disk.removeFile(path);
    if (this.emptyPaths.length > 0) this.directoryDirty = true;
    this.emptyPaths = [];
  }

  /** The first missing file between the first and the last one. */
  findGap(): number | undefined {
    for (let i = 1; i < this.starts.length; i++) {
      const expected = this.starts[i - 1]! + this.fileSize;
      if (this.starts[i] !== expected) return expected;
    }
    return undefined;
  }

  startOf(offset: number): number {
    return offset - (offset % this.fileSize);
  }

  has(start: number): boolean {
    // Files are contiguous behind the first one, except in a series that has just been loaded.
    const index = (start - this.firstStart) / this.fileSize;
    return this.starts[index] === start || this.starts.includes(start);
  }

  /** Makes the file at `start`, full size and without content. It must follow the last one. */
  create(start: number): void {
    assert(this.starts.length === 0 || start === this.end, `file ${start} does not follow ${this.end} in ${this.directory}`);
    const path = this.pathOf(start);
    try {
      if (this.starts.length === 0) this.makeDirectory();
      this.handles.create(path).resizeSync(this.fileSize);
    } catch (error) {
      this.handles.forget(path);
      this.disk.removeFile(path);
      throw new StoreIoError('create', path, error);
    }
    this.starts.push(start);
    this.directoryDirty = true;
  }

  /** Takes a file prepared elsewhere as the next one. */
  adopt(start: number, preparedPath: string): void {
    assert(this.starts.length === 0 || start === this.end, `file ${start} does not follow ${this.end} in ${this.directory}`);
    this.makeDirectory();
    this.disk.rename(preparedPath, this.pathOf(start));
    this.starts.push(start);
    this.directoryDirty = true;
  }

  write(source: Uint8Array, sourceStart: number, length: number, offset: number): void {
    const start = this.startOf(offset);
    assert(offset + length <= start + this.fileSize, `write of ${length} bytes at ${offset} crosses the end of its file`);
    const path = this.pathOf(start);
    this.dirty.add(start);
    try {
      writeFully(this.handles.get(path), source, sourceStart, length, offset - start);
    } catch (error) {
      throw error instanceof StoreIoError ? error : new StoreIoError('write', path, error);
    }
  }

  /** Bytes read from `offset` on within its file; 0 when there is no such file. */
  read(target: Uint8Array, targetStart: number, length: number, offset: number): number {
    const start = this.startOf(offset);
    if (!this.has(start)) return 0;
    const path = this.pathOf(start);
    const readable = Math.min(length, start + this.fileSize - offset);
    try {
      return readUpTo(this.handles.get(path), target, targetStart, readable, offset - start);
    } catch (error) {
      throw new StoreIoError('read', path, error);
    }
  }

  /** Makes everything written before the call durable, new names included. */
  async flush(): Promise<void> {
    const files = [...this.dirty];
    const flushDirectory = this.directoryDirty;
    this.dirty.clear();
    this.directoryDirty = false;
    for (const start of files) {
      const path = this.pathOf(start);
      if (!this.has(start)) continue;
      await this.handles.flush(path).catch((error: unknown) => {
        throw new StoreIoError('flush', path, error);
      });
    }
    for (const parent of this.parentsToFlush.splice(0)) await this.flushDirectory(parent);
    if (flushDirectory) await this.flushDirectory(this.directory);
  }

  /** Forgets everything from `offset` on: later files go, the rest of the file that holds it reads as zeros. */
  cutAt(offset: number): void {
    while (this.starts.length > 0 && this.starts.at(-1)! >= offset) this.remove(this.starts.at(-1)!);
    const start = this.startOf(offset);
    if (offset === start || !this.has(start)) return;
    const file: DiskFile = this.handles.get(this.pathOf(start));
    file.resizeSync(offset - start);
    file.resizeSync(this.fileSize);
    this.dirty.add(start);
  }

  /** Deletes one file: the first or the last. */
  remove(start: number): void {
    const path = this.pathOf(start);
    this.starts = this.starts.filter((other) => other !== start);
    this.dirty.delete(start);
    this.directoryDirty = true;
    this.handles.forget(path);
    this.disk.removeFile(path);
  }

  /** Deletes all files and the directory when it is empty then. */
  removeAll(): void {
    while (this.starts.length > 0) this.remove(this.starts.at(-1)!);
    this.disk.removeDirectory(this.directory);
    this.directoryDirty = false;
  }

  private makeDirectory(): void {
    this.parentsToFlush.push(...this.disk.makeDirectory(this.directory).map((made) => dirname(made)));
  }

  private async flushDirectory(directory: string): Promise<void> {
    await this.disk.flushDirectory(directory).catch((error: unknown) => {
      throw new StoreIoError('flush', directory, error);
    });
  }

  modifiedMs(start: number): number {
    return this.disk.stat(this.pathOf(start))?.modifiedMs ?? 0;
  }
}
