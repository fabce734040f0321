// What a send may be told besides destination and payload. Types only, and the reading of Spring's positional form.
import { IllegalMessageError } from 'rocketmq-core/errors';
import type { SendResult } from 'rocketmq-core';
import type { MessageType } from '../messaging/index.js';

export interface TemplateSendOptions {
  /** Whole budget in ms, retries included. Default: the producer's sendMessageTimeout. */
  timeout?: number | undefined;
  /** 1..18; 0 or absent: at once. */
  delayLevel?: number | undefined;
  /** Index words: one string (words separated by a space) or an array. */
  keys?: string | readonly string[] | undefined;
  /** A batch too large for one request goes as several, one after another; the result then has `parts`. */
  splitBatches?: boolean | undefined;
  /** As the headers of a Message; these win. */
  headers?: Readonly<Record<string, unknown>> | undefined;
}

/** For a request: `timeout` counts for both ways together. */
export interface RequestReplyOptions extends TemplateSendOptions {
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

/** Third argument of a send: a time-out in ms, as in Spring, or options. */
export type TimeoutOrOptions = number | TemplateSendOptions | undefined;

export function readSendOptions(timeoutOrOptions: TimeoutOrOptions, delayLevel?: number): TemplateSendOptions {
  const options = typeof timeoutOrOptions === 'number' ? { timeout: timeoutOrOptions } : { ...timeoutOrOptions };
  if (delayLevel !== undefined) options.delayLevel = delayLevel;
  if (options.timeout !== undefined && !(Number.isFinite(options.timeout) && options.timeout > 0)) {
    throw new IllegalMessageError(`timeout ${String(options.timeout)} is no number of ms above 0`);
  }
  if (options.delayLevel !== undefined && !(Number.isInteger(options.delayLevel) && options.delayLevel >= 0)) {
    throw new IllegalMessageError(`delayLevel ${String(options.delayLevel)} is no integer of at least 0`);
  }
  // Accepting these and delivering at once would be worse than refusing.
  for (const later of ['delaySeconds', 'deliverAt', 'delayMs'] as const) {
    if (later in options) throw new IllegalMessageError(`option ${later} is not available yet in this version: use delayLevel`);
  }
  return options;
}

export function isSendCallback(value: unknown): value is SendCallback {
  return typeof value === 'object' && value !== null && 'onSuccess' in value && typeof value.onSuccess === 'function';
}
