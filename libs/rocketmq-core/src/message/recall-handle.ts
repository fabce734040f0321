// The handle by which a message that waits for its moment can be taken back: what a send answers and request 370 carries
// [java RecallMessageHandle]. Pure; must never be taken for proof of anything: who has it may have made it.

import { holdsSeparator } from './property.js';

export interface RecallHandle {
  readonly topic: string;
  readonly brokerName: string;
  /** A moment within the slot the message waits in (ms since 1970), as text. */
  readonly timestamp: string;
  /** UNIQ_KEY of the message. */
  readonly messageId: string;
}

const VERSION = 'v1';
const ALPHABET = /^[A-Za-z0-9_-]+={0,2}$/;

export function encodeRecallHandle({ topic, brokerName, timestamp, messageId }: RecallHandle): string {
  const text = Buffer.from([VERSION, topic, brokerName, timestamp, messageId].join(' '), 'utf8').toString('base64url');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/** Undefined when it is none; missing padding is made up for. */
export function decodeRecallHandle(handle: string): RecallHandle | undefined {
  if (!ALPHABET.test(handle) || handle.replace(/=+$/, '').length % 4 === 1) return undefined;
  const [version, topic, brokerName, timestamp, messageId] = Buffer.from(handle, 'base64url').toString('utf8').split(' ');
  if (version !== VERSION || topic === undefined || brokerName === undefined || timestamp === undefined || messageId === undefined)
    return undefined;
  // It becomes a property of the note that takes the message back, and must be one.
  if (messageId === '' || holdsSeparator(messageId)) return undefined;
  return { topic, brokerName, timestamp, messageId };
}
