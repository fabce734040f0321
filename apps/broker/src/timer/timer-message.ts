// What becomes of a message in the timer: its form in the timer topic, the moment it is due, and its form when that moment has come
// [java HookUtils#transformTimerMessage, TimerMessageStore#convert]. Pure; must never touch the store.
import { encodeHost, type MessageExt, PROPERTY } from 'rocketmq-core/message';
import type { PutMessage, WaitingEntry } from 'rocketmq-core/store';
import { type DraftMessage, tagsCodeOfProperties, withHostFlags } from '../message/broker-message.js';
import { TIMER_TOPIC } from '../topic/system-topics.js';

/** The slot in which a message for this moment waits: delivered from its beginning on, never after its end. */
export function slotOf(deliverAtMs: number, precisionMs: number): number {
  return (Math.ceil(deliverAtMs / precisionMs) - 1) * precisionMs;
}

/** Sends a message through the timer: it waits in the timer topic and remembers where it belongs. */
export function toTimerTopic(draft: DraftMessage, slotMs: number): void {
  draft.properties.set(PROPERTY.TIMER_OUT_MS, String(slotMs));
  draft.properties.set(PROPERTY.REAL_TOPIC, draft.topic);
  draft.properties.set(PROPERTY.REAL_QUEUE_ID, String(draft.queueId));
  draft.topic = TIMER_TOPIC;
  draft.queueId = 0;
}

/** TIMER_OUT_MS of a stored timer message, undefined when it is none. */
export function timerOutMsOf({ properties }: Pick<MessageExt, 'properties'>): number | undefined {
  const text = properties.get(PROPERTY.TIMER_OUT_MS) ?? '';
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Key of the messages this one takes back, undefined when it takes none back. */
export function recalledKeyOf({ properties }: Pick<MessageExt, 'properties'>): string | undefined {
  return properties.get(PROPERTY.TIMER_DELETE_UNIQUE_KEY);
}

/** True when one of `recalled` names this message; brokers before 5.4 put the topic before its id. */
export function isRecalled({ properties }: Pick<MessageExt, 'properties'>, recalled: ReadonlySet<string>): boolean {
  const key = properties.get(PROPERTY.UNIQUE_KEY);
  if (key === undefined) return false;
  return recalled.has(key) || recalled.has(`${properties.get(PROPERTY.REAL_TOPIC) ?? ''}+${key}`);
}

/**
 * The moment within its slot at which a message that is taken up now is due, to the millisecond; 0: the end of the slot, as with Apache.
 * What is relative counts from now: its store time may be that of an earlier moment of the same turn, and nothing may be early.
 */
export function dueMsOf({ properties }: Pick<MessageExt, 'properties'>, slotMs: number, precisionMs: number, nowMs: number): number {
  const asked =
    askedMs(properties, PROPERTY.TIMER_DELAY_SEC, 1000, nowMs) ??
    askedMs(properties, PROPERTY.TIMER_DELAY_MS, 1, nowMs) ??
    askedMs(properties, PROPERTY.TIMER_DELIVER_MS, 1, 0);
  return asked !== undefined && asked > slotMs && asked < slotMs + precisionMs ? asked : 0;
}

function askedMs(properties: ReadonlyMap<string, string>, name: string, unitMs: number, fromMs: number): number | undefined {
  const text = properties.get(name);
  return text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) * unitMs + fromMs : undefined;
}

/** The message as its consumers get it. Undefined when it does not say where it belongs. REAL_TOPIC and REAL_QID stay, as with Apache. */
export function deliveredMessage(message: MessageExt, entry: WaitingEntry, nowMs: number): PutMessage | undefined {
  const topic = message.properties.get(PROPERTY.REAL_TOPIC);
  const queueId = Number(message.properties.get(PROPERTY.REAL_QUEUE_ID) ?? NaN);
  if (topic === undefined || !Number.isInteger(queueId) || queueId < 0) return undefined;
  return { ...copyOf(message, stampedProperties(message, entry, nowMs)), topic, queueId };
}

/** The message for its next round. */
export function rolledMessage(message: MessageExt, entry: WaitingEntry, nowMs: number): PutMessage {
  const properties = stampedProperties(message, entry, nowMs);
  const rolls = Number(properties.get(PROPERTY.TIMER_ROLL_TIMES) ?? 0);
  properties.set(PROPERTY.TIMER_ROLL_TIMES, String((Number.isInteger(rolls) ? rolls : 0) + 1));
  return { ...copyOf(message, properties), topic: TIMER_TOPIC, queueId: 0 };
}

function stampedProperties(message: MessageExt, entry: WaitingEntry, nowMs: number): Map<string, string> {
  return new Map(message.properties)
    .set(PROPERTY.TIMER_ENQUEUE_MS, String(entry.writeTimeMs))
    .set(PROPERTY.TIMER_DEQUEUE_MS, String(nowMs));
}

function copyOf(message: MessageExt, properties: ReadonlyMap<string, string>): PutMessage {
  const bornHost = encodeHost(message.bornHost);
  const storeHost = encodeHost(message.storeHost);
  return {
    topic: message.topic,
    queueId: message.queueId,
    flag: message.flag,
    sysFlag: withHostFlags(message.sysFlag, bornHost, storeHost),
    bornTimestamp: message.bornTimestamp,
    bornHost,
    storeHost,
    reconsumeTimes: message.reconsumeTimes,
    preparedTransactionOffset: 0,
    body: message.body,
    properties,
    tagsCode: tagsCodeOfProperties(properties),
  };
}
