// The bit positions Apache keeps with each registered filter in consumerFilter.json. A file without the positions it expects is thrown away
// by its brokers, so they are written; must never be used to decide about messages here.

export interface BloomFilterData {
  readonly bitNum: number;
  readonly bitPos: number[];
}

const MASK = 0xffff_ffff_ffff_ffffn;
const C1 = 0x87c3_7b91_1142_53d5n;
const C2 = 0x4cf5_ad43_2745_937fn;

export interface BloomSettings {
  /** Percent, 1..99. */
  readonly maxErrorRateOfBloomFilter: number;
  readonly expectConsumerNumUseFilter: number;
}

/** Bits and hash functions follow from the error rate and the number of consumers expected [java BloomFilter]. */
export class BloomFilter {
  readonly bitNum: number;
  private readonly hashes: number;

  constructor({ maxErrorRateOfBloomFilter, expectConsumerNumUseFilter }: BloomSettings) {
    const errorRate = maxErrorRateOfBloomFilter / 100;
    this.hashes = Math.ceil(Math.log(errorRate) / Math.log(0.5));
    const bits = Math.ceil(expectConsumerNumUseFilter * (Math.log(1 / errorRate) / Math.log(2)) * (Math.log(Math.E) / Math.log(2)));
    this.bitNum = 8 * Math.ceil(bits / 8);
  }

  positionsOf(text: string): BloomFilterData {
    const hash = murmur3Low64(Buffer.from(text, 'utf8'));
    const low = Number(BigInt.asIntN(32, hash));
    const high = Number(BigInt.asIntN(32, hash >> 32n));
    const bitPos: number[] = [];
    for (let i = 1; i <= this.hashes; i++) {
      const combined = (low + Math.imul(i, high)) | 0;
      bitPos.push((combined < 0 ? ~combined : combined) % this.bitNum);
    }
    return { bitNum: this.bitNum, bitPos };
  }
}

/** First half of the 128-bit MurmurHash3 for 64-bit machines, seed 0. */
export function murmur3Low64(bytes: Buffer): bigint {
  let h1 = 0n;
  let h2 = 0n;
  const whole = bytes.length - (bytes.length % 16);
  for (let at = 0; at < whole; at += 16) {
    h1 ^= mixFirst(bytes.readBigUInt64LE(at));
    h1 = (((rotate(h1, 27n) + h2) & MASK) * 5n + 0x52dc_e729n) & MASK;
    h2 ^= mixSecond(bytes.readBigUInt64LE(at + 8));
    h2 = (((rotate(h2, 31n) + h1) & MASK) * 5n + 0x3849_5ab5n) & MASK;
  }
  const tail = Buffer.alloc(16);
  bytes.copy(tail, 0, whole);
  h2 ^= mixSecond(tail.readBigUInt64LE(8));
  h1 ^= mixFirst(tail.readBigUInt64LE(0));
  const length = BigInt(bytes.length);
  h1 = ((h1 ^ length) + (h2 ^ length)) & MASK;
  h2 = ((h2 ^ length) + h1) & MASK;
  return (finish(h1) + finish(h2)) & MASK;
}

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK;
}

function mixFirst(k: bigint): bigint {
  return (rotate((k * C1) & MASK, 31n) * C2) & MASK;
}

function mixSecond(k: bigint): bigint {
  return (rotate((k * C2) & MASK, 33n) * C1) & MASK;
}

function finish(value: bigint): bigint {
  let h = value;
  h = ((h ^ (h >> 33n)) * 0xff51_afd7_ed55_8ccdn) & MASK;
  h = ((h ^ (h >> 33n)) * 0xc4ce_b9fe_1a85_ec53n) & MASK;
  return h ^ (h >> 33n);
}
