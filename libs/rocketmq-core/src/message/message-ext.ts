// A message as it comes out of a broker: what the sender wrote plus where and when it was stored [java MessageExt].
// Built from one record; properties and text are made when first asked for.
import { toHex } from '../common/index.js';
import { decodeHost } from './host.js';
import { decodeProperties, PROPERTY } from './property.js';
import type { RecordView } from './record-layout.js';

export class MessageExt {
  topic: string;
  flag: number;
  body: Buffer;
  queueId: number;
  queueOffset: number;
  /** Place in the broker's commit log. */
  commitLogOffset: number;
  sysFlag: number;
  bornTimestamp: number;
  storeTimestamp: number;
  bodyCRC: number;
  /** How often it was delivered before. */
  reconsumeTimes: number;
  preparedTransactionOffset: number;
  /** Bytes of the record. */
  storeSize: number;
  /** Name of the broker it came from; set by the consumer. */
  brokerName = '';
  private readonly bornHostBytes: Uint8Array;
  private readonly storeHostBytes: Uint8Array;
  private readonly propertiesText: string;
  private parsed: Map<string, string> | undefined;

  /** `bytes` are the record's; what is needed later is copied. */
  constructor(record: RecordView, bytes: Uint8Array, body: Uint8Array) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.topic = buffer.toString('utf8', record.topicStart, record.topicStart + record.topicLength);
    this.flag = record.flag;
    this.body = Buffer.isBuffer(body) ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.queueId = record.queueId;
    this.queueOffset = record.queueOffset;
    this.commitLogOffset = record.physicalOffset;
    this.sysFlag = record.sysFlag;
    this.bornTimestamp = record.bornTimestamp;
    this.storeTimestamp = record.storeTimestamp;
    this.bodyCRC = record.bodyCrc;
    this.reconsumeTimes = record.reconsumeTimes;
    this.preparedTransactionOffset = record.preparedTransactionOffset;
    this.storeSize = record.totalSize;
    this.bornHostBytes = bytes.slice(record.bornHostStart, record.bornHostStart + record.bornHostLength);
    this.storeHostBytes = bytes.slice(record.storeHostStart, record.storeHostStart + record.storeHostLength);
    this.propertiesText = buffer.toString('utf8', record.propertiesStart, record.propertiesStart + record.propertiesLength);
  }

  get properties(): Map<string, string> {
    this.parsed ??= decodeProperties(this.propertiesText);
    return this.parsed;
  }

  /** The sender's id, or the offset id of a message that has none. */
  get msgId(): string {
    return this.properties.get(PROPERTY.UNIQUE_KEY) ?? this.offsetMsgId;
  }

  /** Store host and place in the log, as 32 or 56 hex digits. */
  get offsetMsgId(): string {
    const offset = Buffer.alloc(8);
    offset.writeBigInt64BE(BigInt(this.commitLogOffset));
    return toHex(this.storeHostBytes) + toHex(offset);
  }

  /** `ip:port` of the sender. */
  get bornHost(): string {
    return decodeHost(this.bornHostBytes);
  }

  /** `ip:port` of the broker. */
  get storeHost(): string {
    return decodeHost(this.storeHostBytes);
  }

  get tags(): string | undefined {
    return this.properties.get(PROPERTY.TAGS);
  }

  get keys(): string | undefined {
    return this.properties.get(PROPERTY.KEYS);
  }

  get delayTimeLevel(): number {
    return Number(this.properties.get(PROPERTY.DELAY_TIME_LEVEL) ?? 0);
  }

  get transactionId(): string | undefined {
    return this.properties.get(PROPERTY.TRANSACTION_ID);
  }

  getUserProperty(name: string): string | undefined {
    return this.properties.get(name);
  }

  getProperty(name: string): string | undefined {
    return this.properties.get(name);
  }

  /** The body as UTF-8. */
  text(): string {
    return this.body.toString('utf8');
  }

  /** The body as JSON; throws SyntaxError when it is none. */
  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T;
  }
}
