// The tag code a record's consume-queue unit must have. Must give what the sender's path gave: Java's hash of TAGS, or in the schedule
// topic the time of delivery.
import { javaStringHashCode } from '../../common/index.js';
import type { ScannedRecord } from './log-scan.js';

export const SCHEDULE_TOPIC = 'SCHEDULE_TOPIC_XXXX';

const NAME_END = 1;
const VALUE_END = 2;
const TAGS = Buffer.from('TAGS');
const DELAY = Buffer.from('DELAY');
/** Apache's default `messageDelayLevel`, in seconds. */
const DEFAULT_DELAYS_S = [1, 5, 10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 1200, 1800, 3600, 7200];
const TWO_32 = 4_294_967_296;

export function defaultDelayMsOfLevel(level: number): number {
  const last = DEFAULT_DELAYS_S.length;
  return DEFAULT_DELAYS_S[Math.min(Math.max(level, 1), last) - 1]! * 1000;
}

export interface TagsCode {
  high: number;
  low: number;
}

/** Fills `result`. */
export function tagsCodeOfRecord(
  record: ScannedRecord,
  isSchedule: boolean,
  delayMsOfLevel: (level: number) => number,
  result: TagsCode,
): void {
  if (isSchedule) {
    const level = Number(propertyOf(record, DELAY) ?? 0);
    const deliverAtMs = record.facts.storeTimestamp + (level > 0 ? delayMsOfLevel(level) : 1000);
    result.high = Math.floor(deliverAtMs / TWO_32);
    result.low = deliverAtMs | 0;
    return;
  }
  const tags = propertyOf(record, TAGS);
  const hash = tags === undefined || tags === '' ? 0 : javaStringHashCode(tags);
  result.high = hash >> 31;
  result.low = hash;
}

/** Value of a property, found among the raw bytes; of two equal names the later counts. */
function propertyOf(record: ScannedRecord, name: Buffer): string | undefined {
  const { bytes, facts } = record;
  const end = facts.propertiesStart + facts.propertiesLength;
  let value: string | undefined;
  let start = facts.propertiesStart;
  while (start < end) {
    let stop = bytes.indexOf(VALUE_END, start);
    if (stop < 0 || stop > end) stop = end;
    if (bytes[start + name.length] === NAME_END && name.every((byte, i) => bytes[start + i] === byte)) {
      value = Buffer.from(bytes.buffer, bytes.byteOffset + start + name.length + 1, stop - start - name.length - 1).toString('utf8');
    }
    start = stop + 1;
  }
  return value;
}
