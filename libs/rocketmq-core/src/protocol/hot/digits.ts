// Numbers as bytes: decimal and hexadecimal digits written straight into an output buffer, no string in between.

const HEX = Uint8Array.from('0123456789ABCDEF', (char) => char.charCodeAt(0));
const ZERO = 0x30;

/** Writes a non-negative safe integer in decimal; returns the position behind it. */
export function writeDecimal(out: Uint8Array, at: number, value: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound && digits < 16; bound *= 10) digits++;
  const end = at + digits;
  let rest = value;
  let position = end;
  // Above 2^31 the divisions are floating point; peel nine digits at a time into integer arithmetic.
  while (rest > 0x7fffffff) {
    const high = Math.floor(rest / 1e9);
    let low = rest - high * 1e9;
    for (let i = 0; i < 9; i++) {
      const next = (low / 10) | 0;
      out[--position] = ZERO + low - next * 10;
      low = next;
    }
    rest = high;
  }
  let small = rest | 0;
  while (position > at) {
    const next = (small / 10) | 0;
    out[--position] = ZERO + small - next * 10;
    small = next;
  }
  return end;
}

/** Decimal digits of a non-negative safe integer. */
export function decimalLength(value: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound && digits < 16; bound *= 10) digits++;
  return digits;
}

/** A signed 32-bit integer in decimal; returns the position behind it. */
export function writeInt32Decimal(out: Uint8Array, at: number, value: number): number {
  if (value >= 0) return writeDecimal(out, at, value);
  out[at] = 0x2d;
  return writeDecimal(out, at + 1, -value);
}

/** Upper-case hex of `length` bytes; returns the position behind it. */
export function writeHexBytes(out: Uint8Array, at: number, bytes: Uint8Array, length: number): number {
  let position = at;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i]!;
    out[position++] = HEX[byte >> 4]!;
    out[position++] = HEX[byte & 15]!;
  }
  return position;
}

/** Sixteen upper-case hex digits of a safe integer as a 64-bit number; returns the position behind it. */
export function writeHex64(out: Uint8Array, at: number, value: number): number {
  let high = Math.floor(value / 4294967296);
  let low = value >>> 0;
  for (let i = at + 7; i >= at; i--) {
    out[i] = HEX[high & 15]!;
    high >>>= 4;
  }
  for (let i = at + 15; i >= at + 8; i--) {
    out[i] = HEX[low & 15]!;
    low >>>= 4;
  }
  return at + 16;
}
