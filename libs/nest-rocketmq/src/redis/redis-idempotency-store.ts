// Idempotency keys in Redis, for all members of a group. Must never connect or close: the client is the application's.
import { createHash } from 'node:crypto';
import type { IdempotencyClaim, IdempotencyStore } from '../idempotent/index.js';

const KEY_PREFIX_DEFAULT = 'rocketmq:idempotency:';

type Argument = string | number;

/** What is used of a client of ioredis: a `Redis` or a `Cluster`. */
export interface RedisClient {
  eval(script: string, keyCount: number, ...keysAndArguments: Argument[]): Promise<unknown>;
  evalsha(digest: string, keyCount: number, ...keysAndArguments: Argument[]): Promise<unknown>;
}

export interface RedisIdempotencyStoreOptions {
  /** Before each key. Default `rocketmq:idempotency:`. */
  keyPrefix?: string | undefined;
}

interface Script {
  readonly text: string;
  readonly sha: string;
}

const script = (text: string): Script => ({ text, sha: createHash('sha1').update(text).digest('hex') });

// The value of a key: `D` when done, `P` and the owner while it is being processed. Redis ends both by itself (PX).
const CLAIM = script(`
local held = redis.call('GET', KEYS[1])
if held == 'D' then return -2 end
if held and held ~= 'P' .. ARGV[1] then return redis.call('PTTL', KEYS[1]) end
redis.call('SET', KEYS[1], 'P' .. ARGV[1], 'PX', ARGV[2])
return -1`);
const EXTEND = script(`
if redis.call('GET', KEYS[1]) ~= 'P' .. ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);
const COMPLETE = script(`
local held = redis.call('GET', KEYS[1])
if held and held ~= 'P' .. ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'D', 'PX', ARGV[2])
return 1`);
const RELEASE = script(`
if redis.call('GET', KEYS[1]) == 'P' .. ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`);
const CLAIMED = -1;
const DONE = -2;

export class RedisIdempotencyStore implements IdempotencyStore {
  private readonly keyPrefix: string;

  /** One key per script, so a cluster serves as well. Redis should keep keys to their end (`maxmemory-policy noeviction`). */
  constructor(
    private readonly redis: RedisClient,
    { keyPrefix = KEY_PREFIX_DEFAULT }: RedisIdempotencyStoreOptions = {},
  ) {
    this.keyPrefix = keyPrefix;
  }

  async claim(key: string, owner: string, leaseMs: number): Promise<IdempotencyClaim> {
    const answer = await this.run(CLAIM, key, owner, leaseMs);
    if (answer === CLAIMED) return { state: 'CLAIMED' };
    if (answer === DONE) return { state: 'DONE' };
    return { state: 'PROCESSING', leaseLeftMs: Math.max(0, answer) };
  }

  async extend(key: string, owner: string, leaseMs: number): Promise<boolean> {
    return (await this.run(EXTEND, key, owner, leaseMs)) === 1;
  }

  async complete(key: string, owner: string, ttlMs: number): Promise<boolean> {
    return (await this.run(COMPLETE, key, owner, ttlMs)) === 1;
  }

  async release(key: string, owner: string): Promise<void> {
    await this.run(RELEASE, key, owner, 0);
  }

  /** By its digest; the text goes along only where the server does not know it yet. */
  private async run({ text, sha }: Script, key: string, owner: string, ms: number): Promise<number> {
    const rest = [this.keyPrefix + key, owner, Math.ceil(ms)] as const;
    try {
      return Number(await this.redis.evalsha(sha, 1, ...rest));
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return Number(await this.redis.eval(text, 1, ...rest));
    }
  }
}
