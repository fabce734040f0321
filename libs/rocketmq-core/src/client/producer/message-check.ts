// What may be sent, before anything is sent [java Validators#checkMessage, MessageBatch#generateFromList].
import { isMap, isUint8Array } from 'node:util/types';
import { IllegalMessageError } from '../../errors/index.js';
import { isSendForbiddenTopic, type Message, PROPERTY, RETRY_PREFIX, validateTopicName } from '../../message/index.js';

/** Throws IllegalMessageError with Java's words, and the number. */
export function checkMessage(message: Message | null | undefined, maxMessageSize: number): void {
  requireMessage(message);
  validateTopicName(message.topic);
  if (isSendForbiddenTopic(message.topic)) {
    throw new IllegalMessageError(`Sending message to topic[${message.topic}] is forbidden.`, { topic: message.topic });
  }
  const body: unknown = message.body;
  if (body === null || body === undefined) throw new IllegalMessageError('the message body is null', { topic: message.topic });
  if (!isUint8Array(body)) throw new IllegalMessageError(`the message body is no bytes, found ${typeof body}`, { topic: message.topic });
  if (body.length === 0) throw new IllegalMessageError('the message body length is zero', { topic: message.topic });
  if (body.length > maxMessageSize) {
    throw new IllegalMessageError(`the message body size over max value, MAX: ${maxMessageSize}, found ${body.length} bytes`, {
      topic: message.topic,
      bytes: body.length,
      maxMessageSize,
    });
  }
}

/** Throws IllegalMessageError for what is no Message at all; one of another copy of this package is one. */
export function requireMessage(message: Message | null | undefined): asserts message is Message {
  if (message === null || message === undefined) throw new IllegalMessageError('the message is null');
  const given: { readonly properties?: unknown } = message;
  if (!isMap(given.properties)) throw new IllegalMessageError('what is to be sent is no Message: make one by new Message({ topic, body })');
}

const TIMERS = [PROPERTY.TIMER_DELAY_SEC, PROPERTY.TIMER_DELAY_MS, PROPERTY.TIMER_DELIVER_MS];

/** One topic, one WAIT, no delay, no retry topic. Throws IllegalMessageError that names the first message it is about. */
export function checkBatch(messages: readonly Message[], maxMessageSize: number): void {
  const first = messages[0];
  if (first === undefined) throw new IllegalMessageError('a batch needs at least one message');
  for (const [index, message] of messages.entries()) {
    try {
      checkMessage(message, maxMessageSize);
    } catch (error) {
      throw error instanceof IllegalMessageError ? ofBatch(error.message, index, messages, error.context) : error;
    }
    const problem = batchProblem(message, first);
    if (problem !== undefined) throw ofBatch(problem, index, messages, { topic: message.topic });
  }
}

function batchProblem(message: Message, first: Message): string | undefined {
  if (message.delayTimeLevel > 0) return 'TimeDelayLevel is not supported for batching';
  // Java does not look, and a broker then delivers them at once.
  if (TIMERS.some((name) => message.properties.has(name))) return 'Timers are not supported for batching';
  if (message.topic.startsWith(RETRY_PREFIX)) return 'Retry Group is not supported for batching';
  if (message.topic !== first.topic)
    return `The topic of the messages in one batch should be the same, found ${message.topic} after ${first.topic}`;
  if (message.waitStoreMsgOK !== first.waitStoreMsgOK) return 'The waitStoreMsgOK of the messages in one batch should the same';
  return undefined;
}

function ofBatch(problem: string, index: number, { length }: readonly Message[], context: Readonly<Record<string, unknown>>): Error {
  return new IllegalMessageError(`${problem} (message ${index} of ${length}, counted from 0)`, { ...context, index });
}
