// Answers written from templates: the constant bytes of a response header, with the few fields that differ filled in (D16, D17).
// Must decode to exactly what the derived codec writes for the same reply; a test proves it.
import { CURRENT_VERSION, LANGUAGE_JAVA } from '../remoting-command.js';
import { decimalLength, writeDecimal, writeHex64, writeHexBytes, writeInt32Decimal } from './digits.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function put(out: Uint8Array, at: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) out[at + i] = bytes[i]!;
  return at + bytes.length;
}

function putRange(out: Uint8Array, at: number, bytes: Uint8Array, start: number, length: number): number {
  for (let i = 0; i < length; i++) out[at + i] = bytes[start + i]!;
  return at + length;
}

/** Room one send answer may need beyond the region id, for reserve(). */
export const SEND_REPLY_MAX = 512;

/** What differs between two send answers. One object is reused. */
export interface SendReplyFields {
  /** 0 JSON, 1 ROCKETMQ: the form of the request. */
  serializeType: number;
  /** 0, or 10/11/12: stored, but less safe than configured. */
  code: number;
  opaque: number;
  queueId: number;
  queueOffset: number;
  physicalOffset: number;
  /** UNIQ_KEY: printable ASCII without quote or backslash. */
  uniqKey: Uint8Array;
  uniqKeyStart: number;
  uniqKeyLength: number;
}

/** Response header of SEND_MESSAGE(_V2) [java SendMessageResponseHeader] for one broker. */
export class SendReplyTemplate {
  private readonly storeHost: Uint8Array;
  private readonly jsonFields: Uint8Array;
  private readonly binaryFields: Uint8Array;
  private readonly remarks = new Map<number, Uint8Array>();

  /** `storeHost`: address and port as in the record; `regionId` and `traceOn` are the broker's. */
  constructor(options: { storeHost: Uint8Array; regionId: string; traceOn: boolean }) {
    this.storeHost = options.storeHost;
    const traceOn = String(options.traceOn);
    this.jsonFields = text(`,"extFields":{"MSG_REGION":${JSON.stringify(options.regionId)},"TRACE_ON":"${traceOn}","msgId":"`);
    this.binaryFields = concat([binaryField('MSG_REGION', options.regionId), binaryField('TRACE_ON', traceOn)]);
  }

  /** Sets the remark sent with a code other than 0. */
  setRemark(code: number, remark: string): void {
    this.remarks.set(code, text(JSON.stringify(remark)));
  }

  /** Writes one frame at `at`; returns the position behind it. */
  write(out: Uint8Array, view: DataView, at: number, fields: SendReplyFields): number {
    const headerEnd =
      fields.serializeType === 1 && fields.code === 0 ? this.writeBinary(out, view, at + 8, fields) : this.writeJson(out, at + 8, fields);
    view.setInt32(at, headerEnd - at - 4);
    view.setInt32(at + 4, headerEnd - at - 8);
    out[at + 4] = fields.serializeType === 1 && fields.code === 0 ? 1 : 0;
    return headerEnd;
  }

  private writeJson(out: Uint8Array, start: number, fields: SendReplyFields): number {
    let at = put(out, start, JSON_CODE);
    at = writeDecimal(out, at, fields.code);
    at = put(out, at, this.jsonFields);
    at = writeHexBytes(out, at, this.storeHost, this.storeHost.length);
    at = writeHex64(out, at, fields.physicalOffset);
    at = put(out, at, JSON_QUEUE_ID);
    at = writeDecimal(out, at, fields.queueId);
    at = put(out, at, JSON_QUEUE_OFFSET);
    at = writeDecimal(out, at, fields.queueOffset);
    at = put(out, at, JSON_TRANSACTION_ID);
    at = putRange(out, at, fields.uniqKey, fields.uniqKeyStart, fields.uniqKeyLength);
    at = put(out, at, JSON_FLAG);
    at = writeInt32Decimal(out, at, fields.opaque);
    const remark = fields.code === 0 ? undefined : this.remarks.get(fields.code);
    if (remark !== undefined) at = put(out, put(out, at, JSON_REMARK), remark);
    return put(out, at, JSON_END);
  }

  private writeBinary(out: Uint8Array, view: DataView, start: number, fields: SendReplyFields): number {
    let at = writeBinaryHead(view, start, 0, fields.opaque, 0);
    const extLengthAt = at;
    at = put(out, at + 4, this.binaryFields);
    at = put(out, at, BINARY_MSG_ID);
    view.setInt32(at, this.storeHost.length * 2 + 16);
    at = writeHexBytes(out, at + 4, this.storeHost, this.storeHost.length);
    at = writeHex64(out, at, fields.physicalOffset);
    at = writeBinaryNumber(out, view, at, BINARY_QUEUE_ID, fields.queueId);
    at = writeBinaryNumber(out, view, at, BINARY_QUEUE_OFFSET, fields.queueOffset);
    at = put(out, at, BINARY_TRANSACTION_ID);
    view.setInt32(at, fields.uniqKeyLength);
    at = putRange(out, at + 4, fields.uniqKey, fields.uniqKeyStart, fields.uniqKeyLength);
    view.setInt32(extLengthAt, at - extLengthAt - 4);
    return at;
  }
}

/** Room a pull answer's frame head may need, for reserve(). */
export const PULL_REPLY_HEAD_MAX = 512;

