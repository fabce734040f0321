// Spans of time as options and tests write them. Pure.

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Ms, or text: `500ms`, `30s`, `5m`, `1h30m`, `7d`. */
export type Duration = number | string;

/** Ms; undefined for what is no span of time, and for one that is not a whole number of ms above 0. */
export function parseDuration(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? sumOf(value.trim()) : value;
  return typeof ms === 'number' && Number.isSafeInteger(ms) && ms > 0 ? ms : undefined;
}

function sumOf(text: string): number | undefined {
  const parts = [...text.matchAll(/\s*(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  if (parts.map(([part]) => part).join('') !== text) return undefined;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS], 0);
}
