// Spans of time as options take them: ms, or text such as `7d`. Pure.
import { parseDelayUnits } from 'rocketmq-core/common';

const MS_TEXT = /^(\d{1,15})ms$/;

/** Ms of `1500`, `'1500ms'`, `'30s'`, `'5m'`, `'2h'`, `'7d'`; undefined for anything else, also for a number that is not above 0. */
export function parseDuration(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? (toNumber(MS_TEXT.exec(value.trim())?.[1]) ?? parseDelayUnits(value)) : value;
  return typeof ms === 'number' && Number.isSafeInteger(ms) && ms > 0 ? ms : undefined;
}

const toNumber = (digits: string | undefined): number | undefined => (digits === undefined ? undefined : Number(digits));
