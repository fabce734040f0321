// What a send may be told besides destination and payload. Types only, and the reading of Spring's positional form.
import { IllegalMessageError } from 'rocketmq-core/errors';
import type { MessageExt, SendResult } from 'rocketmq-core';
import type { MessageType } from '../messaging/index.js';
import { namesOf, unknownNames } from '../options/index.js';

export interface TemplateSendOptions {
  /** Whole budget in ms, retries included. Default: the producer's sendMessageTimeout. */
  timeout?: number | undefined;
  /** 1..18; 0 or absent: at once. */
  delayLevel?: number | undefined;
  /** Delivered after this many seconds; needs a broker of 5.0 or later, as do the next two. At most one of the four delays. */
  delaySeconds?: number | undefined;
  /** Delivered after this many ms. */
  delayMs?: number | undefined;
  /** Delivered at this moment: a Date, or ms since 1970. One that has passed means at once. */
  deliverAt?: Date | number | undefined;
  /** Index words: one string (words separated by a space) or an array. */
  keys?: string | readonly string[] | undefined;
  /** A batch too large for one request goes as several, one after another; the result then has `parts`. */
  splitBatches?: boolean | undefined;
  /** A status other than SEND_OK throws MessageNotStoredError. Default: it is returned, as in Spring. */
  throwOnNotStored?: boolean | undefined;
  /** As the headers of a Message; these win. */
  headers?: Readonly<Record<string, unknown>> | undefined;
}

/** Nobody answers a one-way send, so there is nothing to wait for. */
export type OneWayOptions = Omit<TemplateSendOptions, 'timeout' | 'splitBatches' | 'throwOnNotStored'>;

/** For a request: `timeout` counts for both ways together. */
export interface RequestReplyOptions extends Omit<TemplateSendOptions, 'splitBatches' | 'throwOnNotStored'> {
  /** What the reply is read as. Absent: the MessageExt. */
  replyType?: MessageType | undefined;
  /** Requests of one key go to one queue, as with syncSendOrderly. */
  hashKey?: string | undefined;
  /** Gives up waiting. */
  signal?: AbortSignal | undefined;
}

/** Spring's callback: exactly one of the two is called, once. */
export interface SendCallback {
  onSuccess(result: SendResult): void;
  onException(error: unknown): void;
}

/** Spring's callback of a request: exactly one of the two is called, once. */
export interface RocketMQLocalRequestCallback<T = MessageExt> {
  /** What the reply is read as; Java takes it from the type argument. Absent: the MessageExt. */
  readonly replyType?: MessageType | undefined;
  onSuccess(reply: T): void;
  onException(error: unknown): void;
}

/** Third argument of a send: a time-out in ms, as in Spring, or options. */
export type TimeoutOrOptions = number | TemplateSendOptions | undefined;

// prettier-ignore
const ONE_WAY_OPTIONS = namesOf<OneWayOptions>()({
  delayLevel: true, delaySeconds: true, delayMs: true, deliverAt: true, keys: true, headers: true,
});

const REQUEST_OPTIONS = [...ONE_WAY_OPTIONS, ...namesOf<Pick<RequestReplyOptions, 'timeout'>>()({ timeout: true })];

const SEND_OPTIONS = [
  ...REQUEST_OPTIONS,
  ...namesOf<Pick<TemplateSendOptions, 'splitBatches' | 'throwOnNotStored'>>()({ splitBatches: true, throwOnNotStored: true }),
];

export function readSendOptions(timeoutOrOptions: TimeoutOrOptions, delayLevel?: number): TemplateSendOptions {
  const options = typeof timeoutOrOptions === 'number' ? { timeout: timeoutOrOptions } : { ...timeoutOrOptions };
  if (delayLevel !== undefined) options.delayLevel = delayLevel;
  return check(options, SEND_OPTIONS);
}

/** An option that would do nothing is refused. */
export const readOneWayOptions = (options: OneWayOptions | undefined): TemplateSendOptions => check({ ...options }, ONE_WAY_OPTIONS);

/** Without what is the request's own: replyType, hashKey, signal. */
export const readRequestOptions = (options: TemplateSendOptions): TemplateSendOptions => check(options, REQUEST_OPTIONS);

function check(options: TemplateSendOptions, known: readonly string[]): TemplateSendOptions {
  if (options.timeout !== undefined && !(Number.isFinite(options.timeout) && options.timeout > 0)) {
    throw new IllegalMessageError(`timeout ${shown(options.timeout)} is no number of ms above 0`);
  }
  if (options.delayLevel !== undefined && !(Number.isInteger(options.delayLevel) && options.delayLevel >= 0)) {
    throw new IllegalMessageError(`delayLevel ${shown(options.delayLevel)} is no integer of at least 0`);
  }
  checkTimers(options);
  const [unknown] = unknownNames(options, known);
  if (unknown === undefined) return options;
  if (SEND_OPTIONS.includes(unknown.name)) throw new IllegalMessageError(`send option ${unknown.name} has no effect here`);
  throw new IllegalMessageError(`send option ${unknown.name} is unknown. ${unknown.remedy}`);
}

function checkTimers(options: TemplateSendOptions): void {
  const given = (['delayLevel', 'delaySeconds', 'delayMs', 'deliverAt'] as const).filter((name) => options[name] !== undefined);
  const timers = given.filter((name) => name !== 'delayLevel' || options.delayLevel !== 0);
  if (timers.length > 1) throw new IllegalMessageError(`${timers.join(' and ')}: a message has one delay`);
  for (const name of ['delaySeconds', 'delayMs', 'deliverAt'] as const) {
    const value = options[name];
    const number: unknown = name === 'deliverAt' && value instanceof Date ? value.getTime() : value;
    if (value !== undefined && !(Number.isSafeInteger(number) && (number as number) > 0)) {
      throw new IllegalMessageError(`${name} ${shown(value)} is no integer above 0`);
    }
  }
}

export function hasDelay({ delayLevel, delaySeconds, delayMs, deliverAt }: TemplateSendOptions): boolean {
  return Boolean(delayLevel) || delaySeconds !== undefined || delayMs !== undefined || deliverAt !== undefined;
}

const shown = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

export const isSendCallback = (value: unknown): value is SendCallback => hasOnSuccess(value);
export const isRequestCallback = (value: unknown): value is RocketMQLocalRequestCallback<unknown> => hasOnSuccess(value);

/** By its method, as a callback may be an object of any class. */
function hasOnSuccess(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'onSuccess' in value && typeof value.onSuccess === 'function';
}
