// What a store of idempotency keys does. Types only: one contract suite runs against every implementation.

/** What a store says to a claim. */
export type IdempotencyClaim =
  /** The key is the caller's until the lease ends. */
  | { readonly state: 'CLAIMED' }
  /** Somebody else has it; `leaseLeftMs` is what is left of the lease. */
  | { readonly state: 'PROCESSING'; readonly leaseLeftMs: number }
  /** It has been completed, and the time it is remembered for is not over. */
  | { readonly state: 'DONE' };

/**
 * Each method is atomic per key and measures time by the store's own clock. A key is absent, PROCESSING for an owner until its lease ends, or
 * DONE until its time to live ends; what has ended is absent. Rejecting means: not known whether it happened.
 */
export interface IdempotencyStore {
  /** Takes an absent key for `owner`. Claiming again as the same owner renews the lease. */
  claim(key: string, owner: string, leaseMs: number): Promise<IdempotencyClaim>;
  /** Renews the lease of a claim; false when it is not the owner's any more. */
  extend(key: string, owner: string, leaseMs: number): Promise<boolean>;
  /** Marks a key as done, also one whose lease has ended unless another owner has taken it since: then false, and nothing changes. */
  complete(key: string, owner: string, ttlMs: number): Promise<boolean>;
  /** Gives a claim back; does nothing when it is not the owner's. */
  release(key: string, owner: string): Promise<void>;
}

/** Provide a store under this token, and every `@Idempotent` without one of its own uses it. */
export const IDEMPOTENCY_STORE = 'RocketMQIdempotencyStore';
