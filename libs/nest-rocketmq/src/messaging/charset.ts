// The character sets text payloads can travel in. Must never touch JSON: that is UTF-8 wherever it goes.
import { IllegalMessageError } from 'rocketmq-core/errors';
import { MessageConversionError } from './message-conversion-error.js';

/** What this runtime both writes and reads. */
export type Charset = 'UTF-8' | 'UTF-16LE' | 'ISO-8859-1';

export const DEFAULT_CHARSET: Charset = 'UTF-8';

const ENCODINGS: Readonly<Record<Charset, BufferEncoding>> = { 'UTF-8': 'utf8', 'UTF-16LE': 'utf16le', 'ISO-8859-1': 'latin1' };

/** Names in any case; throws for others. */
export function requireCharset(name: unknown): Charset {
  const charset = String(name).toUpperCase();
  if (Object.hasOwn(ENCODINGS, charset)) return charset as Charset;
  const known = Object.keys(ENCODINGS).join(', ');
  throw new IllegalMessageError(`charset ${String(name)} is none of ${known}: for others give the module a messageConverter`);
}

/** Throws for a text with letters the character set does not have: half of it would arrive as something else. */
export function encodeText(text: string, charset: Charset): Buffer {
  const body = Buffer.from(text, ENCODINGS[charset]);
  if (charset === 'ISO-8859-1' && body.toString(ENCODINGS[charset]) !== text) {
    throw new MessageConversionError(`the text has letters that ${charset} does not have`);
  }
  return body;
}

export const decodeText = (body: Buffer, charset: Charset): string => body.toString(ENCODINGS[charset]);
