// A message of a dead-letter topic as applications see it, and the message it becomes again when it is redriven. Must never send anything.
import { IllegalMessageError } from 'rocketmq-core/errors';
import { dlqTopicOf, Message, type MessageExt, PROPERTY, RESERVED_PROPERTIES, retryTopicOf } from 'rocketmq-core/message';

/** User properties a redriven message carries. */
export const RedriveProperties = {
  /** The group whose dead letter it was. */
  GROUP: 'DLQ_REDRIVE_GROUP',
  /** How often it has been redriven, 1 for the first time. */
  TIMES: 'DLQ_REDRIVE_TIMES',
  /** Place in the log of the message that was first delivered, as ORIGIN_MESSAGE_ID said. */
  ORIGIN_ID: 'DLQ_REDRIVE_ORIGIN_ID',
} as const;

export interface DeadLetterMessage {
  /** The letter's own: its place in the log of its broker (offsetMsgId). */
  readonly id: string;
  /** The id its producer gave the message: the same for every delivery, retry and redrive. */
  readonly msgId: string;
  /** The group that gave it up. */
  readonly group: string;
  /** The topic it was sent to. */
  readonly originalTopic: string;
  readonly tags: string | undefined;
  readonly keys: readonly string[];
  /** What the application set; none of RocketMQ's own. */
  readonly properties: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Failed deliveries before it was given up. */
  readonly reconsumeTimes: number;
  /** How often it had been redriven before. */
  readonly redriveTimes: number;
  /** Ms since 1970, by the sender's clock. */
  readonly bornTimestamp: number;
  /** Ms since 1970, by the broker's clock: when it became a dead letter. */
  readonly deadSince: number;
  /** Place in the log of the message that was first delivered; undefined where the broker did not note it. */
  readonly originMessageId: string | undefined;
  readonly brokerName: string;
  readonly message: MessageExt;
  text(): string;
  json<T = unknown>(): T;
}

export function toDeadLetter(message: MessageExt, group: string): DeadLetterMessage {
  const { properties } = message;
  const redriveTimes = Number(properties.get(RedriveProperties.TIMES) ?? 0);
  return {
    id: message.offsetMsgId,
    msgId: message.msgId,
    group,
    // A message sent straight to the dead-letter topic has no other.
    originalTopic: properties.get(PROPERTY.RETRY_TOPIC) ?? message.topic,
    tags: message.tags,
    keys: message.keys?.split(' ').filter((key) => key !== '') ?? [],
    properties: userProperties(properties),
    body: message.body,
    reconsumeTimes: message.reconsumeTimes,
    redriveTimes: Number.isSafeInteger(redriveTimes) ? redriveTimes : 0,
    bornTimestamp: message.bornTimestamp,
    deadSince: message.storeTimestamp,
    originMessageId: properties.get(PROPERTY.ORIGIN_MESSAGE_ID),
    brokerName: message.brokerName,
    message,
    text: () => message.text(),
    json: <T>() => message.json<T>(),
  };
}

/** Where a letter goes: `TOPIC`: its topic, for every group that reads it; `GROUP`: the retry topic of the group that gave it up, for it alone. */
export type RedriveTarget = 'TOPIC' | 'GROUP';

/**
 * The message as it was sent: topic, tags, keys, flag, body and user properties, under the same UNIQ_KEY, so that whoever has processed it
 * knows it again. Retries, delays, transactions and requests it went through are left behind.
 */
export function toRedriveMessage(letter: DeadLetterMessage, target: RedriveTarget): Message {
  const { group, message } = letter;
  if (letter.originalTopic === dlqTopicOf(group)) {
    throw new IllegalMessageError(`dead letter ${letter.id} does not say where it came from (RETRY_TOPIC): it was sent here directly`);
  }
  const redriven = new Message({
    topic: target === 'TOPIC' ? letter.originalTopic : retryTopicOf(group),
    tags: letter.tags,
    keys: message.keys,
    flag: message.flag,
    body: letter.body,
  });
  for (const [name, value] of letter.properties) redriven.properties.set(name, value);
  redriven.properties.set(PROPERTY.UNIQUE_KEY, letter.msgId);
  if (target === 'GROUP') redriven.properties.set(PROPERTY.RETRY_TOPIC, letter.originalTopic);
  redriven.properties.set(RedriveProperties.GROUP, group);
  redriven.properties.set(RedriveProperties.TIMES, String(letter.redriveTimes + 1));
  const origin = letter.properties.get(RedriveProperties.ORIGIN_ID) ?? letter.originMessageId;
  if (origin !== undefined) redriven.properties.set(RedriveProperties.ORIGIN_ID, origin);
  return redriven;
}

/** Whether a letter of this group lies in its dead-letter topic. */
export const isLetterOf = (message: MessageExt, group: string): boolean => message.topic === dlqTopicOf(group);

/** RocketMQ's names that are not among the ones it forbids to users, because old clients set them. */
const INTERNAL: ReadonlySet<string> = new Set<string>([
  PROPERTY.TRANSACTION_ID,
  PROPERTY.TRANSACTION_CHECK_TIMES,
  PROPERTY.CHECK_IMMUNITY_TIME_IN_SECONDS,
]);

function userProperties(properties: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...properties].filter(([name]) => !RESERVED_PROPERTIES.has(name) && !INTERNAL.has(name)));
}
