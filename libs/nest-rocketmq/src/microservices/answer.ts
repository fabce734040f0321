// The answer to a request as a message, and back. A payload travels as a payload, so Java applications read it; an error travels as JSON.
import { createReplyMessage } from 'rocketmq-core';
import type { Message, MessageExt } from 'rocketmq-core/message';
import type { PayloadReader, RocketMQMessageConverter } from '../messaging/index.js';
import { RocketMQRemoteException } from './remote-exception.js';
import { ANSWER_EMPTY, ANSWER_ERROR, ANSWER_STATUS, CONTENT_TYPE, JSON_CONTENT_TYPE } from './transport.js';

/** What a handler made of a request. `value: undefined`: nothing. */
export type Answer = { readonly value: unknown } | { readonly error: unknown };

/** Throws MessageConversionError for a value that cannot become bytes, IllegalMessageError for a request that names no way back. */
export function encodeAnswer(request: MessageExt, answer: Answer, converter: RocketMQMessageConverter): Message {
  if ('error' in answer) return json(request, JSON.stringify(describeError(answer.error)), ANSWER_ERROR);
  const { value } = answer;
  if (value === undefined) return json(request, 'null', ANSWER_EMPTY);
  if (value === null) return json(request, 'null');
  const { body, contentType } = converter.toBytes(value);
  // A message has a body of at least one byte.
  if (body.length === 0) return value === '' ? json(request, '""') : json(request, 'null', ANSWER_EMPTY);
  const message = createReplyMessage(request, body);
  message.putUserProperty(CONTENT_TYPE, contentType);
  return message;
}

/** Throws RocketMQRemoteException when the other side failed, MessageConversionError for a body that does not fit. */
export async function decodeAnswer(reply: MessageExt, read: PayloadReader): Promise<{ value: unknown } | undefined> {
  const status = reply.properties.get(ANSWER_STATUS);
  if (status === ANSWER_EMPTY) return undefined;
  if (status === ANSWER_ERROR) throw new RocketMQRemoteException(parseError(reply.text()));
  return { value: await read(reply) };
}

/** Nest's form, `{ status, message }`, unless a filter made another; never a stack. */
export function describeError(error: unknown): string | object {
  if (error instanceof Error) return { status: 'error', message: error.message };
  if (typeof error === 'string') return error;
  if (typeof error !== 'object' || error === null) return { status: 'error', message: String(error) };
  try {
    JSON.stringify(error);
    return error;
  } catch (unserialisable) {
    return { status: 'error', message: `the error cannot be written as JSON: ${(unserialisable as Error).message}` };
  }
}

function json(request: MessageExt, body: string, status?: string): Message {
  const message = createReplyMessage(request, body);
  message.putUserProperty(CONTENT_TYPE, JSON_CONTENT_TYPE);
  if (status !== undefined) message.putUserProperty(ANSWER_STATUS, status);
  return message;
}

function parseError(text: string): string | object {
  try {
    const error: unknown = JSON.parse(text);
    if (typeof error === 'string' || (typeof error === 'object' && error !== null)) return error;
  } catch {
    // Not written by this transport: shown as it is.
  }
  return text;
}
