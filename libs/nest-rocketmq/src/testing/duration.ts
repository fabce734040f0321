// Spans of time as tests write them. Pure.

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Ms, or text such as `500ms`, `2s`, `30m`, `1h30m`, `3d`. */
export type Duration = number | string;

/** Throws TypeError for what is no duration. */
export function durationMs(duration: Duration): number {
  if (typeof duration === 'number' && Number.isFinite(duration) && duration >= 0) return duration;
  const text = String(duration).trim();
  const parts = [...text.matchAll(/\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)/g)];
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === text;
  if (typeof duration !== 'string' || !isWhole) {
    throw new TypeError(`${JSON.stringify(duration)} is no duration: give ms, or text such as "500ms", "30m", "1h30m"`);
  }
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS], 0);
}
