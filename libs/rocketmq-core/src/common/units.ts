// Durations as RocketMQ's configuration writes them.

const UNIT_MS = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** `1s`, `5m`, `2h`, `1d` in ms; undefined when the text is none of these [java ScheduleMessageService#parseDelayLevel]. */
export function parseDelayUnits(text: string): number | undefined {
  const match = /^(\d{1,9})([smhd])$/.exec(text.trim());
  return match === null ? undefined : Number(match[1]) * UNIT_MS.get(match[2]!)!;
}
