// A message on its way from a request into the store: what the broker adds, where delayed ones go first.
// Decides from what the request says, never from leftovers in a stored message's properties.
import { PROPERTY, SYS_FLAG, tagsCodeOf } from 'rocketmq-core/message';
import type { PutMessage } from 'rocketmq-core/store';
import type { DelayLevels } from '../schedule/delay-levels.js';
import { SCHEDULE_TOPIC } from '../topic/system-topics.js';

/** A PutMessage whose fields may still change. */
export type DraftMessage = { -readonly [K in keyof PutMessage]: PutMessage[K] } & { properties: Map<string, string> };

/** sysFlag with the host bits as the hosts really are, whatever the sender claimed. */
export function withHostFlags(sysFlag: number, bornHost: Uint8Array, storeHost: Uint8Array): number {
  let flag = sysFlag & ~(SYS_FLAG.BORNHOST_V6 | SYS_FLAG.STOREHOST_V6);
  if (bornHost.length > 8) flag |= SYS_FLAG.BORNHOST_V6;
  if (storeHost.length > 8) flag |= SYS_FLAG.STOREHOST_V6;
  return flag;
}

/** The message is to become a half message; one that a consumer sends to its retry topic is not, whatever it once was. */
export function isPrepared({ properties, reconsumeTimes }: Pick<DraftMessage, 'properties' | 'reconsumeTimes'>): boolean {
  const isMarked = properties.get(PROPERTY.TRANSACTION_PREPARED)?.toLowerCase() === 'true';
  return isMarked && !(reconsumeTimes > 0 && delayLevelOf(properties) > 0);
}

export function isTransactional(sysFlag: number, properties: ReadonlyMap<string, string>): boolean {
  const type = sysFlag & SYS_FLAG.TRANSACTION_TYPE;
  return properties.get(PROPERTY.TRANSACTION_PREPARED)?.toLowerCase() === 'true' || (type !== 0 && type !== SYS_FLAG.TRANSACTION_COMMIT);
}

const TIMER_PROPERTIES = [PROPERTY.TIMER_DELAY_SEC, PROPERTY.TIMER_DELAY_MS, PROPERTY.TIMER_DELIVER_MS];

/** The message asks for delivery at an arbitrary time; a delay level beats that [java HookUtils#checkIfTimerMessage]. */
export function isTimerMessage(properties: ReadonlyMap<string, string>): boolean {
  return delayLevelOf(properties) <= 0 && TIMER_PROPERTIES.some((name) => properties.has(name));
}

/** Value of DELAY, 0 without. What is no level must have been refused, see delayLevelProblem. */
export function delayLevelOf(properties: ReadonlyMap<string, string>): number {
  const text = properties.get(PROPERTY.DELAY_TIME_LEVEL);
  return text !== undefined && isInt32(text) ? Number(text) : 0;
}

/** Why the value of DELAY is no level; undefined when it is one, or absent. A level above the highest counts as that, one below 1 as none. */
export function delayLevelProblem(properties: ReadonlyMap<string, string>): string | undefined {
  const text = properties.get(PROPERTY.DELAY_TIME_LEVEL);
  if (text === undefined || isInt32(text)) return undefined;
  return `delay level "${text.slice(0, SHOWN_CHARACTERS)}" is no integer: give DELAY 0 for at once, 1 and up for a level`;
}

const SHOWN_CHARACTERS = 40;
const isInt32 = (text: string): boolean => /^[+-]?\d{1,10}$/.test(text) && (Number(text) | 0) === Number(text);

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
