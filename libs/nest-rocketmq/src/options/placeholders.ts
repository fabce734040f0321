// Texts with `${key}` and `${key:default}`, Spring's form, wherever they stand in an object of options. Must never tell a value it found or a
// default: it may be a secret.
import { ProblemList, type ConfigurationProblem } from './configuration-error.js';

/** Where the values come from. Undefined: there is none, and the default counts. */
export type PlaceholderLookup = (key: string) => string | number | boolean | undefined;

/** What an application gives as the option `placeholders` or under the token ROCKETMQ_PLACEHOLDER_RESOLVER. */
export interface RocketMQPlaceholderResolver {
  resolve(key: string): string | number | boolean | undefined;
}

/** Values that hold placeholders themselves, one inside the other; more is a circle. */
const DEPTH_MAX = 16;
/** Members that are no options to read texts from. */
const UNTOUCHED: ReadonlySet<string> = new Set(['messageType', 'messageConverter', 'clock', 'placeholders']);

class UnresolvedPlaceholder extends Error {
  constructor(
    readonly key: string,
    readonly isCircle: boolean,
  ) {
    super(key);
  }
}

export interface Resolved<T> {
  readonly options: T;
  readonly problems: readonly ConfigurationProblem[];
}

/**
 * A copy with every placeholder replaced, in the names of members too; functions, instances and what has none are kept. A text that becomes
 * empty counts as left out. What cannot be resolved stays as it is and is told of, each with its place.
 */
export function resolvePlaceholders<T>(where: string, options: T, lookup: PlaceholderLookup): Resolved<T> {
  const problems = new ProblemList(where);
  return { options: resolveValue('', options, lookup, problems) as T, problems: problems.found };
}

function resolveValue(path: string, value: unknown, lookup: PlaceholderLookup, problems: ProblemList): unknown {
  if (typeof value === 'string') return resolveOption(path, value, lookup, problems);
  if (Array.isArray(value)) return value.map((item) => resolveValue(path, item, lookup, problems));
  if (!isPlainObject(value)) return value;
  const members = Object.entries(value).map(([name, member]): [string, unknown] => {
    if (UNTOUCHED.has(name)) return [name, member];
    const at = path === '' ? name : `${path}.${name}`;
    return [resolveOption(at, name, lookup, problems) ?? name, resolveValue(at, member, lookup, problems)];
  });
  return Object.fromEntries(members);
}

function resolveOption(path: string, text: string, lookup: PlaceholderLookup, problems: ProblemList): string | undefined {
  if (!text.includes('${')) return text;
  try {
    const resolved = resolveText(text, lookup, 0);
    return resolved === '' ? undefined : resolved;
  } catch (error) {
    if (!(error instanceof UnresolvedPlaceholder)) throw error;
    const { key, isCircle } = error;
    if (isCircle) problems.add(path, `the placeholder \${${key}} leads back to itself`, 'Give it a value without that placeholder.');
    else {
      problems.add(
        path,
        `the placeholder \${${key}} has no value`,
        `Set ${key} (or ${environmentNames(key)[0]} in the environment), or write a default: \${${key}:...}.`,
      );
    }
    return text;
  }
}

/** `$` before `{` can be written `\${` for a text that has no placeholder in mind. */
function resolveText(text: string, lookup: PlaceholderLookup, depth: number): string {
  let result = '';
  let at = 0;
  for (;;) {
    const start = text.indexOf('${', at);
    if (start < 0) return result + text.slice(at);
    if (text[start - 1] === '\\') {
      result += `${text.slice(at, start - 1)}\${`;
      at = start + 2;
      continue;
    }
    const end = closingBrace(text, start + 2);
    if (end < 0) return result + text.slice(at);
    result += text.slice(at, start) + resolveOne(text.slice(start + 2, end), lookup, depth);
    at = end + 1;
  }
}

function resolveOne(inner: string, lookup: PlaceholderLookup, depth: number): string {
  const colon = defaultAt(inner);
  const key = resolveText(colon < 0 ? inner : inner.slice(0, colon), lookup, depth).trim();
  if (depth >= DEPTH_MAX) throw new UnresolvedPlaceholder(key, true);
  const value = lookup(key);
  if (value !== undefined) return resolveText(String(value), lookup, depth + 1);
  if (colon < 0) throw new UnresolvedPlaceholder(key, false);
  return resolveText(inner.slice(colon + 1), lookup, depth + 1);
}

function closingBrace(text: string, from: number): number {
  let open = 1;
  for (let i = from; i < text.length; i++) {
    if (text.startsWith('${', i)) open++;
    if (text[i] === '}' && --open === 0) return i;
  }
  return -1;
}

/** The colon between key and default, not one of a placeholder inside the key. */
function defaultAt(inner: string): number {
  let open = 0;
  for (let i = 0; i < inner.length; i++) {
    if (inner.startsWith('${', i)) open++;
    else if (inner[i] === '}') open--;
    else if (inner[i] === ':' && open === 0) return i;
  }
  return -1;
}

/** `rocketmq.name-server` in an environment: ROCKETMQ_NAME_SERVER, and as Spring writes it ROCKETMQ_NAMESERVER. */
export function environmentNames(key: string): string[] {
  const words = key.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/[^A-Za-z0-9]+/g, '_');
  const spring = key.replaceAll('-', '').replace(/[^A-Za-z0-9]+/g, '_');
  return [...new Set([words.toUpperCase(), spring.toUpperCase()])];
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
