// Payloads to bytes and back: Buffer, string, everything else as JSON. Must never look at topics, headers or groups.
import { reasonOf } from 'rocketmq-core/common';
import { MessageConversionError } from './message-conversion-error.js';

export interface ConvertedPayload {
  readonly body: Buffer;
  /** Sent as the property `contentType`. */
  readonly contentType: string;
}

/** How an application replaces the conversion for one module: `forRoot({ messageConverter })`. */
export interface RocketMQMessageConverter {
  toBytes(payload: unknown, contentType?: string): ConvertedPayload;
  /** The plain value in the body; it is turned into `messageType` afterwards. Not called for `String`, `Buffer` and `MessageExt`. */
  fromBytes(body: Buffer, contentType: string | undefined): unknown;
}

export class DefaultMessageConverter implements RocketMQMessageConverter {
  toBytes(payload: unknown, contentType?: string): ConvertedPayload {
    if (payload === undefined || payload === null) throw new MessageConversionError(`a payload cannot be ${payload}`);
    if (payload instanceof Uint8Array) {
      return { body: asBuffer(payload), contentType: contentType ?? 'application/octet-stream' };
    }
    // A string sent with an explicit JSON content type is quoted, as in Spring.
    if (typeof payload === 'string' && !isJson(contentType)) {
      return { body: Buffer.from(payload, 'utf8'), contentType: contentType ?? 'text/plain;charset=UTF-8' };
    }
    return { body: Buffer.from(toJson(payload), 'utf8'), contentType: contentType ?? 'application/json' };
  }

  fromBytes(body: Buffer, _contentType: string | undefined): unknown {
    const text = body.toString('utf8');
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new MessageConversionError(`the body (${body.length} bytes) is no JSON: ${withoutBody(reasonOf(error))}`, error);
    }
  }
}

function toJson(payload: unknown): string {
  if (payload instanceof Map || payload instanceof Set) {
    const remedy = payload instanceof Map ? 'Object.fromEntries(map)' : '[...set]';
    throw new MessageConversionError(`JSON knows no ${payload.constructor.name}, it would be sent as {}: give ${remedy}`);
  }
  let json: string | undefined;
  try {
    json = JSON.stringify(payload);
  } catch (error) {
    throw new MessageConversionError(`the payload cannot be written as JSON: ${reasonOf(error)}`, error);
  }
  if (json === undefined) throw new MessageConversionError(`a ${typeof payload} cannot be written as JSON`);
  return json;
}

const isJson = (contentType: string | undefined): boolean => contentType?.toLowerCase().startsWith('application/json') ?? false;
const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
/** V8 quotes the beginning of the text, which may be a secret and goes into logs. */
const withoutBody = (text: string): string => text.replace(/,? (\.\.\.)?".*"(\.\.\.)? is not valid JSON$/su, '');
