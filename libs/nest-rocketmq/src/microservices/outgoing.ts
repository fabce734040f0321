// Pattern and packet to the message a client sends: the body is the payload alone, so every RocketMQ application reads it.
import { IllegalMessageError } from 'rocketmq-core/errors';
import { Message, RESERVED_PROPERTIES } from 'rocketmq-core/message';
import type { RocketMQMessageConverter } from '../messaging/index.js';
import { unknownNames } from '../options/index.js';
import { parseTarget } from './pattern.js';
import { isRecord, RECORD_OPTIONS, type RocketMQRecordOptions } from './rocketmq-record.js';
import { CONTENT_TYPE } from './transport.js';

/** What Nest hands over; `metadata` is what a dispatch hook attached (Nest 12). */
export interface OutgoingPacket {
  readonly pattern: unknown;
  readonly data: unknown;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface Outgoing {
  readonly message: Message;
  readonly options: RocketMQRecordOptions;
  /** `topic` or `topic:tag`, for the log. */
  readonly destination: string;
}

/** Throws IllegalMessageError or MessageConversionError. A header beats one of the client's, metadata beats both: it belongs to this one send. */
export function toOutgoing(
  packet: OutgoingPacket,
  converter: RocketMQMessageConverter,
  clientHeaders: Readonly<Record<string, unknown>> = {},
): Outgoing {
  const { topic, tag } = parseTarget(packet.pattern);
  const destination = tag === '' ? topic : `${topic}:${tag}`;
  const { data, options } = isRecord(packet.data) ? packet.data : { data: packet.data, options: {} };
  checkRecord(options);
  const headers = { ...clientHeaders, ...options.headers, ...packet.metadata };
  const wanted = headers[CONTENT_TYPE];
  const { body, contentType } = converter.toBytes(data, typeof wanted === 'string' ? wanted : undefined);
  if (body.length === 0) throw new IllegalMessageError('an empty body cannot be sent', { topic });
  const message = new Message({ topic, tags: tag, keys: options.keys, body });
  if (options.delayLevel !== undefined) message.delayTimeLevel = options.delayLevel;
  if (options.delaySeconds !== undefined) message.delayTimeSec = options.delaySeconds;
  if (options.delayMs !== undefined) message.delayTimeMs = options.delayMs;
  if (options.deliverAt !== undefined) message.deliverTimeMs = Number(options.deliverAt);
  message.putUserProperty(CONTENT_TYPE, contentType);
  for (const [name, value] of Object.entries(headers)) putHeader(message, name, value);
  return { message, options, destination };
}

function putHeader(message: Message, name: string, value: unknown): void {
  if (name === CONTENT_TYPE || RESERVED_PROPERTIES.has(name) || name.trim() === '' || value === undefined || value === null) return;
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (text.trim() !== '') message.putUserProperty(name, text);
}

const DELAYS = ['delayLevel', 'delaySeconds', 'delayMs', 'deliverAt'] as const;

function checkRecord(options: RocketMQRecordOptions): void {
  const [unknown] = unknownNames(options, RECORD_OPTIONS);
  if (unknown !== undefined) throw new IllegalMessageError(`record option ${unknown.name} is unknown. ${unknown.remedy}`);
  const delays = DELAYS.filter((name) => options[name] !== undefined);
  if (delays.length > 1) throw new IllegalMessageError(`${delays.join(' and ')}: a message has one delay`);
  if (options.hashKey !== undefined && typeof options.hashKey !== 'string') {
    throw new IllegalMessageError(`hashKey must be a string, found ${typeof options.hashKey}`);
  }
  const { timeout } = options;
  if (timeout !== undefined && !(Number.isFinite(timeout) && timeout > 0)) {
    throw new IllegalMessageError(`timeout ${String(timeout)} is no number of ms above 0`);
  }
}
