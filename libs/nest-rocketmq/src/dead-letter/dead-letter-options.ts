// What listing and redriving dead letters take, and the limits of each. Pure.
import { IllegalMessageError } from 'rocketmq-core/errors';
import type { DeadLetterMessage, RedriveTarget } from './dead-letter-message.js';

export const DEAD_LETTER_LIMITS = {
  /** Letters of one list. */
  listDefault: 32,
  listMax: 1000,
  /** Letters of one redrive. */
  redriveDefault: 1000,
  redriveMax: 100_000,
  /** Letters a second. */
  rateDefault: 100,
  rateMax: 10_000,
} as const;

export interface ListDeadLettersOptions {
  /** Most letters, 1..1000. Default 32. */
  limit?: number | undefined;
  /** Dead since then: ms since 1970, or a Date. */
  from?: number | Date | undefined;
  /** Dead until then, itself not included. */
  to?: number | Date | undefined;
  /** `next` of the list before; goes on behind it. */
  cursor?: string | undefined;
}

export interface DeadLetterList {
  /** Oldest first. */
  readonly letters: readonly DeadLetterMessage[];
  /** Cursor of what follows; undefined at the end. */
  readonly next: string | undefined;
}

export interface RedriveOptions {
  /** These letters, by `id` or `msgId`. */
  ids?: readonly string[] | undefined;
  /** Every letter that no `all` before has taken; the broker keeps how far that was. With `from` or `to`: those of that time, taken before or not. */
  all?: boolean | undefined;
  from?: number | Date | undefined;
  to?: number | Date | undefined;
  /** Most letters, 1..100000. Default 1000. */
  limit?: number | undefined;
  /** Letters a second at most, up to 10000. Default 100. */
  rate?: number | undefined;
  /** Default TOPIC: the topic the message was sent to, for every group that reads it. GROUP: only for the group that gave it up; not for one that consumes ORDERLY. */
  target?: RedriveTarget | undefined;
  /** Default false: `all` ends at the first letter that cannot be sent and begins there next time. True: it is passed over. */
  continueOnError?: boolean | undefined;
  /** Ends it after the letter under way. */
  signal?: AbortSignal | undefined;
}

export interface RedrivenLetter {
  readonly id: string;
  readonly msgId: string;
  readonly topic: string;
}

export interface RedriveReport {
  readonly redriven: readonly RedrivenLetter[];
  /** What could not be sent or found, and why. */
  readonly failed: ReadonlyArray<{ readonly id: string; readonly reason: string }>;
  /** False: the limit, a failure or the signal ended it before all were through. */
  readonly complete: boolean;
}

export interface RedrivePlan extends RedriveOptions {
  readonly limit: number;
  readonly rate: number;
  readonly target: RedriveTarget;
}

export function readListOptions(options: ListDeadLettersOptions): { limit: number; from: number | undefined; to: number | undefined } {
  const { listDefault, listMax } = DEAD_LETTER_LIMITS;
  return { limit: within('limit', options.limit ?? listDefault, listMax), from: toMs('from', options.from), to: toMs('to', options.to) };
}

export function readRedriveOptions(options: RedriveOptions): RedrivePlan {
  const { redriveDefault, redriveMax, rateDefault, rateMax } = DEAD_LETTER_LIMITS;
  if ((options.ids === undefined) === (options.all !== true)) {
    throw new IllegalMessageError('redrive takes either ids or all: true');
  }
  const { target = 'TOPIC' } = options;
  if (target !== 'TOPIC' && target !== 'GROUP') throw new IllegalMessageError(`target ${String(target)} is neither TOPIC nor GROUP`);
  return {
    ...options,
    target,
    limit: within('limit', options.limit ?? redriveDefault, redriveMax),
    rate: within('rate', options.rate ?? rateDefault, rateMax),
    from: toMs('from', options.from),
    to: toMs('to', options.to),
  };
}

function within(name: string, value: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= max) return value;
  throw new IllegalMessageError(`${name} ${value} is no integer within 1..${max}`);
}

function toMs(name: string, value: number | Date | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = Number(value);
  if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw new IllegalMessageError(`${name} ${String(value)} is neither ms since 1970 nor a Date`);
}
