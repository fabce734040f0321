// Takes the argument forms of send() apart: (message[, queue | selector, arg][, timeout | options]). Pure.
import { IllegalMessageError } from '../../errors/index.js';
import type { Message, MessageQueue } from '../../message/index.js';
import type { QueueSelector } from './queue-selectors.js';

export interface SendOptions {
  /** Budget in ms for all attempts. Default: sendMsgTimeout. */
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Whose retry rules count: Java's synchronous or asynchronous send. Default 'sync'. */
  mode?: 'sync' | 'async' | undefined;
  /** A list that is too large for one batch goes as several, one after another, each with a queue and a budget of its own. */
  splitBatches?: boolean | undefined;
}

export type SendTarget =
  | { readonly kind: 'any' }
  | { readonly kind: 'queue'; readonly queue: MessageQueue }
  | { readonly kind: 'selector'; readonly selector: QueueSelector<never>; readonly arg: unknown };

export interface SendCall {
  readonly target: SendTarget;
  readonly options: SendOptions;
}

export function readSendCall(rest: readonly unknown[]): SendCall {
  const [second, third, fourth] = rest;
  if (typeof second === 'function' || isSelector(second)) {
    return { target: { kind: 'selector', selector: second as QueueSelector<never>, arg: third }, options: readOptions(fourth) };
  }
  if (isQueue(second)) return { target: { kind: 'queue', queue: second }, options: readOptions(third) };
  return { target: { kind: 'any' }, options: readOptions(second) };
}

function readOptions(given: unknown): SendOptions {
  if (given === undefined || given === null) return {};
  const options: SendOptions = typeof given === 'number' ? { timeout: given } : (given as SendOptions);
  const { timeout } = options;
  if (typeof options !== 'object' || (timeout !== undefined && !(Number.isFinite(timeout) && timeout > 0))) {
    throw new IllegalMessageError(
      `send options must be a time-out in ms above 0 or { timeout, signal, mode }, found ${JSON.stringify(given)}`,
    );
  }
  return options;
}

/** The queue a selector picks; throws when it is none of those offered. */
export function selectQueue(
  target: { selector: QueueSelector<never>; arg: unknown },
  queues: readonly MessageQueue[],
  message: Message,
): MessageQueue {
  const { selector, arg } = target;
  const queue = typeof selector === 'function' ? selector(queues, message, arg as never) : selector.select(queues, message, arg as never);
  if (!isQueue(queue)) throw new IllegalMessageError('select message queue return null.', { topic: message.topic });
  return queue;
}

function isSelector(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'select' in value && typeof value.select === 'function';
}

function isQueue(value: unknown): value is MessageQueue {
  return typeof value === 'object' && value !== null && 'brokerName' in value && 'queueId' in value;
}
