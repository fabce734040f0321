// Names of files in a series: the offset of the first byte as 20 decimal digits. Must never accept a name it would not write.

const NAME = /^\d{20}$/;

export function fileNameOf(start: number): string {
  return String(start).padStart(20, '0');
}

/** First byte's offset, undefined when the name is none of ours. */
export function startOfFileName(name: string): number | undefined {
  if (!NAME.test(name)) return undefined;
  const start = Number(name);
  return Number.isSafeInteger(start) ? start : undefined;
}
