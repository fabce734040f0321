import { PROPERTY } from 'rocketmq-core/message';
import { askedDelivery } from '../message/delivery.js';
import { dueMsOf, isRecalled, slotOf, timerOutMsOf } from './timer-message.js';

const properties = (values: Record<string, string>): { properties: Map<string, string> } => ({
  properties: new Map(Object.entries(values)),
});

describe('slots', () => {
  it.each([
    [2500, 2000],
    [3000, 2000],
    [3001, 3000],
    [2999, 2000],
  ])('of %i is %i [java HookUtils#transformTimerMessage]', (deliverAtMs, slotMs) => {
    expect(slotOf(deliverAtMs, 1000)).toBe(slotMs);
  });

  it.each([
    ['a moment within', { TIMER_DELIVER_MS: '2500' }, 2500],
    ['the end', { TIMER_DELIVER_MS: '3000' }, 0],
    ['a moment of another slot', { TIMER_DELIVER_MS: '9999' }, 0],
    ['nothing', {}, 0],
    ['ms from now', { TIMER_DELAY_MS: '400' }, 2400],
    ['seconds from now, taken up late', { TIMER_DELAY_SEC: '1' }, 0],
  ])('know when %s is due', (_what, values, due) => {
    expect(dueMsOf(properties(values as Record<string, string>), 2000, 1000, 2000)).toBe(due);
  });
});

describe('what a sender asks for', () => {
  it.each([
    [{}, { kind: 'now' }],
    [
      { DELAY: '3', TIMER_DELAY_SEC: '5' },
      { kind: 'level', level: 3 },
    ],
    [
      { DELAY: '0', TIMER_DELAY_SEC: '5' },
      { kind: 'at', deliverAtMs: 6000, saidByProperties: true },
    ],
    [
      { TIMER_DELAY_MS: '5', TIMER_DELIVER_MS: '7' },
      { kind: 'at', deliverAtMs: 1005, saidByProperties: true },
    ],
    [{ TIMER_DELIVER_MS: '-7' }, { kind: 'at', deliverAtMs: -7, saidByProperties: true }],
    [{ TIMER_DELIVER_MS: '7', TIMER_OUT_MS: '0' }, { kind: 'now' }],
    [
      { TIMER_DELAY_SEC: 'x', TIMER_DELIVER_MS: '7' },
      { kind: 'at', deliverAtMs: NaN, saidByProperties: true },
    ],
  ])('%j', (values, delivery) => {
    expect(askedDelivery(properties(values as Record<string, string>).properties, 1000)).toEqual(delivery);
  });
});

describe('recalls', () => {
  it('name a message by its id, or by its topic and id', () => {
    const message = properties({ [PROPERTY.UNIQUE_KEY]: 'A', [PROPERTY.REAL_TOPIC]: 'T' });
    expect(isRecalled(message, new Set(['A']))).toBe(true);
    expect(isRecalled(message, new Set(['T+A']))).toBe(true);
    expect(isRecalled(message, new Set(['T', 'U+A', 'B']))).toBe(false);
    expect(isRecalled(properties({}), new Set(['', 'undefined']))).toBe(false);
  });

  it('and other timer messages say when', () => {
    expect(timerOutMsOf(properties({ TIMER_OUT_MS: '2000' }))).toBe(2000);
    expect(timerOutMsOf(properties({ TIMER_OUT_MS: '2e3' }))).toBeUndefined();
    expect(timerOutMsOf(properties({}))).toBeUndefined();
  });
});
