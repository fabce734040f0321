// One list of messages sent as several batches, one after another, with one result. Must never hide that a part of them was sent.
import { BatchPartlySentError } from '../../errors/index.js';
import type { Message } from '../../message/index.js';
import { ListSplitter } from './list-splitter.js';
import { type SendResult, SendStatus } from './send-result.js';

/** Nothing is sent when a message does not fit into a batch alone. The first failure ends it. */
export async function sendInParts(
  messages: readonly Message[],
  maxMessageSize: number,
  send: (part: readonly Message[]) => Promise<SendResult>,
): Promise<SendResult> {
  const parts = [...new ListSplitter(messages, maxMessageSize)];
  // As without splitting: the check of an empty list is the send's.
  if (parts.length === 0) return send(messages);
  const results: SendResult[] = [];
  let sent = 0;
  for (const part of parts) {
    try {
      results.push(await send(part));
    } catch (error) {
      if (sent === 0) throw error;
      throw new BatchPartlySentError(sent, messages.length, results, error);
    }
    sent += part.length;
  }
  const first = results[0]!;
  return {
    ...first,
    sendStatus: results.find(({ sendStatus }) => sendStatus !== SendStatus.SEND_OK)?.sendStatus ?? SendStatus.SEND_OK,
    msgId: results.map(({ msgId }) => msgId).join(','),
    offsetMsgId: results.map(({ offsetMsgId }) => offsetMsgId).join(','),
    parts: results,
  };
}
