// The point in time of CONSUME_FROM_TIMESTAMP: yyyyMMddHHmmss in local time, read as leniently as Java's SimpleDateFormat does.

const WIDTHS = [4, 2, 2, 2, 2] as const;

type ToMs = (year: number, month: number, day: number, hour: number, minute: number, second: number) => number;

const localTime: ToMs = (year, month, day, hour, minute, second) => new Date(year, month - 1, day, hour, minute, second).getTime();

/** Ms since 1970; undefined when the text is no such time. Values above their range carry over, as in Java. */
export function parseConsumeTimestamp(text: string, toMs: ToMs = localTime): number | undefined {
  const fields: number[] = [];
  let at = 0;
  for (const width of [...WIDTHS, Infinity]) {
    const field = /^\s*(\d+)/.exec(text.slice(at, at + width));
    if (field === null) return undefined;
    fields.push(Number(field[1]));
    at += width;
  }
  const [year, month, day, hour, minute, second] = fields as [number, number, number, number, number, number];
  const ms = toMs(year, month, day, hour, minute, second);
  return Number.isFinite(ms) ? ms : undefined;
}

export function formatConsumeTimestamp(ms: number): string {
  const date = new Date(ms);
  const parts = [date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds()];
  return String(date.getFullYear()).padStart(4, '0') + parts.map((part) => String(part).padStart(2, '0')).join('');
}
