export { type IdempotencyClaim, IDEMPOTENCY_STORE, type IdempotencyStore } from './idempotency-store.js';
export { MemoryIdempotencyStore, type MemoryIdempotencyStoreOptions } from './memory-idempotency-store.js';
export { Idempotent } from './idempotent.decorator.js';
export type { IdempotencyKey, IdempotentOptions } from './idempotent-options.js';
export { RocketMQIdempotency, type IdempotencyServices, type IdempotencyStats } from './idempotency.js';
export { storesOf } from './store-of.js';
