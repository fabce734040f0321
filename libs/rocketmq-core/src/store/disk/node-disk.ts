// The real disk. The only place of the core that calls node:fs for data; must never retry a failed write or flush.
import {
  closeSync,
  fdatasync,
  fstatSync,
  fsync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmdirSync,
  statfsSync,
  statSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { Disk, DiskFile, DiskLock, DiskUsage, FileStat } from './disk.js';
import { takeStoreLock } from './store-lock.js';

const OPEN_FLAGS = { read: 'r', write: 'r+', create: 'a+' } as const;

class NodeDiskFile implements DiskFile {
  readonly path: string;
  private readonly descriptor: number;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.descriptor = descriptor;
  }

  size(): number {
    return fstatSync(this.descriptor).size;
  }

  readSync(target: Uint8Array, targetStart: number, length: number, position: number): number {
    return readSync(this.descriptor, target, targetStart, length, position);
  }

  writeSync(source: Uint8Array, sourceStart: number, length: number, position: number): number {
    return writeSync(this.descriptor, source, sourceStart, length, position);
  }

  write(source: Uint8Array, sourceStart: number, length: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      write(this.descriptor, source, sourceStart, length, position, (error, written) => (error ? reject(error) : resolve(written)));
    });
  }

  resizeSync(size: number): void {
    ftruncateSync(this.descriptor, size);
  }

  flush(): Promise<void> {
    return new Promise((resolve, reject) => fdatasync(this.descriptor, (error) => (error ? reject(error) : resolve())));
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

export class NodeDisk implements Disk {
  openFile(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
    if (mode === 'create') closeSync(openSync(path, OPEN_FLAGS.create));
    return new NodeDiskFile(path, openSync(path, mode === 'create' ? OPEN_FLAGS.write : OPEN_FLAGS[mode]));
  }

  stat(path: string): FileStat | undefined {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other';
    return { kind, size: found.size, modifiedMs: found.mtimeMs };
  }

  list(path: string): string[] {
    try {
      return readdirSync(path).toSorted();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  makeDirectory(path: string): string[] {
    const first = mkdirSync(path, { recursive: true });
    if (first === undefined) return [];
    const made: string[] = [];
    const outermost = resolve(first);
    for (let at = resolve(path); at.length >= outermost.length; at = dirname(at)) made.unshift(at);
    return made;
  }

  rename(from: string, to: string): void {
    renameSync(from, to);
  }

  link(from: string, to: string): void {
    linkSync(from, to);
  }

  removeFile(path: string): void {
    ignoring(['ENOENT'], () => unlinkSync(path));
  }

  removeDirectory(path: string): void {
    ignoring(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => rmdirSync(path));
  }

  flushDirectory(path: string): Promise<void> {
    // Windows can neither open nor flush a directory; its file systems order these themselves.
    if (process.platform === 'win32') return Promise.resolve();
    const descriptor = openSync(path, 'r');
    return new Promise((resolve, reject) => {
      fsync(descriptor, (error) => {
        closeSync(descriptor);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  usage(path: string): DiskUsage {
    let existing = path;
    while (statSync(existing, { throwIfNoEntry: false }) === undefined && dirname(existing) !== existing) existing = dirname(existing);
    const { bsize, blocks, bfree, bavail } = statfsSync(existing);
    // As `df` counts: the part kept back for root is neither used nor free.
    return { totalBytes: (blocks - bfree + bavail) * bsize, freeBytes: bavail * bsize };
  }

  memoryBytes(): number {
    return totalmem();
  }

  lock(directory: string): DiskLock {
    return takeStoreLock(directory);
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function ignoring(codes: readonly string[], run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!codes.includes(codeOf(error) ?? '')) throw error;
  }
}
