// The door `nest-rocketmq/redis`: what needs ioredis.
export { type RedisClient, RedisIdempotencyStore, type RedisIdempotencyStoreOptions } from './redis-idempotency-store.js';
