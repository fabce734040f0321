// Bodies to what handlers and callers get when no type was declared: the content type says what a body is.
import type { MessageExt } from 'rocketmq-core/message';
import { createPayloadReader, type MessageType, type PayloadReader, type RocketMQMessageConverter } from '../messaging/index.js';
import { MessageConversionError } from '../messaging/index.js';
import { CONTENT_TYPE } from './transport.js';

/**
 * `text/*` is a string, `application/octet-stream` a Buffer, every other content type is the converter's. A message without one (a Java
 * client, the answer of a reply listener) is what the converter makes of it, and text when that is no payload.
 */
export async function createReader(messageType: MessageType | undefined, converter: RocketMQMessageConverter): Promise<PayloadReader> {
  if (messageType !== undefined) return createPayloadReader(messageType, converter);
  return (message) => readByContentType(message, converter);
}

function readByContentType(message: MessageExt, converter: RocketMQMessageConverter): unknown {
  const contentType = message.properties.get(CONTENT_TYPE);
  const kind = contentType?.toLowerCase() ?? '';
  if (kind.startsWith('text/')) return message.text();
  if (kind.startsWith('application/octet-stream')) return Buffer.from(message.body);
  try {
    return converter.fromBytes(message.body, contentType);
  } catch (error) {
    if (contentType === undefined && error instanceof MessageConversionError) return message.text();
    throw error;
  }
}
