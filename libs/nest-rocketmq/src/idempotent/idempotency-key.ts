// The key of one message under one rule. Must never read a message's body unless the rule's key looks into it.
import { createHash } from 'node:crypto';
import { PROPERTY } from 'rocketmq-core/message';
import { DeadLetter, type Delivery } from '../listener/index.js';
import type { IdempotencyRule } from './idempotent-options.js';

/** Longer keys are kept as their SHA-256. */
const KEY_CHARS_MAX = 512;

/** `group:topic:method:key`. Throws DeadLetter for a message without a key, and what reading the payload or the function throws. */
export async function keyOf({ key, scope }: Pick<IdempotencyRule, 'key' | 'scope'>, delivery: Delivery): Promise<string> {
  const { context, handler } = delivery;
  const own = await ownKeyOf(key, delivery);
  const full = `${scope ?? `${context.consumerGroup}:${context.topic}:${handler}`}:${own}`;
  return full.length <= KEY_CHARS_MAX ? full : `sha256:${createHash('sha256').update(full).digest('hex')}`;
}

async function ownKeyOf(key: IdempotencyRule['key'], { context, payload }: Delivery): Promise<string> {
  // A broker keeps UNIQ_KEY through retries and dead letters; msgId is it, or the place in the log for a message without one.
  if (key === undefined) return context.properties.get(PROPERTY.UNIQUE_KEY) ?? context.msgId;
  const found: unknown = typeof key === 'function' ? await key(await payload(), context) : at(await payload(), key);
  if (typeof found === 'string' && found !== '') return found;
  if (typeof found === 'number' || typeof found === 'bigint') return String(found);
  const source = typeof key === 'function' ? 'the key function' : `"${key}"`;
  throw new DeadLetter(`@Idempotent: ${source} gives ${found === '' ? 'an empty text' : typeof found}, which is no key`);
}

function at(payload: unknown, path: string): unknown {
  let value = payload;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}
