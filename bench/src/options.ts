// Command-line options of the official benchmark, read the same way: single-letter names with one dash, values as separate words.

export interface OptionSpec {
  /** Long name, as the official help prints it. */
  long: string;
  default: string;
  about: string;
}

export type OptionValues<S extends Record<string, OptionSpec>> = Record<keyof S, string>;

/** Wrong usage: printed with the help, exit code 2. */
export class UsageError extends Error {}

/** Reads `-t TOPIC --topic TOPIC …`; throws UsageError for an unknown option or a missing value. */
export function readOptions<S extends Record<string, OptionSpec>>(specs: S, argv: readonly string[]): OptionValues<S> {
  const byName = new Map<string, keyof S>();
  for (const [short, spec] of Object.entries(specs)) {
    byName.set(`-${short}`, short);
    byName.set(`--${spec.long}`, short);
  }
  const values = Object.fromEntries(Object.entries(specs).map(([short, spec]) => [short, spec.default])) as OptionValues<S>;
  for (let i = 0; i < argv.length; i += 2) {
    const name = byName.get(argv[i]!);
    if (name === undefined) throw new UsageError(`unknown option ${argv[i]}`);
    const value = argv[i + 1];
    if (value === undefined) throw new UsageError(`option ${argv[i]} needs a value`);
    values[name] = value;
  }
  return values;
}

export function helpText(command: string, specs: Record<string, OptionSpec>): string {
  const lines = Object.entries(specs).map(
    ([short, spec]) => `  -${short.padEnd(3)} --${spec.long.padEnd(22)} ${spec.about} (default ${spec.default || 'none'})`,
  );
  return `usage: npm run bench -- ${command} [options]\n${lines.join('\n')}\n`;
}

/** An integer option within a range; throws UsageError naming option, value and range. */
export function integer(values: Record<string, string>, name: string, min: number, max: number): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new UsageError(`-${name} ${values[name]}: an integer within ${min}..${max} is needed`);
  return value;
}

export function flag(values: Record<string, string>, name: string): boolean {
  const text = values[name]!.toLowerCase();
  if (text !== 'true' && text !== 'false') throw new UsageError(`-${name} ${values[name]}: true or false is needed`);
  return text === 'true';
}
