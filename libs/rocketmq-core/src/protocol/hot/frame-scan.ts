// The hot codec beside the derived one (D17): finds the fields of a header where they lie, without a string or an object per frame.
// Must never guess: whatever is unusual is left to the derived codec by returning false.

/** Most ext fields a scanned frame may have; more is left to the derived codec. */
export const SCAN_FIELDS_MAX = 32;

/** Where the fields of one header lie in the frame's bytes. One object is reused for every frame. */
export class FrameScan {
  code = 0;
  opaque = 0;
  flag = 0;
  version = 0;
  /** 0 JSON, 1 ROCKETMQ. */
  serializeType = 0;
  fieldCount = 0;
  bytes: Uint8Array = new Uint8Array(0);
  readonly keyStart = new Int32Array(SCAN_FIELDS_MAX);
  readonly keyEnd = new Int32Array(SCAN_FIELDS_MAX);
  readonly valueStart = new Int32Array(SCAN_FIELDS_MAX);
  readonly valueEnd = new Int32Array(SCAN_FIELDS_MAX);
  /** 1 where the value holds JSON escapes. */
  readonly escaped = new Uint8Array(SCAN_FIELDS_MAX);

  /** A decimal value as a safe integer, or NaN when the text is anything else. */
  int(field: number): number {
    const { bytes } = this;
    let at = this.valueStart[field]!;
    const end = this.valueEnd[field]!;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    if (at === end || end - at > 15 || this.escaped[field] === 1) return NaN;
    let value = 0;
    for (; at < end; at++) {
      const digit = bytes[at]! - ZERO;
      if (digit < 0 || digit > 9) return NaN;
      value = value * 10 + digit;
    }
    return negative ? -value : value;
  }

  /** True when the value is the text `true`. */
  isTrue(field: number): boolean {
    const at = this.valueStart[field]!;
    const { bytes } = this;
    return (
      this.valueEnd[field]! - at === 4 && bytes[at] === 0x74 && bytes[at + 1] === 0x72 && bytes[at + 2] === 0x75 && bytes[at + 3] === 0x65
    );
  }
}

const ZERO = 0x30;
const MINUS = 0x2d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Codes worth scanning; everything else is refused after the first few bytes. */
export type HotCodes = ReadonlySet<number>;

/** Fills `scan` from a header; false: not a hot code, or not the plain form this reader knows. */
export function scanHeader(
  scan: FrameScan,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  serializeType: number,
  codes: HotCodes,
): boolean {
  scan.bytes = bytes;
  scan.serializeType = serializeType;
  scan.fieldCount = 0;
  return serializeType === 1 ? scanBinary(scan, view, start, end, codes) : scanJson(scan, bytes, start, end, codes);
}

// [java RocketMQSerializable#rocketMQProtocolDecode]
function scanBinary(scan: FrameScan, view: DataView, start: number, end: number, codes: HotCodes): boolean {
  if (end - start < 21) return false;
  scan.code = view.getInt16(start);
  if (!codes.has(scan.code)) return false;
  scan.version = view.getInt16(start + 3);
  scan.opaque = view.getInt32(start + 5);
  scan.flag = view.getInt32(start + 9);
  if (view.getInt32(start + 13) !== 0) return false;
  const extLength = view.getInt32(start + 17);
  let at = start + 21;
  if (at + extLength !== end) return false;
  let count = 0;
  while (at < end) {
    if (count === SCAN_FIELDS_MAX || at + 6 > end) return false;
    const keyEnd = at + 2 + view.getUint16(at);
    if (keyEnd + 4 > end) return false;
    const valueLength = view.getInt32(keyEnd);
    const valueEnd = keyEnd + 4 + valueLength;
    if (valueLength <= 0 || valueEnd > end) return false;
    scan.keyStart[count] = at + 2;
    scan.keyEnd[count] = keyEnd;
    scan.valueStart[count] = keyEnd + 4;
    scan.valueEnd[count] = valueEnd;
    scan.escaped[count] = 0;
    count++;
    at = valueEnd;
  }
  scan.fieldCount = count;
  return true;
}

