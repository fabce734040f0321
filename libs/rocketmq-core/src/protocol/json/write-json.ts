// Writes the JSON dialect as fastjson does: members in alphabetical order, absent ones left out, numeric keys bare, objects as keys.
// Must never write `$ref`: no reader needs it and 5.5.0 writes none either.

/** What can be written: Map keys may be numbers, strings or objects; undefined members are left out, bigint is written as a number. */
export type Writable = null | undefined | boolean | number | bigint | string | readonly Writable[] | ReadonlyMap<unknown, unknown> | object;

export interface WriteOptions {
  /** Quote numeric keys and write non-ASCII as \uXXXX: the form of route answers for clients from 4.9.4 on. */
  standard?: boolean;
  /** One member per line, one TAB per level, as configuration files are written; maps with keys that are no strings stay on one line. */
  pretty?: boolean;
}

export function writeJson(value: Writable, options: WriteOptions = {}): string {
  return write(value, options, options.pretty === true ? 0 : -1);
}

// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const ESCAPED = /["\\\u0000-\u001f\u007f\u2028\u2029]/g;
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const ESCAPED_STANDARD = /["\\\u0000-\u001f\u007f-\uffff]/g;
const SHORT = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function quote(text: string, options: WriteOptions): string {
  const pattern = options.standard === true ? ESCAPED_STANDARD : ESCAPED;
  return `"${text.replace(pattern, (char) => SHORT.get(char) ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;
}

/** `level`: indentation, or -1 for compact. */
function write(value: Writable, options: WriteOptions, level: number): string {
  if (value === null || value === undefined) return 'null';
  switch (typeof value) {
    case 'string':
      return quote(value, options);
    case 'number':
      return Number.isFinite(value) ? writeNumber(value) : 'null';
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      if (Array.isArray(value) || value instanceof Set)
        return `[${[...(value as Iterable<Writable>)].map((item) => write(item, options, -1)).join(',')}]`;
      return value instanceof Map ? writeMap(value, options, level) : writeMembers(Object.entries(value), options, level);
  }
}

/** Doubles that are integers stay integers; exponents as Java prints them. */
function writeNumber(value: number): string {
  const text = String(value);
  return text.includes('e') ? text.replace('e+', 'E').replace('e', 'E') : text;
}

function writeMembers(entries: ReadonlyArray<readonly [string, unknown]>, options: WriteOptions, level: number): string {
  const members = entries.filter(([, item]) => item !== undefined && item !== null).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return join(
    members.map(([name, item]) => `${quote(name, options)}:${write(item as Writable, options, level < 0 ? -1 : level + 1)}`),
    level,
  );
}

function writeMap(map: ReadonlyMap<unknown, unknown>, options: WriteOptions, level: number): string {
  const onlyNames = [...map.keys()].every((key) => typeof key === 'string');
  const inner = onlyNames && level >= 0 ? level + 1 : -1;
  const entries = [...map].filter(([, item]) => item !== undefined);
  if (options.standard === true) entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  const members = entries.map(([key, item]) => `${writeKey(key, options)}:${write(item as Writable, options, inner)}`);
  return join(members, onlyNames ? level : -1);
}

function writeKey(key: unknown, options: WriteOptions): string {
  if (typeof key === 'string') return quote(key, options);
  if (typeof key === 'number' || typeof key === 'bigint') return options.standard === true ? `"${key}"` : String(key);
  return write(key as Writable, options, -1);
}

function join(members: readonly string[], level: number): string {
  if (level < 0 || members.length === 0) return `{${members.join(',')}}`;
  const tabs = '\t'.repeat(level + 1);
  return `{\n${members.map((member) => tabs + member).join(',\n')}\n${'\t'.repeat(level)}}`;
}
