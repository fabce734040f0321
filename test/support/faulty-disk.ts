// A disk in memory that can do what real ones do on bad days: short writes, errors at call N, a full device, flushes that hang, a killed
// process, a power cut that keeps any legal subset of what was not flushed. Must never be kinder than a real disk.
import { dirname, join } from 'node:path';
import type { Random } from 'rocketmq-core/common';
import { StoreLockHeldError } from 'rocketmq-core/errors';
import type { Disk, DiskFile, DiskLock, DiskUsage, FileStat } from 'rocketmq-core/store';

const SECTOR_BYTES = 512;

class Inode {
  bytes = new Uint8Array(0);
  durable = new Uint8Array(0);
  modifiedMs = 0;

  resize(size: number): void {
    const bytes = new Uint8Array(size);
    bytes.set(this.bytes.subarray(0, size));
    this.bytes = bytes;
  }

  /** What may be there after the power came back: flushed bytes, and any of the sectors written since. */
  afterPowerLoss(random: Random): Inode {
    const inode = new Inode();
    const keepsSize = random.int(2) === 0;
    inode.bytes = new Uint8Array(keepsSize ? this.bytes.length : this.durable.length);
    inode.bytes.set(this.durable.subarray(0, inode.bytes.length));
    for (let at = 0; at < inode.bytes.length; at += SECTOR_BYTES) {
      if (random.int(2) === 0) inode.bytes.set(this.bytes.subarray(at, Math.min(at + SECTOR_BYTES, inode.bytes.length)), at);
    }
    inode.durable = inode.bytes.slice();
    return inode;
  }
}

interface DiskState {
  names: Map<string, Inode>;
  /** Names that survive a power cut. */
  durableNames: Map<string, Inode>;
  directories: Set<string>;
  /** Directories whose names survive a power cut. */
  durableDirectories: Set<string>;
  locked: FaultyDisk | undefined;
}

const emptyState = (): DiskState => ({
  names: new Map(),
  durableNames: new Map(),
  directories: new Set(),
  durableDirectories: new Set(),
  locked: undefined,
});

export type DiskOperation = 'write' | 'flush' | 'resize' | 'create' | 'rename' | 'remove' | 'flushDirectory';

export class FaultyDisk implements Disk {
  private readonly state: DiskState;
  private isDead = false;
  private held: Array<() => void> | undefined;
  /** Calls of each kind so far. */
  readonly calls = new Map<DiskOperation, number>();
  /** Throws instead of doing the n-th call of a kind (counted from 1), and every later one of that kind. */
  failFrom: { operation: DiskOperation; call: number; code: 'EIO' | 'ENOSPC' } | undefined;
  /** Every write of more than one byte takes only half of it. */
  shortWrites = false;
  usedPercent = 10;

  constructor(state: DiskState = emptyState()) {
    this.state = state;
  }

  /** The process is gone; what it wrote is there. Returns the disk as the next process finds it. */
  kill(): FaultyDisk {
    this.isDead = true;
    this.releaseFlushes();
    return new FaultyDisk({ ...this.state, locked: undefined });
  }

  /** The machine is gone. */
  cutPower(random: Random): FaultyDisk {
    this.isDead = true;
    this.releaseFlushes();
    const names = new Map<string, Inode>();
    const survivors = new Map<Inode, Inode>();
    const directoryKept = new Map<string, boolean>();
    const directories = this.survivingDirectories(random);
    for (const path of new Set([...this.state.names.keys(), ...this.state.durableNames.keys()])) {
      const directory = dirname(path);
      if (!directories.has(directory)) continue;
      if (!directoryKept.has(directory)) directoryKept.set(directory, random.int(2) === 0);
      const inode = (directoryKept.get(directory)! ? this.state.names : this.state.durableNames).get(path);
      if (inode === undefined) continue;
      if (!survivors.has(inode)) survivors.set(inode, inode.afterPowerLoss(random));
      names.set(path, survivors.get(inode)!);
    }
    return new FaultyDisk({
      names,
      durableNames: new Map(names),
      directories,
      durableDirectories: new Set(directories),
      locked: undefined,
    });
  }

  /** A new directory whose parent was not flushed may be gone, with everything in it. */
  private survivingDirectories(random: Random): Set<string> {
    const kept = new Set<string>();
    for (const directory of [...this.state.directories].toSorted((a, b) => a.length - b.length)) {
      const parent = dirname(directory);
      const hasParent = parent === dirname(parent) || kept.has(parent);
      if (hasParent && (this.state.durableDirectories.has(directory) || random.int(2) === 0)) kept.add(directory);
    }
    return kept;
  }

  /** Flushes wait from now on. */
  holdFlushes(): void {
    this.held ??= [];
  }

  releaseFlushes(): void {
    for (const release of this.held ?? []) release();
    this.held = undefined;
  }

  /** Content of a file, for tests to look at and to damage. */
  bytesOf(path: string): Uint8Array {
    const inode = this.state.names.get(path);
    if (inode === undefined) throw new Error(`no file ${path}`);
    return inode.bytes;
  }

  paths(): string[] {
    return [...this.state.names.keys()].toSorted();
  }

  /** A copy that shares nothing, as found after an orderly shutdown of the machine. */
  copy(): FaultyDisk {
    const names = new Map<string, Inode>();
    for (const [path, { bytes, modifiedMs }] of this.state.names) {
      const inode = new Inode();
      inode.bytes = bytes.slice();
      inode.durable = bytes.slice();
      inode.modifiedMs = modifiedMs;
      names.set(path, inode);
    }
    const directories = new Set(this.state.directories);
    return new FaultyDisk({
      names,
      durableNames: new Map(names),
      directories,
      durableDirectories: new Set(directories),
      locked: undefined,
    });
  }

