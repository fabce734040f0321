// Language names and numbers of the command header [java LanguageCode].

const NAMES = [
  'JAVA',
  'CPP',
  'DOTNET',
  'PYTHON',
  'DELPHI',
  'ERLANG',
  'RUBY',
  'OTHER',
  'HTTP',
  'GO',
  'PHP',
  'OMS',
  'RUST',
  'NODE_JS',
] as const;

const CODES: ReadonlyMap<string, number> = new Map(NAMES.map((name, code) => [name, code]));

/** A language this product does not know. */
export const LANGUAGE_UNKNOWN = -1;

export function languageName(code: number): string {
  return NAMES[code] ?? 'OTHER';
}

/** Number of a language given by name or number; LANGUAGE_UNKNOWN for anything else. */
export function languageCode(value: unknown): number {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 && value < NAMES.length ? value : LANGUAGE_UNKNOWN;
  return typeof value === 'string' ? (CODES.get(value) ?? LANGUAGE_UNKNOWN) : LANGUAGE_UNKNOWN;
}
