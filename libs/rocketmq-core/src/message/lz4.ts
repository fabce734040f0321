// LZ4 frames as Java's client writes and reads them: independent blocks of 4 MiB, no checksums, no sizes. Block format both ways.
// Must never write more than the caller's limit, whatever the input claims.
import { IllegalMessageError } from '../errors/index.js';

const MAGIC = 0x184d2204;
const FLG = 0x60;
const BD = 0x70;
/** Second byte of xxHash32 over FLG and BD, which never change here. */
const HEADER_CHECKSUM = 0x73;
const BLOCK_BYTES = 4 * 1024 * 1024;
const UNCOMPRESSED_BIT = 0x80000000;
const MIN_MATCH = 4;
/** The last match must start this far before the end, the last bytes are literals (block format rules). */
const LAST_MATCH_DISTANCE = 12;
const LAST_LITERALS = 5;
const HASH_BITS = 16;
const MAX_OFFSET = 65_535;

const malformed = (reason: string): IllegalMessageError => new IllegalMessageError(`LZ4 body: ${reason}`);

/** One frame holding `input`. */
export function lz4Compress(input: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x04, 0x22, 0x4d, 0x18, FLG, BD, HEADER_CHECKSUM)];
  for (let at = 0; at < input.length; at += BLOCK_BYTES) {
    const block = input.subarray(at, Math.min(at + BLOCK_BYTES, input.length));
    const packed = compressBlock(block);
    const stored = packed.length >= block.length;
    const size = Buffer.alloc(4);
    size.writeUInt32LE(((stored ? block.length | UNCOMPRESSED_BIT : packed.length) >>> 0) as number);
    parts.push(size, stored ? block : packed);
  }
  parts.push(new Uint8Array(4));
  return Buffer.concat(parts);
}

/** Unfolds frames; throws IllegalMessageError for malformed input, linked blocks, or more than `maxBytes`. */
export function lz4Decompress(input: Uint8Array, maxBytes: number): Uint8Array {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  const out: Uint8Array[] = [];
  let total = 0;
  let at = 0;
  while (at < bytes.length) {
    const header = readFrameHeader(bytes, at);
    at = header.end;
    for (;;) {
      if (at + 4 > bytes.length) throw malformed('cut off before a block');
      const word = bytes.readUInt32LE(at);
      at += 4;
      if (word === 0) break;
      const size = word & 0x7fffffff;
      if (at + size > bytes.length) throw malformed(`block of ${size} bytes at ${at} is cut off`);
      const data = bytes.subarray(at, at + size);
      const block = (word & UNCOMPRESSED_BIT) === 0 ? decompressBlock(data, Math.min(header.blockBytes, maxBytes - total)) : data;
      total += block.length;
      if (total > maxBytes) throw malformed(`unfolds to more than ${maxBytes} bytes`);
      out.push(block);
      at += size + (header.blockChecksum ? 4 : 0);
    }
    at += header.contentChecksum ? 4 : 0;
  }
  return Buffer.concat(out);
}

function readFrameHeader(
  bytes: Buffer,
  start: number,
): { end: number; blockBytes: number; blockChecksum: boolean; contentChecksum: boolean } {
  if (start + 7 > bytes.length || bytes.readUInt32LE(start) !== MAGIC) throw malformed(`no frame at byte ${start}`);
  const flg = bytes[start + 4]!;
  if (flg >> 6 !== 1) throw malformed(`frame version ${flg >> 6}`);
  if ((flg & 0x20) === 0) throw malformed('linked blocks are not supported');
  if ((flg & 0x01) !== 0) throw malformed('dictionaries are not supported');
  const sizeCode = (bytes[start + 5]! >> 4) & 7;
  if (sizeCode < 4) throw malformed(`block size code ${sizeCode}`);
  const contentSize = (flg & 0x08) !== 0;
  return {
    end: start + 6 + (contentSize ? 8 : 0) + 1,
    blockBytes: 1 << (8 + 2 * sizeCode),
    blockChecksum: (flg & 0x10) !== 0,
    contentChecksum: (flg & 0x04) !== 0,
  };
}

