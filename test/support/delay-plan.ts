// Delayed messages and when each is due, whatever happens to the clock: a level is counted in time that passes, except that a clock set
// forward is believed; a moment is a moment. Pure; must never look at a clock.

export interface DelayedMessage {
  readonly body: string;
  readonly properties: Readonly<Record<string, string>>;
  /** The delay of a level is measured from the send, a moment is none of the broker's. */
  readonly kind: 'level' | 'timer';
}

/** What is asked of the broker: as many levels as timers, of every level alike, timers between `nearMs` and `farMs` in all three forms. */
export function delayPlan(
  count: number,
  options: { first?: number; levels: number; nearMs: number; farMs: number; nowMs: number; random: { int(bound: number): number } },
): DelayedMessage[] {
  const { first = 0, levels, nearMs, farMs, nowMs, random } = options;
  return Array.from({ length: count }, (_, i): DelayedMessage => {
    const body = String(first + i);
    if (i % 2 === 0) return { body, kind: 'level', properties: { DELAY: String(1 + ((i / 2) % levels)) } };
    const ms = nearMs + random.int(farMs - nearMs);
    const forms: ReadonlyArray<Readonly<Record<string, string>>> = [
      { TIMER_DELIVER_MS: String(nowMs + ms) },
      { TIMER_DELAY_MS: String(ms) },
      { TIMER_DELAY_SEC: String(Math.ceil(ms / 1000)) },
    ];
    return { body, kind: 'timer', properties: forms[(i >> 1) % 3]! };
  });
}

/** Wall time at which a message sent at `sentMs` is due. */
export function dueAtMs({ properties }: DelayedMessage, sentMs: number, delayMsOfLevel: (level: number) => number): number {
  if (properties['DELAY'] !== undefined) return sentMs + delayMsOfLevel(Number(properties['DELAY']));
  if (properties['TIMER_DELIVER_MS'] !== undefined) return Number(properties['TIMER_DELIVER_MS']);
  return sentMs + Number(properties['TIMER_DELAY_MS'] ?? Number(properties['TIMER_DELAY_SEC']) * 1000);
}

/** A clock's wall time from a point of monotonic time on. */
export interface ClockSegment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

/** The monotonic time at which it is due, given how the clock was set since. */
export function dueMonotonic(message: DelayedMessage, due: number, sentMonotonicMs: number, segments: readonly ClockSegment[]): number {
  let wallDue = due;
  for (const [index, { monotonicMs, wallMs }] of segments.entries()) {
    const next = segments[index + 1];
    const endMs = next?.monotonicMs ?? Infinity;
    if (endMs > sentMonotonicMs) {
      const at = monotonicMs + Math.max(0, wallDue - wallMs);
      if (at < endMs) return Math.max(at, sentMonotonicMs);
    }
    const setBackMs = next === undefined ? 0 : wallMs + (endMs - monotonicMs) - next.wallMs;
    if (message.kind === 'level' && setBackMs > 0 && endMs > sentMonotonicMs) wallDue -= setBackMs;
  }
  throw new Error(`message ${message.body} is never due`);
}

export interface Accuracy {
  readonly count: number;
  readonly lost: number;
  readonly twice: number;
  /** By more than a second. */
  readonly early: number;
  readonly earliestMs: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** `lateMs` of every delivery, negative when early, by body. */
export function accuracyOf(bodies: readonly string[], lateMs: ReadonlyMap<string, readonly number[]>): Accuracy {
  const firsts = bodies.map((body) => lateMs.get(body)?.[0]).filter((late) => late !== undefined);
  const sorted = firsts.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN);
  return {
    count: bodies.length,
    lost: bodies.length - firsts.length,
    twice: [...lateMs.values()].filter((lates) => lates.length > 1).length,
    early: sorted.filter((late) => late < -1000).length,
    earliestMs: Math.round(sorted[0] ?? NaN),
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
  };
}
