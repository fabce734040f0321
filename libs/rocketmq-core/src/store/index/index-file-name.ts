// Names of index files: the moment of creation as yyyyMMddHHmmssSSS in local time [java UtilAll#timeMillisToHumanString].
// Must never give a name that does not come after the one before.

const NAME = /^\d{17}$/;

export function isIndexFileName(name: string): boolean {
  return NAME.test(name);
}

function nameOf(timestamp: number): string {
  const date = new Date(timestamp);
  const part = (value: number, length: number): string => String(value).padStart(length, '0');
  return (
    part(date.getFullYear(), 4) +
    part(date.getMonth() + 1, 2) +
    part(date.getDate(), 2) +
    part(date.getHours(), 2) +
    part(date.getMinutes(), 2) +
    part(date.getSeconds(), 2) +
    part(date.getMilliseconds(), 3)
  );
}

/** The name for `now`, or the next number when the clock has not moved on, or has gone back. */
export function nextIndexFileName(now: number, last: string | undefined): string {
  const name = nameOf(now);
  return last === undefined || name > last ? name : String(BigInt(last) + 1n).padStart(17, '0');
}
