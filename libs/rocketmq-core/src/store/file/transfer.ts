// Whole transfers over a disk that may do half of one. Must never return before everything asked for is done.
import { StoreIoError } from '../../errors/index.js';
import type { DiskFile } from '../disk/disk.js';

/** Writes all of it, or throws. A disk that takes nothing twice in a row has failed. */
export function writeFully(file: DiskFile, source: Uint8Array, sourceStart: number, length: number, position: number): void {
  let done = 0;
  while (done < length) {
    const written = file.writeSync(source, sourceStart + done, length - done, position + done);
    if (written <= 0) throw new StoreIoError('write', file.path, new Error(`no progress after ${done} of ${length} bytes`));
    done += written;
  }
}

/** Reads until `length` or the end of the file; the bytes read. */
export function readUpTo(file: DiskFile, target: Uint8Array, targetStart: number, length: number, position: number): number {
  let done = 0;
  while (done < length) {
    const read = file.readSync(target, targetStart + done, length - done, position + done);
    if (read <= 0) break;
    done += read;
  }
  return done;
}
