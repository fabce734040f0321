// The number an index entry has for a key: Java's string hash of `topic#key` without its sign. Must give Java's result bit by bit.
import { javaStringHashCode } from '../../common/index.js';

/** Stands between topic and key. */
const SEPARATOR = 0x23;
/** `topic#T#tag`: what 5.5.0 indexes a tag as. */
const TAG_INFIX = 'T#';

export type IndexType = 'key' | 'tag';

/** [java IndexFile#indexKeyHashMethod]; the one number without a positive counterpart becomes 0. */
export function unsignedHash(hash: number): number {
  return hash < 0 ? Math.max(-hash | 0, 0) : hash;
}

export function indexKeyHash(topic: string, key: string, type: IndexType = 'key'): number {
  return unsignedHash(javaStringHashCode(`${topic}#${type === 'tag' ? TAG_INFIX : ''}${key}`));
}

/** Java's hash of what came before plus ASCII bytes; undefined when a byte is none, for then a byte is no UTF-16 unit. */
export function continueHash(hash: number, bytes: Uint8Array, start: number, end: number): number | undefined {
  let result = hash;
  let seen = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    seen |= byte;
    result = (Math.imul(result, 31) + byte) | 0;
  }
  return seen < 0x80 ? result : undefined;
}

/** Hash of `topic#`, which keys are hashed on from. */
export function topicHash(bytes: Uint8Array, start: number, end: number): number {
  return (Math.imul(continueHash(0, bytes, start, end) ?? 0, 31) + SEPARATOR) | 0;
}

/** Hash of `topic#T#`. */
export function tagPrefixHash(ofTopic: number): number {
  return (Math.imul((Math.imul(ofTopic, 31) + 0x54) | 0, 31) + SEPARATOR) | 0;
}

/** Signed hash of a key in UTF-8, begun with a prefix. */
export function hashOfBytes(prefix: number, bytes: Uint8Array, start: number, end: number): number {
  const plain = continueHash(prefix, bytes, start, end);
  if (plain !== undefined) return plain;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
  let hash = prefix;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}
