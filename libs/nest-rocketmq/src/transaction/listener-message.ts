// The client's message as a transaction listener gets it: the body and Spring's headers. Must never convert the payload: Spring does not.
import { randomUUID } from 'node:crypto';
import type { Clock } from 'rocketmq-core/common';
import { type Message as ClientMessage, MessageExt, PROPERTY, RESERVED_PROPERTIES } from 'rocketmq-core/message';
import { type Message, RocketMQHeaders } from '../messaging/index.js';

/** Property names that never become headers under their own name; Spring gives the message an id and a time of its own. */
const HIDDEN: ReadonlySet<string> = new Set([RocketMQHeaders.ID, RocketMQHeaders.TIMESTAMP]);

/** [java RocketMQUtil#convertToSpringMessage] */
export function toListenerMessage(message: ClientMessage | MessageExt, clock: Clock): Message<Buffer> {
  const headers = new Map<string, unknown>();
  const add = (name: string, value: unknown): void => {
    if (value !== undefined && value !== '') headers.set(RocketMQHeaders.PREFIX + name, value);
  };
  add('KEYS', message.keys);
  add('TAGS', message.tags);
  add('TOPIC', message.topic);
  add('FLAG', message.flag);
  add('TRANSACTION_ID', message.transactionId);
  if (message instanceof MessageExt) {
    add('MESSAGE_ID', message.msgId);
    add('BORN_TIMESTAMP', message.bornTimestamp);
    add('BORN_HOST', message.bornHost.replace(/:\d+$/, ''));
    add('QUEUE_ID', message.queueId);
    add('SYS_FLAG', message.sysFlag);
    add('DELAY', message.delayTimeLevel);
    add('WAIT', message.getProperty(PROPERTY.WAIT) !== 'false');
  }
  for (const [name, value] of message.properties) if (!RESERVED_PROPERTIES.has(name) && !HIDDEN.has(name)) headers.set(name, value);
  headers.set(RocketMQHeaders.ID, randomUUID());
  headers.set(RocketMQHeaders.TIMESTAMP, clock.now());
  return { payload: message.body, headers: Object.freeze(Object.fromEntries(headers)) };
}
