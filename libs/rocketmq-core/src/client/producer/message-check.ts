// What may be sent, before anything is sent [java Validators#checkMessage, MessageBatch#generateFromList].
import { IllegalMessageError } from '../../errors/index.js';
import { isSendForbiddenTopic, type Message, PROPERTY, RETRY_PREFIX, validateTopicName } from '../../message/index.js';

/** Throws IllegalMessageError with Java's words. */
export function checkMessage(message: Message | null | undefined, maxMessageSize: number): void {
  if (message === null || message === undefined) throw new IllegalMessageError('the message is null');
  validateTopicName(message.topic);
  if (isSendForbiddenTopic(message.topic)) {
    throw new IllegalMessageError(`Sending message to topic[${message.topic}] is forbidden.`, { topic: message.topic });
  }
  const body: Uint8Array | null | undefined = message.body;
  if (body === null || body === undefined) throw new IllegalMessageError('the message body is null', { topic: message.topic });
  if (body.length === 0) throw new IllegalMessageError('the message body length is zero', { topic: message.topic });
  if (body.length > maxMessageSize) {
    throw new IllegalMessageError(`the message body size over max value, MAX: ${maxMessageSize}`, {
      topic: message.topic,
      bytes: body.length,
      maxMessageSize,
    });
  }
}

const TIMERS = [PROPERTY.TIMER_DELAY_SEC, PROPERTY.TIMER_DELAY_MS, PROPERTY.TIMER_DELIVER_MS];

/** One topic, one WAIT, no delay, no retry topic. */
export function checkBatch(messages: readonly Message[], maxMessageSize: number): void {
  const first = messages[0];
  if (first === undefined) throw new IllegalMessageError('a batch needs at least one message');
  for (const message of messages) {
    checkMessage(message, maxMessageSize);
    if (message.delayTimeLevel > 0) throw new IllegalMessageError('TimeDelayLevel is not supported for batching');
    // Java does not look, and a broker then delivers them at once.
    if (TIMERS.some((name) => message.properties.has(name))) throw new IllegalMessageError('Timers are not supported for batching');
    if (message.topic.startsWith(RETRY_PREFIX)) throw new IllegalMessageError('Retry Group is not supported for batching');
    if (message.topic !== first.topic) throw new IllegalMessageError('The topic of the messages in one batch should be the same');
    if (message.waitStoreMsgOK !== first.waitStoreMsgOK) {
      throw new IllegalMessageError('The waitStoreMsgOK of the messages in one batch should the same');
    }
  }
}
