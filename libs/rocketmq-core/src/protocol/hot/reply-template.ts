// Answers written from templates: the constant bytes of a response header, with the few fields that differ filled in (D16, D17).
// Must decode to exactly what the derived codec writes for the same reply; a test proves it.
import { copyWords } from '../../common/index.js';
import { CURRENT_VERSION, LANGUAGE_JAVA } from '../remoting-command.js';
import { decimalLength, writeDecimal, writeHex64, writeHexBytes, writeInt32Decimal } from './digits.js';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Constant bytes of an answer. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

function piece(bytes: Uint8Array): Piece {
  const own = bytes.slice();
  return { bytes: own, view: new DataView(own.buffer) };
}

function put(view: DataView, at: number, { view: from }: Piece): number {
  copyWords(from, 0, from.byteLength, view, at);
  return at + from.byteLength;
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
  uniqKey: DataView;
  uniqKeyStart: number;
  uniqKeyLength: number;
}

/** Response header of SEND_MESSAGE(_V2) [java SendMessageResponseHeader] for one broker. */
export class SendReplyTemplate {
  private readonly jsonFields: Piece;
  /** Everything up to the physical offset in the message id. */
  private readonly binaryHead: Piece;
  private readonly remarks = new Map<number, Piece>();

  /** `storeHost`: address and port as in the record; `regionId` and `traceOn` are the broker's. */
  constructor(options: { storeHost: Uint8Array; regionId: string; traceOn: boolean }) {
    const { storeHost, regionId } = options;
    const traceOn = String(options.traceOn);
    const host = new Uint8Array(storeHost.length * 2);
    writeHexBytes(host, 0, storeHost, storeHost.length);
    this.jsonFields = piece(
      concat([text(`,"extFields":{"MSG_REGION":${JSON.stringify(regionId)},"TRACE_ON":"${traceOn}","msgId":"`), host]),
    );
    const head = new Uint8Array(BINARY_HEAD_BYTES + 4);
    writeBinaryHead(new DataView(head.buffer), 0, 0, 0, 0);
    const idLength = int32Bytes(host.length + 16);
    this.binaryHead = piece(
      concat([head, binaryField('MSG_REGION', regionId), binaryField('TRACE_ON', traceOn), binaryKey('msgId'), idLength, host]),
    );
  }

  /** Sets the remark sent with a code other than 0. */
  setRemark(code: number, remark: string): void {
    this.remarks.set(code, piece(text(JSON.stringify(remark))));
  }

  /** Writes one frame at `at`; returns the position behind it. */
  write(out: Uint8Array, view: DataView, at: number, fields: SendReplyFields): number {
    const headerEnd =
      fields.serializeType === 1 && fields.code === 0
        ? this.writeBinary(out, view, at + 8, fields)
        : this.writeJson(out, view, at + 8, fields);
    view.setInt32(at, headerEnd - at - 4);
    view.setInt32(at + 4, headerEnd - at - 8);
    out[at + 4] = fields.serializeType === 1 && fields.code === 0 ? 1 : 0;
    return headerEnd;
  }

  private writeJson(out: Uint8Array, view: DataView, start: number, fields: SendReplyFields): number {
    let at = put(view, start, JSON_CODE);
    at = writeDecimal(out, at, fields.code);
    at = put(view, at, this.jsonFields);
    at = writeHex64(out, at, fields.physicalOffset);
    at = put(view, at, JSON_QUEUE_ID);
    at = writeDecimal(out, at, fields.queueId);
    at = put(view, at, JSON_QUEUE_OFFSET);
    at = writeDecimal(out, at, fields.queueOffset);
    at = put(view, at, JSON_TRANSACTION_ID);
    copyWords(fields.uniqKey, fields.uniqKeyStart, fields.uniqKeyLength, view, at);
    at = put(view, at + fields.uniqKeyLength, JSON_FLAG);
    at = writeInt32Decimal(out, at, fields.opaque);
    const remark = fields.code === 0 ? undefined : this.remarks.get(fields.code);
    if (remark !== undefined) at = put(view, put(view, at, JSON_REMARK), remark);
    return put(view, at, JSON_END);
  }

