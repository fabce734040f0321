// Which message is being handled, for everything a handler calls. Must never hold a message longer than its handling.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { BatchContext, MessageContext } from './listener.js';

/** What surrounds one call of a handler. */
export interface Handling {
  readonly message?: MessageContext | undefined;
  readonly batch?: BatchContext | undefined;
  /** How far Nest has come; only kept where its guards and pipes run. */
  progress?: HandlingProgress | undefined;
}

/** Nest reads a handler's parameters after guards and interceptors, and calls the handler when every one has come through its pipes. */
export interface HandlingProgress {
  readonly parameters: number;
  /** Parameters whose reading has begun, and those through their pipes. */
  begun: number;
  done: number;
  /** What filters are to look at. */
  failure?: unknown;
  /** What the handler itself answered, inside of the interceptors. */
  said?: unknown;
}

/** One storage for the whole process: two copies of this package may be loaded, and a context belongs to a call, not to an application. */
const STORAGE = Symbol.for('nest-rocketmq.context-storage');
const shared = globalThis as { [STORAGE]?: AsyncLocalStorage<Handling> };
const storage = (shared[STORAGE] ??= new AsyncLocalStorage<Handling>());

export const currentHandling = (): Handling | undefined => storage.getStore();

export const runHandling = <R>(handling: Handling, call: () => R): R => storage.run(handling, call);

/** The context of the message that is being handled; undefined outside handlers and in `onMessages`. */
export const currentMessageContext = (): MessageContext | undefined => storage.getStore()?.message;

/** The context of the batch that is being handled; undefined outside `onMessages`. */
export const currentBatchContext = (): BatchContext | undefined => storage.getStore()?.batch;

/** Calls `callback` as a handler of `message` would be called: for tests, and for work that left its handler (queues, event emitters). */
export const runInMessageContext = <R>(message: MessageContext, callback: () => R): R => storage.run({ message }, callback);
