// Tells the argument shapes of sendAndReceive apart: options, or Spring's positions. Must never send.
import { IllegalMessageError } from 'rocketmq-core/errors';
import { isStandardSchema, type MessageType } from '../messaging/index.js';
import { isRequestCallback, type RequestReplyOptions, type RocketMQLocalRequestCallback } from './send-options.js';

export interface RequestCall {
  readonly options: RequestReplyOptions;
  readonly callback?: RocketMQLocalRequestCallback<unknown> | undefined;
}

/** What follows destination and payload: `[options]`, or `[type | callback, hashKey?, timeout?, delayLevel?]`. */
export function readRequestArguments([first, ...rest]: readonly unknown[]): RequestCall {
  if (isRequestCallback(first)) {
    const { timeout, ...positions } = readPositions(rest);
    // [spring] Only here: 0 and below mean the producer's own.
    return { callback: first, options: { ...positions, replyType: first.replyType, timeout: (timeout ?? 0) > 0 ? timeout : undefined } };
  }
  if (isMessageType(first)) return { options: { ...readPositions(rest), replyType: first } };
  if (rest.some((value) => value !== undefined) || (first !== undefined && (typeof first !== 'object' || first === null))) {
    throw new IllegalMessageError('sendAndReceive takes options, or a reply type or callback and then hashKey, timeout, delayLevel');
  }
  return { options: { ...first } };
}

function readPositions(values: readonly unknown[]): Pick<RequestReplyOptions, 'hashKey' | 'timeout' | 'delayLevel'> {
  const [hashKey, ...numbers] = typeof values[0] === 'string' ? [values[0], ...values.slice(1)] : [undefined, ...values];
  const [timeout, delayLevel, ...more] = numbers;
  if (more.length > 0 || [timeout, delayLevel].some((value) => value !== undefined && typeof value !== 'number')) {
    throw new IllegalMessageError('after reply type or callback, sendAndReceive takes hashKey (text), timeout (ms) and delayLevel');
  }
  return { hashKey, timeout: timeout as number | undefined, delayLevel: delayLevel as number | undefined };
}

const isMessageType = (value: unknown): value is MessageType => typeof value === 'function' || isStandardSchema(value);