  private writeBinary(out: Uint8Array, view: DataView, start: number, fields: SendReplyFields): number {
    let at = put(view, start, this.binaryHead);
    view.setInt32(start + OPAQUE_AT, fields.opaque);
    at = writeHex64(out, at, fields.physicalOffset);
    at = writeBinaryNumber(out, view, at, BINARY_QUEUE_ID, fields.queueId);
    at = writeBinaryNumber(out, view, at, BINARY_QUEUE_OFFSET, fields.queueOffset);
    at = put(view, at, BINARY_TRANSACTION_ID);
    view.setInt32(at, fields.uniqKeyLength);
    copyWords(fields.uniqKey, fields.uniqKeyStart, fields.uniqKeyLength, view, at + 4);
    at += 4 + fields.uniqKeyLength;
    const extStart = start + BINARY_HEAD_BYTES + 4;
    view.setInt32(extStart - 4, at - extStart);
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
  const headerEnd =
    fields.serializeType === 1 ? writePullBinary(out, view, headerStart, fields) : writePullJson(out, view, headerStart, fields);
  view.setInt32(start, headerEnd - start - 4 + bodyLength);
  view.setInt32(start + 4, headerEnd - headerStart);
  out[start + 4] = fields.serializeType;
  return headerEnd;
}

function writePullJson(out: Uint8Array, view: DataView, start: number, fields: PullReplyFields): number {
  let at = put(view, start, PULL_JSON_MAX);
  at = writeDecimal(out, at, fields.maxOffset);
  at = put(view, at, PULL_JSON_MIN);
  at = writeDecimal(out, at, fields.minOffset);
  at = put(view, at, PULL_JSON_NEXT);
  at = writeDecimal(out, at, fields.nextBeginOffset);
  at = put(view, at, PULL_JSON_SUGGEST);
  at = writeDecimal(out, at, fields.suggestWhichBrokerId);
  at = put(view, at, PULL_JSON_FLAG);
  at = writeInt32Decimal(out, at, fields.opaque);
  return put(view, at, PULL_JSON_END);
}

function writePullBinary(out: Uint8Array, view: DataView, start: number, fields: PullReplyFields): number {
  let at = writeBinaryHead(view, start, 0, fields.opaque, FOUND.bytes.length);
  at = put(view, at, FOUND);
  const extLengthAt = at;
  at = put(view, at + 4, PULL_BINARY_CONSTANT);
  at = writeBinaryNumber(out, view, at, PULL_BINARY_MAX, fields.maxOffset);
  at = writeBinaryNumber(out, view, at, PULL_BINARY_MIN, fields.minOffset);
  at = writeBinaryNumber(out, view, at, PULL_BINARY_NEXT, fields.nextBeginOffset);
  at = writeBinaryNumber(out, view, at, PULL_BINARY_SUGGEST, fields.suggestWhichBrokerId);
  view.setInt32(extLengthAt, at - extLengthAt - 4);
  return at;
}

/** Bytes of writeBinaryHead(), and where the opaque is in them. */
const BINARY_HEAD_BYTES = 17;
const OPAQUE_AT = 5;

/** code, language, version, opaque, flag = response, remark length; returns the position of the remark. */
function writeBinaryHead(view: DataView, start: number, code: number, opaque: number, remarkLength: number): number {
  view.setInt16(start, code);
  view.setInt8(start + 2, LANGUAGE_JAVA);
  view.setInt16(start + 3, CURRENT_VERSION);
  view.setInt32(start + OPAQUE_AT, opaque);
  view.setInt32(start + 9, 1);
  view.setInt32(start + 13, remarkLength);
  return start + BINARY_HEAD_BYTES;
}

function writeBinaryNumber(out: Uint8Array, view: DataView, start: number, key: Piece, value: number): number {
  const at = put(view, start, key);
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
  return concat([binaryKey(key), int32Bytes(bytes.length), bytes]);
}

function int32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value);
  return bytes;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const JSON_CODE = piece(text('{"code":'));
const JSON_QUEUE_ID = piece(text('","queueId":"'));
const JSON_QUEUE_OFFSET = piece(text('","queueOffset":"'));
const JSON_TRANSACTION_ID = piece(text('","transactionId":"'));
const JSON_FLAG = piece(text('"},"flag":1,"language":"JAVA","opaque":'));
const JSON_REMARK = piece(text(',"remark":'));
const JSON_END = piece(text(`,"serializeTypeCurrentRPC":"JSON","version":${CURRENT_VERSION}}`));

const BINARY_QUEUE_ID = piece(binaryKey('queueId'));
const BINARY_QUEUE_OFFSET = piece(binaryKey('queueOffset'));
const BINARY_TRANSACTION_ID = piece(binaryKey('transactionId'));

const FOUND = piece(text('FOUND'));
const PULL_JSON_MAX = piece(text('{"code":0,"extFields":{"groupSysFlag":"0","maxOffset":"'));
const PULL_JSON_MIN = piece(text('","minOffset":"'));
const PULL_JSON_NEXT = piece(text('","nextBeginOffset":"'));
const PULL_JSON_SUGGEST = piece(text('","suggestWhichBrokerId":"'));
const PULL_JSON_FLAG = piece(text('","topicSysFlag":"0"},"flag":1,"language":"JAVA","opaque":'));
const PULL_JSON_END = piece(text(`,"remark":"FOUND","serializeTypeCurrentRPC":"JSON","version":${CURRENT_VERSION}}`));
const PULL_BINARY_CONSTANT = piece(concat([binaryField('groupSysFlag', '0'), binaryField('topicSysFlag', '0')]));
const PULL_BINARY_MAX = piece(binaryKey('maxOffset'));
const PULL_BINARY_MIN = piece(binaryKey('minOffset'));
const PULL_BINARY_NEXT = piece(binaryKey('nextBeginOffset'));
const PULL_BINARY_SUGGEST = piece(binaryKey('suggestWhichBrokerId'));