/** One block: tokens of literals and matches. Grows its output with what really comes. */
function decompressBlock(input: Uint8Array, maxBytes: number): Uint8Array {
  let out = new Uint8Array(Math.min(maxBytes, Math.max(64, input.length * 4)));
  let length = 0;
  const need = (bytes: number): void => {
    if (length + bytes > maxBytes) throw malformed(`a block unfolds to more than ${maxBytes} bytes`);
    if (length + bytes <= out.length) return;
    const grown = new Uint8Array(Math.min(maxBytes, Math.max(length + bytes, out.length * 2)));
    grown.set(out.subarray(0, length));
    out = grown;
  };
  let at = 0;
  const readLength = (nibble: number): number => {
    let value = nibble;
    if (nibble !== 15) return value;
    for (;;) {
      const byte = input[at++];
      if (byte === undefined) throw malformed('a length is cut off');
      value += byte;
      if (byte !== 255) return value;
    }
  };
  while (at < input.length) {
    const token = input[at++]!;
    const literals = readLength(token >> 4);
    if (at + literals > input.length) throw malformed('literals are cut off');
    need(literals);
    out.set(input.subarray(at, at + literals), length);
    length += literals;
    at += literals;
    if (at === input.length) break;
    if (at + 2 > input.length) throw malformed('an offset is cut off');
    const offset = input[at]! | (input[at + 1]! << 8);
    at += 2;
    if (offset === 0 || offset > length) throw malformed(`offset ${offset} at output byte ${length}`);
    const match = readLength(token & 15) + MIN_MATCH;
    need(match);
    if (offset >= match) out.copyWithin(length, length - offset, length - offset + match);
    else for (let i = 0; i < match; i++) out[length + i] = out[length + i - offset]!;
    length += match;
  }
  return out.subarray(0, length);
}

/** Greedy single-probe matcher, as the reference's fast level. */
function compressBlock(input: Uint8Array): Uint8Array {
  const out = new Uint8Array(input.length + Math.ceil(input.length / 255) + 16);
  const table = new Int32Array(1 << HASH_BITS).fill(-1);
  const matchLimit = input.length - LAST_MATCH_DISTANCE;
  let outAt = 0;
  let anchor = 0;
  let at = 0;
  const word = (i: number): number => input[i]! | (input[i + 1]! << 8) | (input[i + 2]! << 16) | (input[i + 3]! << 24);
  const writeLength = (value: number): void => {
    let rest = value - 15;
    for (; rest >= 255; rest -= 255) out[outAt++] = 255;
    out[outAt++] = rest;
  };
  const writeSequence = (literalsEnd: number, offset: number, match: number): void => {
    const literals = literalsEnd - anchor;
    const matchCode = match - MIN_MATCH;
    out[outAt++] = (Math.min(literals, 15) << 4) | (offset === 0 ? 0 : Math.min(matchCode, 15));
    if (literals >= 15) writeLength(literals);
    out.set(input.subarray(anchor, literalsEnd), outAt);
    outAt += literals;
    if (offset === 0) return;
    out[outAt++] = offset & 0xff;
    out[outAt++] = offset >> 8;
    if (matchCode >= 15) writeLength(matchCode);
  };
  while (at < matchLimit) {
    const current = word(at);
    const hash = Math.imul(current, 0x9e3779b1) >>> (32 - HASH_BITS);
    const candidate = table[hash]!;
    table[hash] = at;
    if (candidate < 0 || at - candidate > MAX_OFFSET || word(candidate) !== current) {
      at++;
      continue;
    }
    let match = MIN_MATCH;
    const matchEnd = input.length - LAST_LITERALS;
    while (at + match < matchEnd && input[candidate + match] === input[at + match]) match++;
    writeSequence(at, at - candidate, match);
    at += match;
    anchor = at;
  }
  writeSequence(input.length, 0, 0);
  return out.subarray(0, outAt);
}
