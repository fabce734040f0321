// Spans of time in a test: those of options, and none at all. Pure.
import { type Duration, parseDuration } from '../options/index.js';

/** Ms, 0 and above. Throws TypeError for what is no duration. */
export function durationMs(duration: Duration): number {
  if (typeof duration === 'number' && Number.isFinite(duration) && duration >= 0) return duration;
  const ms = typeof duration === 'string' ? parseDuration(duration) : undefined;
  if (ms !== undefined) return ms;
  throw new TypeError(`${JSON.stringify(duration)} is no duration: give ms, or text such as "500ms", "30m", "1h30m"`);
}