  openFile(path: string, mode: 'read' | 'write' | 'create'): DiskFile {
    let inode = this.state.names.get(path);
    if (inode === undefined) {
      if (mode !== 'create') throw errorOf('ENOENT', path);
      this.count('create', path);
      inode = new Inode();
      this.state.names.set(path, inode);
    }
    return new FaultyFile(path, inode, this);
  }

  stat(path: string): FileStat | undefined {
    this.checkAlive();
    const inode = this.state.names.get(path);
    if (inode !== undefined) return { kind: 'file', size: inode.bytes.length, modifiedMs: inode.modifiedMs };
    return this.state.directories.has(path) ? { kind: 'directory', size: 0, modifiedMs: 0 } : undefined;
  }

  list(path: string): string[] {
    this.checkAlive();
    const found = new Set<string>();
    for (const other of [...this.state.names.keys(), ...this.state.directories]) {
      if (other.startsWith(`${path}/`)) found.add(other.slice(path.length + 1).split('/')[0]!);
    }
    return [...found].toSorted();
  }

  makeDirectory(path: string): string[] {
    this.checkAlive();
    const made: string[] = [];
    for (let at = path; at !== dirname(at) && !this.state.directories.has(at); at = dirname(at)) made.unshift(at);
    for (const directory of made) this.state.directories.add(directory);
    return made;
  }

  rename(from: string, to: string): void {
    this.count('rename', from);
    const inode = this.state.names.get(from);
    if (inode === undefined) throw errorOf('ENOENT', from);
    this.state.names.delete(from);
    this.state.names.set(to, inode);
  }

  link(from: string, to: string): void {
    this.count('create', to);
    const inode = this.state.names.get(from);
    if (inode === undefined) throw errorOf('ENOENT', from);
    if (this.state.names.has(to)) throw errorOf('EEXIST', to);
    this.state.names.set(to, inode);
  }

  removeFile(path: string): void {
    this.count('remove', path);
    this.state.names.delete(path);
  }

  removeDirectory(path: string): void {
    this.checkAlive();
    if (this.list(path).length > 0) return;
    this.state.directories.delete(path);
    this.state.durableDirectories.delete(path);
  }

  async flushDirectory(path: string): Promise<void> {
    this.count('flushDirectory', path);
    const names = [...this.state.names].filter(([name]) => dirname(name) === path);
    await this.afterHold();
    for (const name of this.state.durableNames.keys()) if (dirname(name) === path) this.state.durableNames.delete(name);
    for (const [name, inode] of names) this.state.durableNames.set(name, inode);
    for (const directory of this.state.directories) if (dirname(directory) === path) this.state.durableDirectories.add(directory);
  }

  usage(): DiskUsage {
    return { totalBytes: 1000, freeBytes: 1000 - this.usedPercent * 10 };
  }

  memoryBytes(): number {
    return 1024 ** 3;
  }

  lock(directory: string): DiskLock {
    this.checkAlive();
    if (this.state.locked !== undefined) throw new StoreLockHeldError(join(directory, 'lock'), 'another store');
    this.state.locked = this;
    return {
      refresh: () => {},
      release: () => {
        this.state.locked = undefined;
      },
    };
  }

  /** Counts a call and throws when it is to fail. */
  count(operation: DiskOperation, path: string): void {
    this.checkAlive();
    const call = (this.calls.get(operation) ?? 0) + 1;
    this.calls.set(operation, call);
    const { failFrom } = this;
    if (failFrom !== undefined && failFrom.operation === operation && call >= failFrom.call) throw errorOf(failFrom.code, path);
  }

  async afterHold(): Promise<void> {
    if (this.held !== undefined) await new Promise<void>((resolve) => this.held!.push(resolve));
    else await Promise.resolve();
    this.checkAlive();
  }

  private checkAlive(): void {
    if (this.isDead) throw new Error('the process was killed');
  }
}

class FaultyFile implements DiskFile {
  readonly path: string;
  private readonly inode: Inode;
  private readonly disk: FaultyDisk;

  constructor(path: string, inode: Inode, disk: FaultyDisk) {
    this.path = path;
    this.inode = inode;
    this.disk = disk;
  }

  size(): number {
    return this.inode.bytes.length;
  }

  readSync(target: Uint8Array, targetStart: number, length: number, position: number): number {
    const bytes = this.inode.bytes.subarray(position, position + length);
    target.set(bytes, targetStart);
    return bytes.length;
  }

  writeSync(source: Uint8Array, sourceStart: number, length: number, position: number): number {
    this.disk.count('write', this.path);
    const taken = this.disk.shortWrites && length > 1 ? Math.ceil(length / 2) : length;
    if (position + taken > this.inode.bytes.length) this.inode.resize(position + taken);
    this.inode.bytes.set(source.subarray(sourceStart, sourceStart + taken), position);
    return taken;
  }

  async write(source: Uint8Array, sourceStart: number, length: number, position: number): Promise<number> {
    return this.writeSync(source, sourceStart, length, position);
  }

  resizeSync(size: number): void {
    this.disk.count('resize', this.path);
    this.inode.resize(size);
  }

  async flush(): Promise<void> {
    this.disk.count('flush', this.path);
    const bytes = this.inode.bytes.slice();
    await this.disk.afterHold();
    this.inode.durable = bytes;
  }

  close(): void {}
}

function errorOf(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
