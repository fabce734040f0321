// Small files read and written as a whole through the disk port.
import type { Disk } from '../disk/disk.js';
import { readUpTo, writeFully } from './transfer.js';

/** Content of a file, undefined when there is none. */
export function readWholeFile(disk: Disk, path: string): Uint8Array | undefined {
  if (disk.stat(path)?.kind !== 'file') return undefined;
  const file = disk.openFile(path, 'read');
  try {
    const bytes = new Uint8Array(file.size());
    return bytes.subarray(0, readUpTo(file, bytes, 0, bytes.length, 0));
  } finally {
    file.close();
  }
}

/** Replaces the content of a file and makes it durable, though not in one step: a reader may find half of it after a crash. */
export async function writeWholeFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const file = disk.openFile(path, 'create');
  try {
    file.resizeSync(0);
    writeFully(file, bytes, 0, bytes.length, 0);
    await file.flush();
  } finally {
    file.close();
  }
}
