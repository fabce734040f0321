// The randomness port: queue choice, jitter, ids. Tests inject a seeded one.
import { randomBytes } from 'node:crypto';

export interface Random {
  /** Integer in [0, maxExclusive). */
  int(maxExclusive: number): number;
  bytes(length: number): Uint8Array;
}

export class SystemRandom implements Random {
  int(maxExclusive: number): number {
    return Math.floor(Math.random() * maxExclusive);
  }

  bytes(length: number): Uint8Array {
    return randomBytes(length);
  }
}

/** Deterministic generator (mulberry32): the same seed gives the same run. */
export class SeededRandom implements Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  int(maxExclusive: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * maxExclusive);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.int(256));
  }
}
