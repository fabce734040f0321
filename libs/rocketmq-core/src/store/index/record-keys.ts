// Finds what a record is indexed by among its raw bytes: UNIQ_KEY, KEYS, TAGS. Must never allocate, nor read outside of the record.
import {
  FIXED_BYTES,
  hostBytesOf,
  MAGIC_AT,
  MAGIC_V2,
  SYS_FLAG_AT,
  SYS_FLAG_BORN_HOST_V6,
  SYS_FLAG_STORE_HOST_V6,
} from '../commit-log/record-layout.js';

const NAME_END = 1;
const VALUE_END = 2;
const KEYS = Buffer.from('KEYS');
const TAGS = Buffer.from('TAGS');
const UNIQ_KEY = Buffer.from('UNIQ_KEY');

/** Places of one record's keys; an absent one starts at -1. Reused from record to record. */
export class RecordKeys {
  topicStart = 0;
  topicEnd = 0;
  uniqueStart = -1;
  uniqueEnd = -1;
  keysStart = -1;
  keysEnd = -1;
  tagStart = -1;
  tagEnd = -1;

  /** Looks at the whole record in bytes[at, at + size); false when its lengths make no sense. */
  find(bytes: Uint8Array, view: DataView, at: number, size: number): boolean {
    this.uniqueStart = this.keysStart = this.tagStart = -1;
    const end = at + size;
    const sysFlag = view.getInt32(at + SYS_FLAG_AT);
    const isV2 = view.getInt32(at + MAGIC_AT) === MAGIC_V2;
    const hostBytes = hostBytesOf(sysFlag, SYS_FLAG_BORN_HOST_V6) + hostBytesOf(sysFlag, SYS_FLAG_STORE_HOST_V6);
    if (size < FIXED_BYTES + hostBytes + (isV2 ? 2 : 1)) return false;
    const bodyStart = at + 48 + hostBytes + 8 + 4 + 8 + 4;
    const bodyLength = view.getInt32(bodyStart - 4);
    if (bodyLength < 0 || bodyLength > size || bodyStart + bodyLength + 4 > end) return false;
    const topicLengthAt = bodyStart + bodyLength;
    this.topicStart = topicLengthAt + (isV2 ? 2 : 1);
    this.topicEnd = this.topicStart + (isV2 ? view.getInt16(topicLengthAt) : bytes[topicLengthAt]!);
    const propertiesStart = this.topicEnd + 2;
    if (this.topicEnd <= this.topicStart || propertiesStart > end) return false;
    const propertiesEnd = propertiesStart + view.getInt16(this.topicEnd);
    if (propertiesEnd < propertiesStart || propertiesEnd > end) return false;
    this.findProperties(bytes, propertiesStart, propertiesEnd);
    return true;
  }

  /** Of two equal names the later counts, as in Java's map. */
  private findProperties(bytes: Uint8Array, from: number, end: number): void {
    let start = from;
    while (start < end) {
      let stop = start;
      while (stop < end && bytes[stop] !== VALUE_END) stop++;
      // Told apart by the place of the name's end before a byte of it is compared.
      if (bytes[start + 4] === NAME_END && start + 4 < stop) {
        if (isName(bytes, start, KEYS)) {
          this.keysStart = start + 5;
          this.keysEnd = stop;
        } else if (isName(bytes, start, TAGS)) {
          this.tagStart = start + 5;
          this.tagEnd = stop;
        }
      } else if (bytes[start + 8] === NAME_END && start + 8 < stop && isName(bytes, start, UNIQ_KEY)) {
        this.uniqueStart = start + 9;
        this.uniqueEnd = stop;
      }
      start = stop + 1;
    }
  }
}

function isName(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}
