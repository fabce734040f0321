// The file-system port of the store: everything the store does to a disk. Must never hide a short write or an error:
// faults are decided above, where it is known what they mean.

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'other';
  readonly size: number;
  readonly modifiedMs: number;
}

export interface DiskUsage {
  readonly totalBytes: number;
  /** What an unprivileged writer may still take. */
  readonly freeBytes: number;
}

export interface DiskFile {
  readonly path: string;
  size(): number;
  /** Bytes read; fewer than asked at the end of the file or when the kernel gave less. */
  readSync(target: Uint8Array, targetStart: number, length: number, position: number): number;
  /** Bytes written; may be fewer than asked without any error (a disk about to be full does that). */
  writeSync(source: Uint8Array, sourceStart: number, length: number, position: number): number;
  /** As writeSync, on the thread pool. The range of `source` is in use until it resolves. */
  write(source: Uint8Array, sourceStart: number, length: number, position: number): Promise<number>;
  /** Cuts or extends; an extension reads as zeros and takes no space. */
  resizeSync(size: number): void;
  /** fdatasync on the thread pool. An error here cannot be retried: pages are marked clean all the same. */
  flush(): Promise<void>;
  close(): void;
}

/** Exclusive use of a directory, for as long as the process lives. */
export interface DiskLock {
  /** Says that the owner is alive, for starters that cannot see its process. */
  refresh(): void;
  release(): void;
}

export interface Disk {
  /** 'read' and 'write' need an existing file, 'create' makes one when it is missing. */
  openFile(path: string, mode: 'read' | 'write' | 'create'): DiskFile;
  stat(path: string): FileStat | undefined;
  /** Names in a directory, sorted; empty when there is no such directory. */
  list(path: string): string[];
  /** With its parents. Returns the directories that were not there, outermost first: their names are durable once their parents are flushed. */
  makeDirectory(path: string): string[];
  rename(from: string, to: string): void;
  /** A second name for a file; fails when `to` exists. */
  link(from: string, to: string): void;
  /** No error when it is not there. */
  removeFile(path: string): void;
  /** Removes an empty directory; no error when it is missing or not empty. */
  removeDirectory(path: string): void;
  /** Makes creations, renames and removals in a directory durable. */
  flushDirectory(path: string): Promise<void>;
  /** Space of the file system that holds `path` (or its nearest existing parent). */
  usage(path: string): DiskUsage;
  memoryBytes(): number;
  /** Throws StoreLockHeldError when another process, or another store of this one, uses the directory. */
  lock(directory: string): DiskLock;
}
