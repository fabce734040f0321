// Writes one record into a buffer, field by field, without an allocation. Must never check anything: sizes are decided before.
import { crc32 } from '../../common/index.js';
import type { StagedMessage } from '../store-types.js';
import { CRC_MASK, FIXED_BYTES, MAGIC_V1, MAGIC_V2, PROPERTY_END, V1_TOPIC_BYTES_MAX } from './record-layout.js';

const TWO_32 = 4_294_967_296;
/** Below this a loop beats the call into the runtime. */
const LOOP_BYTES_MAX = 40;

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

/** Writes at `at` what `message` says, with the out fields (offsets, size, store time) already set. */
export function encodeRecord(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  message: StagedMessage,
  topic: Uint8Array,
  propertiesLength: number,
): void {
  const { body, bodyStart, bodyLength, bornHost, storeHost } = message;
  view.setInt32(at, message.recordSize);
  view.setInt32(at + 4, topic.length > V1_TOPIC_BYTES_MAX ? MAGIC_V2 : MAGIC_V1);
  view.setInt32(at + 8, crc32(body, bodyStart, bodyStart + bodyLength) & CRC_MASK);
  view.setInt32(at + 12, message.queue.queueId);
  view.setInt32(at + 16, message.flag);
  setInt64(view, at + 20, message.queueOffset);
  setInt64(view, at + 28, message.physicalOffset);
  view.setInt32(at + 36, message.sysFlag);
  setInt64(view, at + 40, message.bornTimestamp);
  let end = at + 48;
  copyBytes(bornHost, 0, bornHost.length, bytes, end);
  end += bornHost.length;
  setInt64(view, end, message.storeTimestamp);
  end += 8;
  copyBytes(storeHost, 0, storeHost.length, bytes, end);
  end += storeHost.length;
  view.setInt32(end, message.reconsumeTimes);
  setInt64(view, end + 4, message.preparedTransactionOffset);
  view.setInt32(end + 12, bodyLength);
  end += 16;
  copyBytes(body, bodyStart, bodyLength, bytes, end);
  end += bodyLength;
  if (topic.length > V1_TOPIC_BYTES_MAX) {
    view.setInt16(end, topic.length);
    end += 2;
  } else {
    bytes[end++] = topic.length;
  }
  copyBytes(topic, 0, topic.length, bytes, end);
  end += topic.length;
  view.setInt16(end, propertiesLength);
  writeProperties(bytes, end + 2, message);
}

function writeProperties(bytes: Uint8Array, at: number, message: StagedMessage): void {
  let end = at;
  copyBytes(message.properties, message.propertiesStart, message.propertiesLength, bytes, end);
  end += message.propertiesLength;
  if (needsSeparator(message)) bytes[end++] = PROPERTY_END;
  copyBytes(message.extraProperties, 0, message.extraPropertiesLength, bytes, end);
}

export function setInt64(view: DataView, at: number, value: number): void {
  view.setInt32(at, Math.floor(value / TWO_32));
  view.setInt32(at + 4, value | 0);
}

export function getInt64(view: DataView, at: number): number {
  return view.getInt32(at) * TWO_32 + view.getUint32(at + 4);
}

export function copyBytes(source: Uint8Array, start: number, length: number, target: Uint8Array, at: number): void {
  if (length > LOOP_BYTES_MAX) {
    target.set(start === 0 && length === source.length ? source : source.subarray(start, start + length), at);
    return;
  }
  for (let i = 0; i < length; i++) target[at + i] = source[start + i]!;
}
