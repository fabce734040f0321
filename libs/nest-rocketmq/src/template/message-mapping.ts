// Payload, headers and options to the client's message, as rocketmq-spring maps them. Must never send or choose a queue.
import { randomUUID } from 'node:crypto';
import type { Clock } from 'rocketmq-core/common';
import { IllegalMessageError } from 'rocketmq-core/errors';
import { Message, RESERVED_PROPERTIES } from 'rocketmq-core/message';
import {
  type Charset,
  type ConvertedPayload,
  type Destination,
  encodeText,
  isMessage,
  parseDestination,
  RocketMQHeaders,
  type RocketMQMessageConverter,
  topicRulesOf,
} from '../messaging/index.js';
import { hasDelay, type TemplateSendOptions } from './send-options.js';

export interface MappingContext {
  readonly converter: RocketMQMessageConverter;
  /** Of strings. Default UTF-8. */
  readonly charset?: Charset | undefined;
  readonly clock: Pick<Clock, 'now'>;
  /** Add Spring's `id` and `timestamp`. */
  readonly springHeaders: boolean | (() => boolean);
  readonly warn: (text: string) => void;
}

export const addsSpringHeaders = ({ springHeaders }: MappingContext): boolean =>
  typeof springHeaders === 'function' ? springHeaders() : springHeaders;

const HANDLED_HEADERS: ReadonlySet<string> = new Set([
  RocketMQHeaders.KEYS,
  RocketMQHeaders.TAGS,
  RocketMQHeaders.DELAY,
  RocketMQHeaders.FLAG,
  RocketMQHeaders.WAIT_STORE_MSG_OK,
  RocketMQHeaders.CONTENT_TYPE,
]);

export function toClientMessage(
  destination: Destination,
  payload: unknown,
  options: TemplateSendOptions,
  context: MappingContext,
): Message {
  const { topic, tag } = parseDestination(destination);
  const body = isMessage(payload) ? payload.payload : payload;
  const headers = new Map(Object.entries({ ...(isMessage(payload) ? payload.headers : undefined), ...options.headers }));
  const contentTypeHeader = headers.get(RocketMQHeaders.CONTENT_TYPE);
  const converted = toBytes(body, contentTypeHeader === undefined ? undefined : textOf(contentTypeHeader), context);
  if (converted.body.length === 0) throw new IllegalMessageError('an empty body cannot be sent', { topic });
  const keys = keysOf(options, headers) || joinKeys(topicRulesOf(destination)?.keysOf(body));
  const message = new Message(topic, tag, keys, converted.body);
  applyFlag(message, headers.get(RocketMQHeaders.FLAG), context);
  applyDelay(message, options, headers.get(RocketMQHeaders.DELAY));
  const tagHeader = headers.get(RocketMQHeaders.TAGS);
  if (tag === '' && tagHeader !== undefined && textOf(tagHeader) !== '') message.tags = textOf(tagHeader);
  if (String(headers.get(RocketMQHeaders.WAIT_STORE_MSG_OK)) === 'false') message.waitStoreMsgOK = false;
  message.putUserProperty(RocketMQHeaders.CONTENT_TYPE, converted.contentType);
  applyUserHeaders(message, headers, context);
  return message;
}

/** A converter writes UTF-8; a string in another character set is the template's own affair. */
function toBytes(payload: unknown, contentType: string | undefined, { converter, charset = 'UTF-8' }: MappingContext): ConvertedPayload {
  if (charset === 'UTF-8' || typeof payload !== 'string' || /json/i.test(contentType ?? '')) return converter.toBytes(payload, contentType);
  return { body: encodeText(payload, charset), contentType: contentType ?? `text/plain;charset=${charset}` };
}

function applyUserHeaders(message: Message, headers: ReadonlyMap<string, unknown>, context: MappingContext): void {
  if (addsSpringHeaders(context)) {
    message.putUserProperty(RocketMQHeaders.ID, randomUUID());
    message.putUserProperty(RocketMQHeaders.TIMESTAMP, String(context.clock.now()));
  }
  for (const [name, value] of headers) {
    if (HANDLED_HEADERS.has(name) || RESERVED_PROPERTIES.has(name) || value === undefined || value === null) continue;
    const text = textOf(value);
    // [rocketmq-spring 3.3] Spring fails on a blank value; a message is worth more than one empty header.
    if (name.trim() === '' || text.trim() === '')
      context.warn(`header "${name}" of a message to ${message.topic} is blank and was left out`);
    else message.putUserProperty(name, text);
  }
}

function keysOf(options: TemplateSendOptions, headers: ReadonlyMap<string, unknown>): string {
  const own = joinKeys(options.keys ?? headers.get(RocketMQHeaders.KEYS));
  return own === '' ? joinKeys(headers.get(RocketMQHeaders.PREFIX + RocketMQHeaders.KEYS)) : own;
}

const joinKeys = (keys: unknown): string => {
  if (keys === undefined || keys === null) return '';
  return Array.isArray(keys) ? keys.map(String).join(' ') : String(keys);
};

function applyFlag(message: Message, flag: unknown, context: MappingContext): void {
  if (flag === undefined) return;
  const value = Number(flag);
  if (Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31) message.flag = value;
  else context.warn(`header FLAG of a message to ${message.topic} is no 32-bit integer and counts as 0`);
}

/** What the options say beats a header. */
function applyDelay(message: Message, options: TemplateSendOptions, header: unknown): void {
  if (options.delaySeconds !== undefined) message.delayTimeSec = options.delaySeconds;
  if (options.delayMs !== undefined) message.delayTimeMs = options.delayMs;
  if (options.deliverAt !== undefined) message.deliverTimeMs = Number(options.deliverAt);
  if (options.delayLevel === undefined && hasDelay(options)) return;
  const level = options.delayLevel ?? (header === undefined ? 0 : Number(header));
  if (!Number.isInteger(level) || level < 0) throw new IllegalMessageError(`header DELAY ${textOf(header)} is no delay level`);
  if (level > 0) message.delayTimeLevel = level;
}

const textOf = (value: unknown): string => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value));
