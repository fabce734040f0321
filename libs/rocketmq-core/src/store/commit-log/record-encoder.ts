// Writes one record into a buffer, field by field, without an allocation. Must never check anything: sizes are decided before.
import { copyWords, crc32, crc32Short, LastView, WORDS_BYTES_MAX } from '../../common/index.js';
import type { StagedMessage } from '../store-types.js';
import { CRC_MASK, FIXED_BYTES, MAGIC_V1, MAGIC_V2, PROPERTY_END, V1_TOPIC_BYTES_MAX } from './record-layout.js';

const TWO_32 = 4_294_967_296;

/** Length of the property text as it will be stored. */
export function storedPropertiesLength(message: StagedMessage): number {
  const { propertiesLength, extraPropertiesLength } = message;
  return propertiesLength + extraPropertiesLength + (needsSeparator(message) ? 1 : 0);
}

function needsSeparator(message: StagedMessage): boolean {
  const { properties, propertiesStart, propertiesLength, extraPropertiesLength } = message;
  return propertiesLength > 0 && extraPropertiesLength > 0 && properties[propertiesStart + propertiesLength - 1] !== PROPERTY_END;
}

export function recordSizeOf(message: StagedMessage, topicLength: number, propertiesLength: number): number {
  const topicLengthBytes = topicLength > V1_TOPIC_BYTES_MAX ? 2 : 1;
  return (
    FIXED_BYTES +
    message.bornHost.length +
    message.storeHost.length +
    message.bodyLength +
    topicLengthBytes +
    topicLength +
    propertiesLength
  );
}

/** Longest body whose checksum the short form computes faster. */
const SHORT_CRC_BYTES_MAX = 384;

/** Writes records; keeps the views of the buffers that messages come in, since many in a row share one. */
export class RecordEncoder {
  private readonly bodies = new LastView();
  private readonly properties = new LastView();
  private readonly extraProperties = new LastView();

  /** Writes at `at` what `message` says, with the out fields (offsets, size, store time) already set. */
  encode(bytes: Uint8Array, view: DataView, at: number, message: StagedMessage, topic: DataView, propertiesLength: number): void {
    const { body, bodyStart, bodyLength, bornHost, storeHost } = message;
    const topicLength = topic.byteLength;
    view.setInt32(at, message.recordSize);
    view.setInt32(at + 4, topicLength > V1_TOPIC_BYTES_MAX ? MAGIC_V2 : MAGIC_V1);
    view.setInt32(at + 8, this.bodyCrc(message) & CRC_MASK);
    view.setInt32(at + 12, message.queue.queueId);
    view.setInt32(at + 16, message.flag);
    setInt64(view, at + 20, message.queueOffset);
    setInt64(view, at + 28, message.physicalOffset);
    view.setInt32(at + 36, message.sysFlag);
    setInt64(view, at + 40, message.bornTimestamp);
    let end = copyHost(bornHost, bytes, at + 48);
    setInt64(view, end, message.storeTimestamp);
    end = copyHost(storeHost, bytes, end + 8);
    view.setInt32(end, message.reconsumeTimes);
    setInt64(view, end + 4, message.preparedTransactionOffset);
    view.setInt32(end + 12, bodyLength);
    end += 16;
    if (bodyLength <= WORDS_BYTES_MAX) copyWords(this.bodies.of(body), bodyStart, bodyLength, view, end);
    else bytes.set(new Uint8Array(body.buffer, body.byteOffset + bodyStart, bodyLength), end);
    end += bodyLength;
    if (topicLength > V1_TOPIC_BYTES_MAX) {
      view.setInt16(end, topicLength);
      end += 2;
    } else {
      bytes[end++] = topicLength;
    }
    copyWords(topic, 0, topicLength, view, end);
    end += topicLength;
    view.setInt16(end, propertiesLength);
    this.writeProperties(bytes, view, end + 2, message);
  }

  private bodyCrc({ body, bodyStart, bodyLength }: StagedMessage): number {
    const end = bodyStart + bodyLength;
    return bodyLength <= SHORT_CRC_BYTES_MAX ? crc32Short(this.bodies.of(body), bodyStart, end) : crc32(body, bodyStart, end);
  }

  private writeProperties(bytes: Uint8Array, view: DataView, at: number, message: StagedMessage): void {
    const { properties, propertiesStart, propertiesLength, extraProperties, extraPropertiesLength } = message;
    let end = at;
    if (propertiesLength <= WORDS_BYTES_MAX) copyWords(this.properties.of(properties), propertiesStart, propertiesLength, view, end);
    else bytes.set(new Uint8Array(properties.buffer, properties.byteOffset + propertiesStart, propertiesLength), end);
    end += propertiesLength;
    if (needsSeparator(message)) bytes[end++] = PROPERTY_END;
    copyWords(this.extraProperties.of(extraProperties), 0, extraPropertiesLength, view, end);
  }
}

/** 8 or 20 bytes; returns the position behind them. */
function copyHost(host: Uint8Array, bytes: Uint8Array, at: number): number {
  for (let i = 0; i < host.length; i++) bytes[at + i] = host[i]!;
  return at + host.length;
}

export function setInt64(view: DataView, at: number, value: number): void {
  view.setInt32(at, Math.floor(value / TWO_32));
  view.setInt32(at + 4, value | 0);
}

export function getInt64(view: DataView, at: number): number {
  return view.getInt32(at) * TWO_32 + view.getUint32(at + 4);
}
