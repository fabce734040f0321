// Everything wrong with the @Idempotent notes of a listener class. Must never claim anything.
import { reasonOf } from 'rocketmq-core/common';
import type { ListenerDefinition } from '../listener/index.js';
import { type ConfigurationProblem, show } from '../options/index.js';
import { allIdempotentOptionsOf } from './idempotent.decorator.js';
import { findIdempotentProblems } from './idempotent-options.js';
import type { StoreOf } from './store-of.js';

export function findIdempotencyProblems(
  { className, options: listener, mode, type }: ListenerDefinition,
  storeOf: StoreOf,
): ConfigurationProblem[] {
  if (type === undefined) return [];
  return [...allIdempotentOptionsOf(type)].flatMap(([method, options]) => {
    const where = method === '' ? className : `${className}.${method}`;
    const problems = [...findIdempotentProblems(where, options, { messageModel: listener.messageModel, mode })];
    try {
      storeOf(options.store);
    } catch (error) {
      const problem = `${shown(options.store)} is no store: ${reasonOf(error)}`;
      const remedy = 'Give an IdempotencyStore, or the token of a provider (of the default scope) that is one.';
      problems.push({ where, option: '@Idempotent store', problem, remedy });
    }
    return problems;
  });
}

const shown = (store: unknown): string => (typeof store === 'function' ? store.name : show(store));
