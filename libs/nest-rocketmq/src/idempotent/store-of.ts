// Finds the store an @Idempotent names. Must never make one for each message.
import type { InjectionToken } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { IDEMPOTENCY_STORE, type IdempotencyStore } from './idempotency-store.js';

export type StoreOf = (named: unknown) => IdempotencyStore;

/** `fallback`: makes the one for rules that name none in an application that provides none. Throws for what is no store. */
export function storesOf(moduleRef: Pick<ModuleRef, 'get'>, fallback: () => IdempotencyStore): StoreOf {
  let usual: IdempotencyStore | undefined;
  return (named) => {
    if (isStore(named)) return named;
    const provided = provider(moduleRef, named ?? IDEMPOTENCY_STORE);
    if (provided === undefined && named === undefined) return (usual ??= fallback());
    if (isStore(provided)) return provided;
    throw new TypeError(provided === undefined ? 'no provider has that token' : 'claim, extend, complete and release are not all there');
  };
}

function provider(moduleRef: Pick<ModuleRef, 'get'>, token: unknown): unknown {
  try {
    return moduleRef.get<unknown, unknown>(token as InjectionToken<unknown> as string, { strict: false });
  } catch (error) {
    // Nest's names of its errors: `instanceof` would not hold with two copies of Nest.
    if ((error as Error).constructor.name === 'UnknownElementException') return undefined;
    throw error;
  }
}

function isStore(value: unknown): value is IdempotencyStore {
  if (typeof value !== 'object' || value === null) return false;
  const methods = value as Readonly<Record<string, unknown>>;
  return ['claim', 'extend', 'complete', 'release'].every((name) => typeof methods[name] === 'function');
}