export interface PullReplyFields {
  serializeType: number;
  opaque: number;
  suggestWhichBrokerId: number;
  nextBeginOffset: number;
  minOffset: number;
  maxOffset: number;
}

/** Writes the frame head of a FOUND pull answer for `bodyLength` bytes that follow; returns the position behind it [java PullMessageResponseHeader]. */
export function writePullReplyHead(out: Uint8Array, view: DataView, start: number, fields: PullReplyFields, bodyLength: number): number {
  const headerStart = start + 8;
  const headerEnd = fields.serializeType === 1 ? writePullBinary(out, view, headerStart, fields) : writePullJson(out, headerStart, fields);
  view.setInt32(start, headerEnd - start - 4 + bodyLength);
  view.setInt32(start + 4, headerEnd - headerStart);
  out[start + 4] = fields.serializeType;
  return headerEnd;
}

function writePullJson(out: Uint8Array, start: number, fields: PullReplyFields): number {
  let at = put(out, start, PULL_JSON_MAX);
  at = writeDecimal(out, at, fields.maxOffset);
  at = put(out, at, PULL_JSON_MIN);
  at = writeDecimal(out, at, fields.minOffset);
  at = put(out, at, PULL_JSON_NEXT);
  at = writeDecimal(out, at, fields.nextBeginOffset);
  at = put(out, at, PULL_JSON_SUGGEST);
  at = writeDecimal(out, at, fields.suggestWhichBrokerId);
  at = put(out, at, PULL_JSON_FLAG);
  at = writeInt32Decimal(out, at, fields.opaque);
  return put(out, at, PULL_JSON_END);
}

function writePullBinary(out: Uint8Array, view: DataView, start: number, fields: PullReplyFields): number {
  let at = writeBinaryHead(view, start, 0, fields.opaque, FOUND.length);
  at = put(out, at, FOUND);
  const extLengthAt = at;
  at = put(out, at + 4, PULL_BINARY_CONSTANT);
  at = writeBinaryNumber(out, view, at, PULL_BINARY_MAX, fields.maxOffset);
  at = writeBinaryNumber(out, view, at, PULL_BINARY_MIN, fields.minOffset);
  at = writeBinaryNumber(out, view, at, PULL_BINARY_NEXT, fields.nextBeginOffset);
  at = writeBinaryNumber(out, view, at, PULL_BINARY_SUGGEST, fields.suggestWhichBrokerId);
  view.setInt32(extLengthAt, at - extLengthAt - 4);
  return at;
}

/** code, language, version, opaque, flag = response, remark length; returns the position of the remark. */
function writeBinaryHead(view: DataView, start: number, code: number, opaque: number, remarkLength: number): number {
  view.setInt16(start, code);
  view.setInt8(start + 2, LANGUAGE_JAVA);
  view.setInt16(start + 3, CURRENT_VERSION);
  view.setInt32(start + 5, opaque);
  view.setInt32(start + 9, 1);
  view.setInt32(start + 13, remarkLength);
  return start + 17;
}

function writeBinaryNumber(out: Uint8Array, view: DataView, start: number, key: Uint8Array, value: number): number {
  const at = put(out, start, key);
  const length = decimalLength(value);
  view.setInt32(at, length);
  return writeDecimal(out, at + 4, value);
}

function binaryKey(key: string): Uint8Array {
  const bytes = text(key);
  return concat([Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

function binaryField(key: string, value: string): Uint8Array {
  const bytes = text(value);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setInt32(0, bytes.length);
  return concat([binaryKey(key), length, bytes]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) at = put(all, at, part);
  return all;
}

const JSON_CODE = text('{"code":');
const JSON_QUEUE_ID = text('","queueId":"');
const JSON_QUEUE_OFFSET = text('","queueOffset":"');
const JSON_TRANSACTION_ID = text('","transactionId":"');
const JSON_FLAG = text('"},"flag":1,"language":"JAVA","opaque":');
const JSON_REMARK = text(',"remark":');
const JSON_END = text(`,"serializeTypeCurrentRPC":"JSON","version":${CURRENT_VERSION}}`);

const BINARY_MSG_ID = binaryKey('msgId');
const BINARY_QUEUE_ID = binaryKey('queueId');
const BINARY_QUEUE_OFFSET = binaryKey('queueOffset');
const BINARY_TRANSACTION_ID = binaryKey('transactionId');

const FOUND = text('FOUND');
const PULL_JSON_MAX = text('{"code":0,"extFields":{"groupSysFlag":"0","maxOffset":"');
const PULL_JSON_MIN = text('","minOffset":"');
const PULL_JSON_NEXT = text('","nextBeginOffset":"');
const PULL_JSON_SUGGEST = text('","suggestWhichBrokerId":"');
const PULL_JSON_FLAG = text('","topicSysFlag":"0"},"flag":1,"language":"JAVA","opaque":');
const PULL_JSON_END = text(`,"remark":"FOUND","serializeTypeCurrentRPC":"JSON","version":${CURRENT_VERSION}}`);
const PULL_BINARY_CONSTANT = concat([binaryField('groupSysFlag', '0'), binaryField('topicSysFlag', '0')]);
const PULL_BINARY_MAX = binaryKey('maxOffset');
const PULL_BINARY_MIN = binaryKey('minOffset');
const PULL_BINARY_NEXT = binaryKey('nextBeginOffset');
const PULL_BINARY_SUGGEST = binaryKey('suggestWhichBrokerId');