/** `{"code":310,"extFields":{…},"flag":0,"language":"JAVA","opaque":7,…}`: compact, plain top-level members in any order. */
function scanJson(scan: FrameScan, bytes: Uint8Array, start: number, end: number, codes: HotCodes): boolean {
  let at = start;
  let seen = 0;
  if (bytes[at++] !== OPEN) return false;
  while (at < end) {
    if (bytes[at] !== QUOTE) return false;
    const keyStart = at + 1;
    at = keyStart;
    while (at < end && bytes[at] !== QUOTE) at++;
    const keyLength = at - keyStart;
    if (bytes[at + 1] !== COLON) return false;
    at += 2;
    const first = bytes[keyStart]!;
    if (bytes[at] === QUOTE) {
      // language, remark, serializeTypeCurrentRPC: of no interest, but a remark may hold escapes.
      at++;
      while (at < end && bytes[at] !== QUOTE) if (bytes[at++] === BACKSLASH) return false;
      at++;
    } else if (bytes[at] === OPEN) {
      if (first !== 0x65) return false;
      at = scanExtFields(scan, bytes, at + 1, end);
      if (at < 0) return false;
    } else {
      const valueStart = at;
      const value = readInteger(bytes, at, end);
      while (at < end && bytes[at] !== COMMA && bytes[at] !== CLOSE) at++;
      if (Number.isNaN(value) || at === valueStart) return false;
      // c(ode) 1, f(lag) 2, o(paque) 4, v(ersion) 8
      if (first === 0x63 && keyLength === 4) {
        if (!codes.has(value)) return false;
        scan.code = value;
        seen |= 1;
      } else if (first === 0x66 && keyLength === 4) {
        scan.flag = value;
        seen |= 2;
      } else if (first === 0x6f && keyLength === 6) {
        scan.opaque = value | 0;
        seen |= 4;
      } else if (first === 0x76 && keyLength === 7) {
        scan.version = value;
        seen |= 8;
      } else return false;
    }
    const separator = bytes[at++];
    if (separator === CLOSE) return at === end && seen === 15;
    if (separator !== COMMA) return false;
  }
  return false;
}

/** Returns the position behind the closing brace, or -1. Values must be strings. */
function scanExtFields(scan: FrameScan, bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let count = 0;
  if (bytes[at] === CLOSE) return at + 1;
  while (at < end) {
    if (count === SCAN_FIELDS_MAX || bytes[at] !== QUOTE) return -1;
    const keyStart = at + 1;
    at = keyStart;
    while (at < end && bytes[at] !== QUOTE) if (bytes[at++] === BACKSLASH) return -1;
    scan.keyStart[count] = keyStart;
    scan.keyEnd[count] = at;
    if (bytes[at + 1] !== COLON || bytes[at + 2] !== QUOTE) return -1;
    at += 3;
    scan.valueStart[count] = at;
    let escaped = 0;
    for (; at < end && bytes[at] !== QUOTE; at++) {
      if (bytes[at] === BACKSLASH) {
        escaped = 1;
        at++;
      }
    }
    scan.valueEnd[count] = at;
    scan.escaped[count] = escaped;
    count++;
    const separator = bytes[at + 1];
    at += 2;
    if (separator === CLOSE) {
      scan.fieldCount = count;
      return at <= end ? at : -1;
    }
    if (separator !== COMMA) return -1;
  }
  return -1;
}

function readInteger(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const negative = bytes[at] === MINUS;
  if (negative) at++;
  let value = 0;
  let digits = 0;
  for (; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === COMMA || byte === CLOSE) break;
    const digit = byte - ZERO;
    if (digit < 0 || digit > 9 || ++digits > 10) return NaN;
    value = value * 10 + digit;
  }
  if (digits === 0) return NaN;
  return negative ? -value : value;
}

const HEX_VALUE = new Int8Array(256).fill(-1);
for (let i = 0; i < 16; i++) {
  HEX_VALUE['0123456789abcdef'.charCodeAt(i)] = i;
  HEX_VALUE['0123456789ABCDEF'.charCodeAt(i)] = i;
}

/**
 * Writes the bytes a JSON string stands for into `into` (which must have room for `end - start`); returns how many, or -1 for an escape
 * that is left to the derived codec (surrogate pairs, malformed text).
 */
export function unescapeJson(bytes: Uint8Array, start: number, end: number, into: Uint8Array): number {
  let out = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte !== BACKSLASH) {
      into[out++] = byte;
      continue;
    }
    const kind = bytes[++at];
    if (kind === 0x75) {
      if (at + 4 >= end) return -1;
      const a = HEX_VALUE[bytes[at + 1]!]!;
      const b = HEX_VALUE[bytes[at + 2]!]!;
      const c = HEX_VALUE[bytes[at + 3]!]!;
      const d = HEX_VALUE[bytes[at + 4]!]!;
      if ((a | b | c | d) < 0) return -1;
      const unit = (a << 12) | (b << 8) | (c << 4) | d;
      if (unit >= 0xd800 && unit <= 0xdfff) return -1;
      if (unit < 0x80) into[out++] = unit;
      else if (unit < 0x800) {
        into[out++] = 0xc0 | (unit >> 6);
        into[out++] = 0x80 | (unit & 0x3f);
      } else {
        into[out++] = 0xe0 | (unit >> 12);
        into[out++] = 0x80 | ((unit >> 6) & 0x3f);
        into[out++] = 0x80 | (unit & 0x3f);
      }
      at += 4;
      continue;
    }
    const plain = kind === undefined ? undefined : SHORT_ESCAPES.get(kind);
    if (plain === undefined) return -1;
    into[out++] = plain;
  }
  return out;
}

const SHORT_ESCAPES = new Map<number, number>([
  [QUOTE, QUOTE],
  [BACKSLASH, BACKSLASH],
  [0x2f, 0x2f],
  [0x62, 8],
  [0x66, 12],
  [0x6e, 10],
  [0x72, 13],
  [0x74, 9],
]);
