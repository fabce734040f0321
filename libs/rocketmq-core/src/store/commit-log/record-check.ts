// Says whether the bytes at a place of the log are a record, a blank, nothing, or damage. Checks what Java checks (lengths, magic, body
// check sum) and what it does not (position, topic, torn properties). Must never throw on any input.
import { crc32 } from '../../common/index.js';
import { getInt64 } from './record-encoder.js';
import {
  BLANK_BYTES,
  BODY_CRC_AT,
  CRC_MASK,
  FIXED_BYTES,
  hostBytesOf,
  MAGIC_AT,
  MAGIC_BLANK,
  MAGIC_V1,
  MAGIC_V2,
  PHYSICAL_OFFSET_AT,
  QUEUE_ID_AT,
  QUEUE_OFFSET_AT,
  storeTimestampAt,
  SYS_FLAG_AT,
  SYS_FLAG_BORN_HOST_V6,
  SYS_FLAG_STORE_HOST_V6,
} from './record-layout.js';

export type RecordDamage = 'magic' | 'size' | 'position' | 'lengths' | 'body crc' | 'topic';
export type RecordKind = 'record' | 'blank' | 'nothing' | 'more' | RecordDamage;

/** What a check found; reused from record to record. */
export class RecordFacts {
  size = 0;
  queueId = 0;
  queueOffset = 0.5;
  sysFlag = 0;
  storeTimestamp = 0.5;
  topicStart = 0;
  topicLength = 0;
  propertiesStart = 0;
  propertiesLength = 0;
  /** The property text ends in a zero byte: how a record torn there looks in a zeroed file, and no whole one does. */
  looksTorn = false;
}

const HEAD_BYTES = 88;

/**
 * Looks at `bytes[at, end)`, of which `fileLeft` more bytes exist in the file. 'more': the caller must supply facts.size bytes (or as many as are left).
 */
export function checkRecord(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
  fileLeft: number,
  physicalOffset: number,
  facts: RecordFacts,
): RecordKind {
  if (fileLeft < BLANK_BYTES) return 'size';
  const size = view.getInt32(at);
  const magic = view.getInt32(at + MAGIC_AT);
  facts.size = size;
  if (magic === MAGIC_BLANK) return size === fileLeft ? 'blank' : 'size';
  if (size === 0 && magic === 0) return 'nothing';
  if (magic !== MAGIC_V1 && magic !== MAGIC_V2) return 'magic';
  if (size < HEAD_BYTES + 2 || size > fileLeft - BLANK_BYTES) return 'size';
  if (at + size > end) return 'more';
  if (getInt64(view, at + PHYSICAL_OFFSET_AT) !== physicalOffset) return 'position';
  return checkContent(bytes, view, at, magic === MAGIC_V2, facts);
}

function checkContent(bytes: Uint8Array, view: DataView, at: number, isV2: boolean, facts: RecordFacts): RecordKind {
  const recordEnd = at + facts.size;
  const sysFlag = view.getInt32(at + SYS_FLAG_AT);
  const hostBytes = hostBytesOf(sysFlag, SYS_FLAG_BORN_HOST_V6) + hostBytesOf(sysFlag, SYS_FLAG_STORE_HOST_V6);
  if (facts.size < FIXED_BYTES + hostBytes + (isV2 ? 2 : 1)) return 'lengths';
  const bodyStart = at + 48 + hostBytes + 8 + 4 + 8 + 4;
  const bodyLength = view.getInt32(bodyStart - 4);
  if (bodyLength < 0 || bodyLength > facts.size) return 'lengths';
  const topicLengthAt = bodyStart + bodyLength;
  if (topicLengthAt + 4 > recordEnd) return 'lengths';
  const topicStart = topicLengthAt + (isV2 ? 2 : 1);
  const topicLength = isV2 ? view.getInt16(topicLengthAt) : bytes[topicLengthAt]!;
  const propertiesStart = topicStart + topicLength + 2;
  if (topicLength <= 0 || propertiesStart > recordEnd) return 'lengths';
  const propertiesLength = view.getInt16(propertiesStart - 2);
  if (propertiesLength < 0 || propertiesStart + propertiesLength !== recordEnd) return 'lengths';
  if (bodyLength > 0 && (crc32(bytes, bodyStart, topicLengthAt) & CRC_MASK) !== view.getInt32(at + BODY_CRC_AT)) return 'body crc';
  if (!isTopicText(bytes, topicStart, topicLength)) return 'topic';
  facts.queueId = view.getInt32(at + QUEUE_ID_AT);
  facts.queueOffset = getInt64(view, at + QUEUE_OFFSET_AT);
  facts.sysFlag = sysFlag;
  facts.storeTimestamp = getInt64(view, at + storeTimestampAt(sysFlag));
  facts.topicStart = topicStart;
  facts.topicLength = topicLength;
  facts.propertiesStart = propertiesStart;
  facts.propertiesLength = propertiesLength;
  facts.looksTorn = propertiesLength > 0 && bytes[recordEnd - 1] === 0;
  return 'record';
}

const LEGAL_TOPIC_BYTE = Uint8Array.from({ length: 256 }, (_, code) =>
  /[%|a-zA-Z0-9_-]/.test(String.fromCharCode(code)) && code < 128 ? 1 : 0,
);

function isTopicText(bytes: Uint8Array, start: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (LEGAL_TOPIC_BYTE[bytes[start + i]!] === 0) return false;
  return true;
}
