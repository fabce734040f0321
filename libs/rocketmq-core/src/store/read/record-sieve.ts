// Records on their way to a reader whose filter wants to see them: gathered aside, asked about, then copied on or dropped.
// Must never be in the way of a reader whose filter needs the tag code only.
import type { GatherTarget, TagCodeFilter } from '../store-types.js';
import { RecordBuffer } from './record-buffer.js';

/** Bytes of records one read may look at. A read that finds nothing in them ends there, and the next one goes on behind. */
export const SIEVED_BYTES_MAX = 8 * 1024 * 1024;

export class RecordSieve {
  /** Where the next record is to be gathered. */
  readonly buffer = new RecordBuffer(true);
  private matches: NonNullable<TagCodeFilter['matchesRecord']> | undefined;
  private lookedAt = 0;

  /** For one read; undefined when the filter asks for no record. */
  begin(filter: TagCodeFilter | undefined): RecordSieve | undefined {
    if (filter?.matchesRecord === undefined) return undefined;
    this.matches = (bytes, start, length) => filter.matchesRecord!(bytes, start, length);
    this.lookedAt = 0;
    this.buffer.reset();
    return this;
  }

  get exhausted(): boolean {
    return this.lookedAt >= SIEVED_BYTES_MAX;
  }

  /** What was gathered last goes to the target if the filter wants it. */
  passOn(size: number, target: GatherTarget): boolean {
    this.lookedAt += size;
    this.buffer.reset();
    const bytes = this.buffer.outBytes;
    if (!this.matches!(bytes, 0, size)) return false;
    target.reserve(size);
    target.outBytes.set(bytes.subarray(0, size), target.outEnd);
    target.advance(size);
    return true;
  }
}
