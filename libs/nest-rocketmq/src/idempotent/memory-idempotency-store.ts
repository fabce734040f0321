// Idempotency keys in this process: for one member per group, for tests, and until there is a shared store. Must never grow above its limit.
import { type Clock, SystemClock } from 'rocketmq-core/common';
import type { IdempotencyClaim, IdempotencyStore } from './idempotency-store.js';

/** Keys remembered at most; about 200 bytes each. */
const MAX_ENTRIES_DEFAULT = 100_000;

export interface MemoryIdempotencyStoreOptions {
  /** Most keys remembered, 1 and above. Above it the key completed longest ago is forgotten. Default 100000. */
  maxEntries?: number | undefined;
  /** Default: the system's. */
  clock?: Clock | undefined;
}

interface Lease {
  readonly owner: string;
  readonly endsAt: number;
}

export class MemoryIdempotencyStore implements IdempotencyStore {
  readonly maxEntries: number;
  private readonly clock: Clock;
  private readonly processing = new Map<string, Lease>();
  /** End of the time to live by key, oldest completion first. */
  private readonly done = new Map<string, number>();
  private evictedCount = 0;

  constructor({ maxEntries = MAX_ENTRIES_DEFAULT, clock = new SystemClock() }: MemoryIdempotencyStoreOptions = {}) {
    if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) throw new RangeError(`maxEntries ${maxEntries} is no integer above 0`);
    this.maxEntries = maxEntries;
    this.clock = clock;
  }

  /** Keys held, ended ones that were not met again included. */
  get size(): number {
    return this.processing.size + this.done.size;
  }

  /** Done keys forgotten before their time because of maxEntries. */
  get evicted(): number {
    return this.evictedCount;
  }

  async claim(key: string, owner: string, leaseMs: number): Promise<IdempotencyClaim> {
    const now = this.clock.monotonic();
    const doneUntil = this.done.get(key);
    if (doneUntil !== undefined) {
      if (doneUntil > now) return { state: 'DONE' };
      this.done.delete(key);
    }
    const lease = this.processing.get(key);
    if (lease !== undefined && lease.endsAt > now && lease.owner !== owner) {
      return { state: 'PROCESSING', leaseLeftMs: lease.endsAt - now };
    }
    if (lease === undefined) this.makeRoom(now);
    this.processing.set(key, { owner, endsAt: now + leaseMs });
    return { state: 'CLAIMED' };
  }

  async extend(key: string, owner: string, leaseMs: number): Promise<boolean> {
    const now = this.clock.monotonic();
    const lease = this.processing.get(key);
    if (lease === undefined || lease.owner !== owner || lease.endsAt <= now) return false;
    this.processing.set(key, { owner, endsAt: now + leaseMs });
    return true;
  }

  async complete(key: string, owner: string, ttlMs: number): Promise<boolean> {
    const now = this.clock.monotonic();
    const lease = this.processing.get(key);
    if (lease !== undefined && lease.owner !== owner && lease.endsAt > now) return false;
    if ((this.done.get(key) ?? 0) > now) return false;
    this.processing.delete(key);
    // Out and in again: the order is that of completion.
    this.done.delete(key);
    this.makeRoom(now);
    this.done.set(key, now + ttlMs);
    return true;
  }

  async release(key: string, owner: string): Promise<void> {
    if (this.processing.get(key)?.owner === owner) this.processing.delete(key);
  }

  private makeRoom(now: number): void {
    if (this.size < this.maxEntries) return;
    for (const [key, until] of this.done) {
      this.done.delete(key);
      if (until > now) this.evictedCount++;
      return;
    }
    for (const [key, lease] of this.processing) if (lease.endsAt <= now) this.processing.delete(key);
    if (this.size >= this.maxEntries) throw new Error(`all ${this.maxEntries} keys are being processed; raise maxEntries`);
  }
}
