// The body of SEND_BATCH_MESSAGE: small records without places or times [java MessageDecoder#encodeMessages, decodeMessages].
import { IllegalMessageError } from '../errors/index.js';
import { decodeProperties, encodeProperties, PROPERTIES_BYTES_MAX } from './property.js';

export interface BatchMember {
  flag: number;
  body: Uint8Array;
  properties: Map<string, string>;
}

/** size, magic, crc, flag, body length, properties length. */
const FIXED_BYTES = 4 + 4 + 4 + 4 + 4 + 2;

/** Concatenated members, in order. */
export function encodeBatch(
  members: ReadonlyArray<{ flag: number; body: Uint8Array; properties: ReadonlyMap<string, string> }>,
): Uint8Array {
  return Buffer.concat(members.map(encodeMember));
}

function encodeMember(member: { flag: number; body: Uint8Array; properties: ReadonlyMap<string, string> }): Buffer {
  const properties = Buffer.from(encodeProperties(member.properties), 'utf8');
  if (properties.length > PROPERTIES_BYTES_MAX)
    throw new IllegalMessageError(`properties of ${properties.length} bytes are above the limit ${PROPERTIES_BYTES_MAX}`);
  const out = Buffer.alloc(FIXED_BYTES + member.body.length + properties.length);
  out.writeInt32BE(out.length, 0);
  out.writeInt32BE(member.flag, 12);
  out.writeInt32BE(member.body.length, 16);
  out.set(member.body, 20);
  out.writeInt16BE(properties.length, 20 + member.body.length);
  out.set(properties, 22 + member.body.length);
  return out;
}

/** Takes a batch body apart; throws IllegalMessageError naming the position of what does not fit. Bodies are views on `bytes`. */
export function decodeBatch(bytes: Uint8Array): BatchMember[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const members: BatchMember[] = [];
  for (let at = 0; at < buffer.length;) {
    if (at + FIXED_BYTES > buffer.length) throw new IllegalMessageError(`batch member at byte ${at} is cut off`);
    const size = buffer.readInt32BE(at);
    const bodyLength = buffer.readInt32BE(at + 16);
    const propertiesAt = at + 20 + bodyLength;
    if (size < FIXED_BYTES || at + size > buffer.length || bodyLength < 0 || propertiesAt + 2 > at + size) {
      throw new IllegalMessageError(`batch member at byte ${at}: size ${size} and body length ${bodyLength} do not fit`);
    }
    const propertiesLength = buffer.readInt16BE(propertiesAt);
    if (propertiesLength < 0 || propertiesAt + 2 + propertiesLength > at + size)
      throw new IllegalMessageError(`batch member at byte ${at}: properties length ${propertiesLength} does not fit`);
    members.push({
      flag: buffer.readInt32BE(at + 12),
      body: buffer.subarray(at + 20, propertiesAt),
      properties: decodeProperties(buffer.toString('utf8', propertiesAt + 2, propertiesAt + 2 + propertiesLength)),
    });
    at += size;
  }
  return members;
}
