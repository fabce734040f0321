// Open file handles, a bounded number of them, so that thousands of queues work. Must never close one that is in use by a flush.
import type { Disk, DiskFile } from '../disk/disk.js';

interface Entry {
  file: DiskFile;
  pins: number;
}

export class HandleCache {
  private readonly disk: Disk;
  private readonly maxOpen: number;
  /** In order of use, oldest first. */
  private readonly entries = new Map<string, Entry>();

  constructor(disk: Disk, maxOpen: number) {
    this.disk = disk;
    this.maxOpen = maxOpen;
  }

  get openCount(): number {
    return this.entries.size;
  }

  /** The handle of a file; valid until the next call. */
  get(path: string): DiskFile {
    return this.use(path, 'write').file;
  }

  /** As get(), making the file when it is missing. */
  create(path: string): DiskFile {
    return this.use(path, 'create').file;
  }

  /** fdatasync of one file; its handle stays open meanwhile. */
  async flush(path: string): Promise<void> {
    const entry = this.use(path, 'write');
    entry.pins++;
    try {
      await entry.file.flush();
    } finally {
      entry.pins--;
      // Forgotten meanwhile (file deleted, store closed): the last one out closes.
      if (entry.pins === 0 && this.entries.get(path) !== entry) entry.file.close();
    }
  }

  /** Closes the handle of a file about to be deleted or renamed. */
  forget(path: string): void {
    const entry = this.entries.get(path);
    if (entry === undefined) return;
    this.entries.delete(path);
    if (entry.pins === 0) entry.file.close();
  }

  closeAll(): void {
    for (const path of this.entries.keys()) this.forget(path);
  }

  private use(path: string, mode: 'write' | 'create'): Entry {
    const found = this.entries.get(path);
    if (found !== undefined) {
      this.entries.delete(path);
      this.entries.set(path, found);
      return found;
    }
    this.makeRoom();
    const entry = { file: this.disk.openFile(path, mode), pins: 0 };
    this.entries.set(path, entry);
    return entry;
  }

  private makeRoom(): void {
    if (this.entries.size < this.maxOpen) return;
    for (const [path, { pins }] of this.entries) {
      if (pins > 0) continue;
      this.forget(path);
      return;
    }
  }
}
