// The options of @Idempotent, their defaults and their checks. Must never touch a store.
import type { InjectionToken } from '@nestjs/common';
import type { ListenerDefinition, MessageContext, ResolvedListenerOptions } from '../listener/index.js';
import { type ConfigurationProblem, type Duration, namesOf, parseDuration, ProblemList, show } from '../options/index.js';
import type { IdempotencyStore } from './idempotency-store.js';

type Key = string | number | bigint;

/** Gives what makes two messages the same. Undefined or '': the message has no key and goes to the dead letters. */
export type IdempotencyKey<P = unknown> = (payload: P, context: MessageContext) => Key | undefined | Promise<Key | undefined>;

export interface IdempotentOptions<P = unknown> {
  /** A function, or a path into the payload such as `id` or `order.id`. Default: the id the producer gave the message (UNIQ_KEY). */
  key?: string | IdempotencyKey<P> | undefined;
  /** How long a processed key is remembered. Default `1d`. */
  ttl?: Duration | undefined;
  /** How long the claim of a crashed member keeps the message from the others; renewed while the handler runs. Default `60s`. */
  lease?: Duration | undefined;
  /** How long a running handler keeps its claim at most. Default: the listener's consumeTimeout, 15 minutes. */
  processingTimeout?: Duration | undefined;
  /** A store, or the token of a provider that is one. Default: the provider of IDEMPOTENCY_STORE, else the connection's memory store. */
  store?: IdempotencyStore | InjectionToken | undefined;
  /** How long the store may take to answer. Default `3s`. */
  storeTimeout?: Duration | undefined;
  /** When the store fails: `RETRY` (default) has the message delivered again later, `PROCESS` runs the handler without protection. */
  whenStoreFails?: 'RETRY' | 'PROCESS' | undefined;
  /** What keys must differ in to be different. Default `group:topic:method`. */
  scope?: string | undefined;
}

export const IDEMPOTENT_DEFAULTS = { ttl: '1d', lease: '60s', storeTimeout: '3s', whenStoreFails: 'RETRY' } as const;

const NAMES = namesOf<IdempotentOptions>()({
  key: true,
  ttl: true,
  lease: true,
  processingTimeout: true,
  store: true,
  storeTimeout: true,
  whenStoreFails: true,
  scope: true,
});
const DURATIONS = ['ttl', 'lease', 'processingTimeout', 'storeTimeout'] as const;
const MINUTE_MS = 60_000;

/** What holds for one handler, in ms. */
export interface IdempotencyRule {
  readonly key: string | IdempotencyKey | undefined;
  readonly ttlMs: number;
  readonly leaseMs: number;
  readonly processingTimeoutMs: number;
  readonly storeTimeoutMs: number;
  readonly whenStoreFails: 'RETRY' | 'PROCESS';
  readonly scope: string | undefined;
}

/** `options` must have passed findIdempotentProblems. */
export function toIdempotencyRule(options: IdempotentOptions<never>, consumeTimeoutMinutes: number): IdempotencyRule {
  const { ttl, lease, storeTimeout, whenStoreFails } = IDEMPOTENT_DEFAULTS;
  return {
    key: options.key as IdempotencyRule['key'],
    ttlMs: parseDuration(options.ttl ?? ttl)!,
    leaseMs: parseDuration(options.lease ?? lease)!,
    processingTimeoutMs: parseDuration(options.processingTimeout) ?? consumeTimeoutMinutes * MINUTE_MS,
    storeTimeoutMs: parseDuration(options.storeTimeout ?? storeTimeout)!,
    whenStoreFails: options.whenStoreFails ?? whenStoreFails,
    scope: options.scope,
  };
}

/** `where`: the class, or `Class.method`. */
export function findIdempotentProblems(
  where: string,
  options: IdempotentOptions<never>,
  listener: Pick<ResolvedListenerOptions, 'messageModel'> & Pick<ListenerDefinition, 'mode'>,
): readonly ConfigurationProblem[] {
  const list = new ProblemList(where);
  list.known('@Idempotent ', options, NAMES);
  for (const name of DURATIONS) {
    const value = options[name];
    if (value !== undefined && parseDuration(value) === undefined) {
      list.add(`@Idempotent ${name}`, `${show(value)} is no span of time`, "Give ms above 0, or text such as '30s' or '7d'.");
    }
  }
  list.oneOf('@Idempotent whenStoreFails', options.whenStoreFails, ['RETRY', 'PROCESS']);
  const { key, scope } = options;
  if (key !== undefined && typeof key !== 'function' && (typeof key !== 'string' || !/^[^.\s]+(\.[^.\s]+)*$/.test(key))) {
    list.add(
      '@Idempotent key',
      `${show(key)} is neither a function nor a path`,
      "Give (payload, context) => ..., or a path such as 'order.id'.",
    );
  }
  if (scope !== undefined && (typeof scope !== 'string' || scope === '')) {
    list.add('@Idempotent scope', `${show(scope)} is no name`, 'Give a non-empty string.');
  }
  if (listener.messageModel === 'BROADCASTING') {
    const text = 'BROADCASTING gives every message to every member, so a member would keep it from the others';
    list.add('@Idempotent', text, 'Remove @Idempotent, or let the listener be CLUSTERING.');
  }
  if (listener.mode === 'REQUEST' && key !== undefined) {
    const text = 'a request with the key of one already answered would wait in vain for its answer';
    list.add('@Idempotent key', text, 'Leave the key out for a listener with onRequest: copies of one request share its id.');
  }
  return list.found;
}
