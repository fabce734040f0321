// Finds an ordinal by store time. Pure: asks for the time of an ordinal, -1 when its record is gone, which counts as older than all.

/** LOWER: first ordinal with time >= timestamp, `max` when all are older. UPPER: last with time <= timestamp, `min` when all are newer. */
export function findByTimestamp(
  min: number,
  max: number,
  timestamp: number,
  boundary: 'LOWER' | 'UPPER',
  timeOf: (ordinal: number) => number,
): number {
  const isBefore = (ordinal: number): boolean => (boundary === 'LOWER' ? timeOf(ordinal) < timestamp : timeOf(ordinal) <= timestamp);
  let low = min;
  let high = max;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return boundary === 'LOWER' ? low : Math.max(min, low - 1);
}
