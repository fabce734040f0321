// Exclusive use of a store directory. Node cannot take the byte-range lock that Java puts on `lock`, so ours is a file that names its
// owner, linked into place whole; Java's lock is seen in the kernel's table. Must never take over from an owner that may be alive.
import {
  closeSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { StoreIoError, StoreLockHeldError } from '../../errors/index.js';
import type { DiskLock } from './disk.js';

/** The word Java writes into `lock` after locking it [java DefaultMessageStore#start]. */
const LOCK_WORD = 'lock';
const OWNER_PREFIX = 'lock.owner.';
const RELEASED = 'released';
/** An owner in another process space is taken for dead when it has not said a word for so long. */
const SILENT_OWNER_MS = 15_000;
const ATTEMPTS_MAX = 100;

interface Owner {
  pid: number;
  /** Kernel's boot id, the process's start tick and its pid space: a pid alone comes back. */
  bootId: string;
  startTick: string;
  pidSpace: string;
}

/**
 * Owner files are numbered. A starter links number n+1 after it has seen that n is dead or released; only one can. The newest stays
 * when its owner leaves, marked released, so that numbers only grow and a slow starter cannot succeed with an old one.
 */
export function takeStoreLock(directory: string): DiskLock {
  const wordPath = join(directory, 'lock');
  writeWord(wordPath);
  const javaHolder = kernelLockHolder(wordPath);
  if (javaHolder !== undefined) throw new StoreLockHeldError(wordPath, `process ${javaHolder} (a Java broker)`);
  const mine = ownOwner();
  const draft = join(directory, `.${OWNER_PREFIX}${mine.pid}.${threadId}`);
  writeFileSync(draft, JSON.stringify(mine));
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const newest = newestOwner(directory);
      if (newest > 0) refuseWhenAlive(join(directory, OWNER_PREFIX + newest), mine, draft);
      const path = join(directory, OWNER_PREFIX + (newest + 1));
      if (!tryLink(draft, path)) continue;
      if (newestOwner(directory) > newest + 1) {
        unlinkSync(path);
        continue;
      }
      if (newest > 0) removeOlder(directory, newest + 1);
      return { refresh: () => touch(path), release: () => writeFileSync(path, RELEASED) };
    }
  } finally {
    unlinkSync(draft);
  }
  throw new StoreIoError('lock', directory, new Error(`no success after ${ATTEMPTS_MAX} attempts`));
}

function writeWord(path: string): void {
  // Opened without truncation: a running Java broker has it mapped and locked.
  const descriptor = openSync(path, 'a');
  try {
    if (statSync(path).size === 0) writeSync(descriptor, LOCK_WORD);
  } finally {
    closeSync(descriptor);
  }
}

function newestOwner(directory: string): number {
  let newest = 0;
  for (const name of readdirSync(directory)) {
    if (name.startsWith(OWNER_PREFIX)) newest = Math.max(newest, Number(name.slice(OWNER_PREFIX.length)) || 0);
  }
  return newest;
}

function removeOlder(directory: string, newest: number): void {
  for (const name of readdirSync(directory)) {
    if (!name.startsWith(OWNER_PREFIX) || Number(name.slice(OWNER_PREFIX.length)) >= newest) continue;
    try {
      unlinkSync(join(directory, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

function refuseWhenAlive(path: string, mine: Owner, draft: string): void {
  const text = readText(path);
  if (text === undefined || text === RELEASED) return;
  const owner = parseOwner(text);
  if (owner === undefined) return;
  const held = (): never => {
    throw new StoreLockHeldError(path, `process ${owner.pid}`);
  };
  if (owner.bootId !== mine.bootId) return;
  if (owner.pidSpace === mine.pidSpace) {
    if (isAlive(owner)) held();
  } else if (modifiedMs(draft) - modifiedMs(path) < SILENT_OWNER_MS) {
    held();
  }
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const startTick = startTickOf(owner.pid);
  return startTick === '' || owner.startTick === '' || startTick === owner.startTick;
}

function ownOwner(): Owner {
  return {
    pid: process.pid,
    bootId: readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '',
    startTick: startTickOf(process.pid),
    pidSpace: readLink('/proc/self/ns/pid'),
  };
}

function parseOwner(text: string): Owner | undefined {
  try {
    const { pid, bootId, startTick, pidSpace } = JSON.parse(text) as Partial<Owner>;
    return { pid: Number(pid), bootId: String(bootId), startTick: String(startTick), pidSpace: String(pidSpace) };
  } catch {
    // Half a file cannot be linked into place: what does not parse was not written by an owner.
    return undefined;
  }
}

/** Field 22 of /proc/PID/stat; empty where there is no such file. The command (field 2) may hold blanks and brackets. */
function startTickOf(pid: number): string {
  const text = readText(`/proc/${pid}/stat`) ?? '';
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

/** Process that holds a POSIX lock on a file, from the kernel's table; undefined where there is none or no such table. */
function kernelLockHolder(path: string): string | undefined {
  const table = readText('/proc/locks');
  if (table === undefined) return undefined;
  const { ino, dev } = statSync(path);
  const major = ((dev >> 8) & 0xfff).toString(16).padStart(2, '0');
  const minor = ((dev & 0xff) | ((dev >> 12) & 0xfff00)).toString(16).padStart(2, '0');
  const file = `${major}:${minor}:${ino}`;
  for (const line of table.split('\n')) {
    const fields = line.split(/\s+/);
    if (fields[1] === 'POSIX' && fields[5] === file && fields[4] !== String(process.pid)) return fields[4];
  }
  return undefined;
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Not there, or not ours to read: the caller knows what that means.
    return undefined;
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // No /proc here.
    return '';
  }
}

function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Writes the first byte again: the file system's own clock stamps it, and no reader ever sees half a file. */
function touch(path: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    writeSync(descriptor, '{', 0);
  } finally {
    closeSync(descriptor);
  }
}
