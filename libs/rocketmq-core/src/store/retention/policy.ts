// Which log files may go, as a pure decision: hour of the day, age, and how full the disk is (rules of an Apache broker).
// Must never choose the last file.

export interface RetentionSettings {
  /** `fileReservedTime`, hours. */
  fileReservedTime: number;
  /** `deleteWhen`: hours of the day, several separated by `;`. */
  deleteWhen: string;
  /** `diskMaxUsedSpaceRatio`, percent. */
  diskMaxUsedSpaceRatio: number;
}

export interface LogFileAge {
  start: number;
  modifiedMs: number;
}

export interface RetentionFacts {
  nowMs: number;
  /** Hour of the day where the broker stands. */
  hour: number;
  usedPercent: number;
  /** All log files, oldest first; the last one is in use. */
  files: readonly LogFileAge[];
}

export interface RetentionDecision {
  deleteStarts: number[];
  /** True: the disk is too full to take more. */
  isDiskFull: boolean;
  why: 'time' | 'space' | 'full' | 'none';
}

const DELETE_BATCH_MAX = 10;
const HOUR_MS = 3_600_000;
/** `diskSpaceWarningLevelRatio`, `diskSpaceCleanForciblyRatio`: percent from which writing stops, and from which age does not count. */
export const DISK_FULL_PERCENT = 90;
const CLEAN_FORCIBLY_PERCENT = 85;
/** Bounds that Java puts around `diskMaxUsedSpaceRatio`. */
const MAX_USED_BOUNDS = [10, 95] as const;

export function decideRetention(facts: RetentionFacts, settings: RetentionSettings): RetentionDecision {
  const isDiskFull = facts.usedPercent > DISK_FULL_PERCENT;
  const ignoresAge = facts.usedPercent > CLEAN_FORCIBLY_PERCENT;
  const maxUsed = Math.min(Math.max(settings.diskMaxUsedSpaceRatio, MAX_USED_BOUNDS[0]), MAX_USED_BOUNDS[1]);
  const isShort = facts.usedPercent > maxUsed;
  const isTime = hoursOf(settings.deleteWhen).includes(facts.hour);
  const why = isDiskFull ? 'full' : ignoresAge || isShort ? 'space' : isTime ? 'time' : 'none';
  if (why === 'none') return { deleteStarts: [], isDiskFull, why };
  const oldestKeptMs = facts.nowMs - settings.fileReservedTime * HOUR_MS;
  const deleteStarts: number[] = [];
  for (const file of facts.files.slice(0, -1)) {
    // Only from the front: the log has no holes.
    if (deleteStarts.length >= DELETE_BATCH_MAX || (!ignoresAge && file.modifiedMs >= oldestKeptMs)) break;
    deleteStarts.push(file.start);
  }
  return { deleteStarts, isDiskFull, why };
}

export function hoursOf(deleteWhen: string): number[] {
  return deleteWhen
    .split(';')
    .map((text) => text.trim())
    .filter((text) => /^\d{1,2}$/.test(text))
    .map(Number);
}
