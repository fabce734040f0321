// When a message is to be delivered: what a sender may ask for by properties, as a value. Pure.
// Must be asked for messages of senders only: properties of a stored message are leftovers, not wishes.
import { PROPERTY } from 'rocketmq-core/message';
import { delayLevelOf, type DraftMessage } from './broker-message.js';

/** At once, after a delay level, or at a moment (ms since 1970). */
export type Delivery =
  | { readonly kind: 'now' }
  | { readonly kind: 'level'; readonly level: number }
  | { readonly kind: 'at'; readonly deliverAtMs: number; readonly saidByProperties: boolean };

export const DELIVER_NOW: Delivery = { kind: 'now' };

export function afterLevel(level: number): Delivery {
  return { kind: 'level', level };
}

/** At a moment of the broker's choosing: whatever the properties ask for gives way. */
export function deliverAt(deliverAtMs: number): Delivery {
  return { kind: 'at', deliverAtMs, saidByProperties: false };
}

/** First one present counts [java HookUtils#transformTimerMessage]; the factor makes milliseconds, absolute ones have none. */
const TIMER_WISHES = [
  { name: PROPERTY.TIMER_DELAY_SEC, unitMs: 1000, relative: true },
  { name: PROPERTY.TIMER_DELAY_MS, unitMs: 1, relative: true },
  { name: PROPERTY.TIMER_DELIVER_MS, unitMs: 1, relative: false },
] as const;

/**
 * What the sender of a message with these properties asks for; NaN as moment: something that is no number. A delay level beats every
 * timer, and a message that has been through the timer once (TIMER_OUT_MS) is not sent there again.
 */
export function askedDelivery(properties: ReadonlyMap<string, string>, nowMs: number): Delivery {
  const level = delayLevelOf(properties);
  if (level > 0) return afterLevel(level);
  if (properties.has(PROPERTY.TIMER_OUT_MS)) return DELIVER_NOW;
  const wish = TIMER_WISHES.find(({ name }) => properties.has(name));
  if (wish === undefined) return DELIVER_NOW;
  const text = properties.get(wish.name) ?? '';
  const value = /^[+-]?\d{1,18}$/.test(text) ? Number(text) : NaN;
  return { kind: 'at', deliverAtMs: value * wish.unitMs + (wish.relative ? nowMs : 0), saidByProperties: true };
}

/** Writes down a moment in the place of what was asked for. */
export function setDeliverTime({ properties }: DraftMessage, deliverAtMs: number): void {
  for (const { name } of TIMER_WISHES) properties.delete(name);
  properties.set(PROPERTY.TIMER_DELIVER_MS, String(deliverAtMs));
}
