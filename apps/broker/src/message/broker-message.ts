// A message on its way from a request into the store: what the broker adds, where delayed ones go first.
// Decides from what the request says, never from leftovers in a stored message's properties.
import { PROPERTY, tagsCodeOf } from 'rocketmq-core/message';
import type { PutMessage } from 'rocketmq-core/store';
import type { DelayLevels } from '../schedule/delay-levels.js';
import { SCHEDULE_TOPIC } from '../topic/system-topics.js';

/** sysFlag bits [java MessageSysFlag]. */
export const SYS_MULTI_TAGS = 0x02;
export const SYS_TRANSACTION_MASK = 0x0c;
export const SYS_TRANSACTION_COMMIT = 0x08;
export const SYS_BORN_HOST_V6 = 0x10;
export const SYS_STORE_HOST_V6 = 0x20;

/** A PutMessage whose fields may still change. */
export type DraftMessage = { -readonly [K in keyof PutMessage]: PutMessage[K] } & { properties: Map<string, string> };

/** sysFlag with the host bits as the hosts really are, whatever the sender claimed. */
export function withHostFlags(sysFlag: number, bornHost: Uint8Array, storeHost: Uint8Array): number {
  let flag = sysFlag & ~(SYS_BORN_HOST_V6 | SYS_STORE_HOST_V6);
  if (bornHost.length > 8) flag |= SYS_BORN_HOST_V6;
  if (storeHost.length > 8) flag |= SYS_STORE_HOST_V6;
  return flag;
}

export function isTransactional(sysFlag: number, properties: ReadonlyMap<string, string>): boolean {
  const type = sysFlag & SYS_TRANSACTION_MASK;
  return properties.get(PROPERTY.TRANSACTION_PREPARED)?.toLowerCase() === 'true' || (type !== 0 && type !== SYS_TRANSACTION_COMMIT);
}

const TIMER_PROPERTIES = ['TIMER_DELIVER_MS', 'TIMER_DELAY_MS', 'TIMER_DELAY_SEC'] as const;

/** The message asks for delivery at an arbitrary time; a delay level beats that [java HookUtils#checkIfTimerMessage]. */
export function isTimerMessage(properties: ReadonlyMap<string, string>): boolean {
  return delayLevelOf(properties) <= 0 && TIMER_PROPERTIES.some((name) => properties.has(name));
}

/** Value of DELAY, 0 without. */
export function delayLevelOf(properties: ReadonlyMap<string, string>): number {
  const text = properties.get(PROPERTY.DELAY_TIME_LEVEL);
  if (text === undefined || !/^[+-]?\d{1,9}$/.test(text)) return 0;
  return Number(text);
}

/** Sends a message through the delay mechanism: it waits in SCHEDULE_TOPIC_XXXX and remembers where it belongs. */
export function toScheduleTopic(message: DraftMessage, level: number, levels: DelayLevels, nowMs: number): void {
  const clamped = levels.clamp(level);
  for (const name of TIMER_PROPERTIES) message.properties.delete(name);
  message.properties.set(PROPERTY.DELAY_TIME_LEVEL, String(clamped));
  message.properties.set(PROPERTY.REAL_TOPIC, message.topic);
  message.properties.set(PROPERTY.REAL_QUEUE_ID, String(message.queueId));
  message.topic = SCHEDULE_TOPIC;
  message.queueId = clamped - 1;
  message.tagsCode = BigInt(nowMs + levels.delayMsOf(clamped));
}

/** Java hash of TAGS as the consume queue keeps it. */
export function tagsCodeOfProperties(properties: ReadonlyMap<string, string>): bigint {
  const tags = properties.get(PROPERTY.TAGS);
  return tags === undefined || tags === '' ? 0n : BigInt(tagsCodeOf(tags));
}
