// Records to messages and back, one at a time [java MessageDecoder]. The store's own encoder works in place; this one is for everybody else.
import { crc32 } from '../common/index.js';
import { IllegalMessageError } from '../errors/index.js';
import { compressionTypeOf, DECOMPRESSED_BYTES_MAX, decompressBody } from './compression.js';
import { encodeHost } from './host.js';
import { MessageExt } from './message-ext.js';
import { MAGIC_V1, MAGIC_V2, recordSize, RecordView } from './record-layout.js';
import { SYS_FLAG } from './sys-flag.js';

export interface DecodeOptions {
  /** Unfold compressed bodies and clear the flag, as clients do. Default true. */
  decompress?: boolean;
  /** A body may unfold to this much. Default 64 MiB. */
  maxBodyBytes?: number;
}

/** One record; throws IllegalMessageError when `bytes` hold none. */
export function decodeMessage(bytes: Uint8Array, options: DecodeOptions = {}): MessageExt {
  const record = new RecordView();
  const problem = record.read(viewOf(bytes), 0, bytes.length);
  if (problem !== undefined) throw new IllegalMessageError(`record: ${problem}`);
  return toMessage(record, bytes, options);
}

/** Record after record to the end of `bytes`; throws IllegalMessageError naming the position of the first that is none. */
export function decodeMessages(bytes: Uint8Array, options: DecodeOptions = {}): MessageExt[] {
  const view = viewOf(bytes);
  const messages: MessageExt[] = [];
  for (let at = 0; at < bytes.length;) {
    const record = new RecordView();
    const problem = record.read(view, at, bytes.length);
    if (problem !== undefined) throw new IllegalMessageError(`record at byte ${at} of ${bytes.length}: ${problem}`);
    messages.push(toMessage(record, bytes, options));
    at += record.totalSize;
  }
  return messages;
}

function toMessage(record: RecordView, bytes: Uint8Array, options: DecodeOptions): MessageExt {
  const stored = bytes.subarray(record.bodyStart, record.bodyStart + record.bodyLength);
  if (options.decompress === false || (record.sysFlag & SYS_FLAG.COMPRESSED) === 0)
    return new MessageExt(record, bytes, Buffer.from(stored));
  const body = decompressBody(compressionTypeOf(record.sysFlag), stored, options.maxBodyBytes ?? DECOMPRESSED_BYTES_MAX);
  const message = new MessageExt(record, bytes, body);
  message.sysFlag &= ~SYS_FLAG.COMPRESSED;
  return message;
}

export interface RecordInput {
  topic: string;
  queueId: number;
  flag: number;
  queueOffset: number;
  physicalOffset: number;
  sysFlag: number;
  bornTimestamp: number;
  /** `ip:port`. */
  bornHost: string;
  storeTimestamp: number;
  storeHost: string;
  reconsumeTimes: number;
  preparedTransactionOffset: number;
  /** As stored: compressed when sysFlag says so. */
  body: Uint8Array;
  /** Property text. */
  properties: string;
}

/** One record; the host bits of sysFlag follow the hosts, topics above 127 bytes make a V2 record. */
export function encodeRecord(input: RecordInput): Uint8Array {
  const topic = Buffer.from(input.topic, 'utf8');
  const properties = Buffer.from(input.properties, 'utf8');
  const bornHost = encodeHost(input.bornHost);
  const storeHost = encodeHost(input.storeHost);
  const hostBits = (bornHost.length === 20 ? SYS_FLAG.BORNHOST_V6 : 0) | (storeHost.length === 20 ? SYS_FLAG.STOREHOST_V6 : 0);
  const sysFlag = (input.sysFlag & ~(SYS_FLAG.BORNHOST_V6 | SYS_FLAG.STOREHOST_V6)) | hostBits;
  const out = Buffer.alloc(recordSize(sysFlag, input.body.length, topic.length, properties.length));
  const wide = topic.length > 127;
  let at = out.writeInt32BE(out.length, 0);
  at = out.writeInt32BE(wide ? MAGIC_V2 : MAGIC_V1, at);
  at = out.writeInt32BE(crc32(input.body) & 0x7fffffff, at);
  at = out.writeInt32BE(input.queueId, at);
  at = out.writeInt32BE(input.flag, at);
  at = out.writeBigInt64BE(BigInt(input.queueOffset), at);
  at = out.writeBigInt64BE(BigInt(input.physicalOffset), at);
  at = out.writeInt32BE(sysFlag, at);
  at = out.writeBigInt64BE(BigInt(input.bornTimestamp), at);
  out.set(bornHost, at);
  at = out.writeBigInt64BE(BigInt(input.storeTimestamp), at + bornHost.length);
  out.set(storeHost, at);
  at = out.writeInt32BE(input.reconsumeTimes, at + storeHost.length);
  at = out.writeBigInt64BE(BigInt(input.preparedTransactionOffset), at);
  at = out.writeInt32BE(input.body.length, at);
  out.set(input.body, at);
  at += input.body.length;
  at = wide ? out.writeInt16BE(topic.length, at) : out.writeInt8(topic.length, at);
  out.set(topic, at);
  at = out.writeInt16BE(properties.length, at + topic.length);
  out.set(properties, at);
  return out;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
