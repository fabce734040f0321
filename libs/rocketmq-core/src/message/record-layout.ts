// Where things lie in a commit-log record, which is also the form of messages in pull answers [java MessageDecoder, CommitLog#checkMessageAndReturnSize].
// Must never allocate: the store walks millions of records with one RecordView.
import { SYS_FLAG } from './sys-flag.js';

/** Topic length in one byte. */
export const MAGIC_V1 = 0xdaa320a7 | 0;
/** Topic length in two bytes, for topics above 127 bytes. */
export const MAGIC_V2 = 0xdaa320ab | 0;
/** Fills the rest of a log file. */
export const MAGIC_BLANK = 0xcbd43194 | 0;
/** Size and magic of a blank. */
export const BLANK_BYTES = 8;

export const RECORD = {
  TOTAL_SIZE: 0,
  MAGIC: 4,
  BODY_CRC: 8,
  QUEUE_ID: 12,
  FLAG: 16,
  QUEUE_OFFSET: 20,
  PHYSICAL_OFFSET: 28,
  SYS_FLAG: 36,
  BORN_TIMESTAMP: 40,
  BORN_HOST: 48,
} as const;

/** Bytes of a record besides body, topic and properties, with IPv4 hosts and a one-byte topic length. */
export const RECORD_FIXED_BYTES = 91;
const V6_EXTRA_BYTES = 12;

/** Size of a record in bytes. */
export function recordSize(sysFlag: number, bodyLength: number, topicLength: number, propertiesLength: number): number {
  return (
    RECORD_FIXED_BYTES +
    ((sysFlag & SYS_FLAG.BORNHOST_V6) === 0 ? 0 : V6_EXTRA_BYTES) +
    ((sysFlag & SYS_FLAG.STOREHOST_V6) === 0 ? 0 : V6_EXTRA_BYTES) +
    (topicLength > 127 ? 1 : 0) +
    bodyLength +
    topicLength +
    propertiesLength
  );
}

/** Reads one 64-bit field as a safe integer; NaN when it is none. */
export function readInt64(view: DataView, at: number): number {
  const high = view.getInt32(at);
  const value = high * 4294967296 + view.getUint32(at + 4);
  return Number.isSafeInteger(value) ? value : NaN;
}

/** The fields of one record, found by read(). Ranges are positions in the bytes given. One object serves any number of records. */
export class RecordView {
  start = 0;
  totalSize = 0;
  magic = 0;
  bodyCrc = 0;
  queueId = 0;
  flag = 0;
  queueOffset = 0;
  physicalOffset = 0;
  sysFlag = 0;
  bornTimestamp = 0;
  bornHostStart = 0;
  bornHostLength = 0;
  storeTimestamp = 0;
  storeHostStart = 0;
  storeHostLength = 0;
  reconsumeTimes = 0;
  preparedTransactionOffset = 0;
  bodyStart = 0;
  bodyLength = 0;
  topicStart = 0;
  topicLength = 0;
  propertiesStart = 0;
  propertiesLength = 0;

  /** Reads the record at `start`, which must end before `end`. Returns undefined when it is whole, else what is wrong. */
  read(view: DataView, start: number, end: number): string | undefined {
    if (end - start < BLANK_BYTES) return 'too short for a size and a magic';
    this.start = start;
    this.totalSize = view.getInt32(start);
    this.magic = view.getInt32(start + RECORD.MAGIC);
    if (this.magic !== MAGIC_V1 && this.magic !== MAGIC_V2) return `magic 0x${(this.magic >>> 0).toString(16)} is no record's`;
    if (this.totalSize < RECORD_FIXED_BYTES || this.totalSize > end - start)
      return `size ${this.totalSize} is outside ${RECORD_FIXED_BYTES}..${end - start}`;
    this.bodyCrc = view.getInt32(start + RECORD.BODY_CRC);
    this.queueId = view.getInt32(start + RECORD.QUEUE_ID);
    this.flag = view.getInt32(start + RECORD.FLAG);
    this.queueOffset = readInt64(view, start + RECORD.QUEUE_OFFSET);
    this.physicalOffset = readInt64(view, start + RECORD.PHYSICAL_OFFSET);
    this.sysFlag = view.getInt32(start + RECORD.SYS_FLAG);
    this.bornTimestamp = readInt64(view, start + RECORD.BORN_TIMESTAMP);
    this.bornHostStart = start + RECORD.BORN_HOST;
    this.bornHostLength = (this.sysFlag & SYS_FLAG.BORNHOST_V6) === 0 ? 8 : 20;
    const storeTimestampAt = this.bornHostStart + this.bornHostLength;
    this.storeTimestamp = readInt64(view, storeTimestampAt);
    this.storeHostStart = storeTimestampAt + 8;
    this.storeHostLength = (this.sysFlag & SYS_FLAG.STOREHOST_V6) === 0 ? 8 : 20;
    return this.readVariablePart(view, this.storeHostStart + this.storeHostLength);
  }

  /** Reconsume times, prepared offset, then the parts with lengths of their own; they must fill the record exactly. */
  private readVariablePart(view: DataView, start: number): string | undefined {
    const end = this.start + this.totalSize;
    if (start + 16 > end) return `size ${this.totalSize} is too small for its hosts`;
    this.reconsumeTimes = view.getInt32(start);
    this.preparedTransactionOffset = readInt64(view, start + 4);
    this.bodyLength = view.getInt32(start + 12);
    this.bodyStart = start + 16;
    const topicLengthAt = this.bodyStart + this.bodyLength;
    if (this.bodyLength < 0 || topicLengthAt + 2 > end) return `body length ${this.bodyLength} is beyond the record`;
    const wide = this.magic === MAGIC_V2;
    this.topicLength = wide ? view.getInt16(topicLengthAt) : view.getInt8(topicLengthAt);
    this.topicStart = topicLengthAt + (wide ? 2 : 1);
    const propertiesLengthAt = this.topicStart + this.topicLength;
    if (this.topicLength < 0 || propertiesLengthAt + 2 > end) return `topic length ${this.topicLength} is beyond the record`;
    this.propertiesLength = view.getInt16(propertiesLengthAt);
    this.propertiesStart = propertiesLengthAt + 2;
    if (this.propertiesLength < 0 || this.propertiesStart + this.propertiesLength !== end)
      return `properties length ${this.propertiesLength} does not fill the record`;
    return undefined;
  }
}
