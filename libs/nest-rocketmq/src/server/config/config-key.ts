// One configuration key: its type, default, range, unit and sentence, and how its text is read and written. Knows no file and no other key.

/** What a placeholder or a relative default is resolved against; handed in so that an embedded server sees only what it is given. */
export interface ConfigEnvironment {
  readonly homeDirectory: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export type ConfigKeyType = 'int' | 'long' | 'bool' | 'enum' | 'string' | 'path' | 'list' | 'ratio';

export interface ConfigKeyOptions<T> {
  default: T;
  /** One sentence: what the value does. */
  doc: string;
  /** 'ms', 'bytes', 's', 'percent', 'count'. */
  unit?: string;
  /** Printed by `-m`. */
  important?: boolean;
  /** Never printed or logged. */
  secret?: boolean;
  /** Takes effect when updated in a running server. */
  hot?: boolean;
}

interface RangeOptions {
  min?: number;
  max?: number;
}

export interface ConfigKey<T> {
  readonly type: ConfigKeyType;
  readonly default: T;
  readonly doc: string;
  readonly unit: string | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly values: readonly string[] | undefined;
  readonly important: boolean;
  readonly secret: boolean;
  readonly hot: boolean;
  /** Reads trimmed text; throws ConfigValueError. */
  parse(text: string): T;
  /** What is wrong with a value given in code, or undefined. */
  problem(value: unknown): string | undefined;
  format(value: T): string;
}

/** The text or value of one key cannot be used; the loader adds the key. */
export class ConfigValueError extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.name = 'ConfigValueError';
    this.reason = reason;
  }
}

const INTEGER = /^[+-]?\d{1,19}$/;
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/;
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/;

export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : String(value);
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

interface KeyParts<T> {
  type: ConfigKeyType;
  parse(text: string): T;
  problem(value: unknown): string | undefined;
  format?(value: T): string;
  min?: number | undefined;
  max?: number | undefined;
  values?: readonly string[];
}

function configKey<T>(options: ConfigKeyOptions<T>, parts: KeyParts<T>): ConfigKey<T> {
  const key: ConfigKey<T> = {
    type: parts.type,
    default: options.default,
    doc: options.doc,
    unit: options.unit,
    min: parts.min,
    max: parts.max,
    values: parts.values,
    important: options.important ?? false,
    secret: options.secret ?? false,
    hot: options.hot ?? false,
    parse: (text) => {
      const value = parts.parse(text);
      const reason = parts.problem(value);
      if (reason !== undefined) throw new ConfigValueError(reason);
      return value;
    },
    problem: parts.problem,
    format: parts.format ?? String,
  };
  const reason = key.problem(options.default);
  if (reason !== undefined) throw new ConfigValueError(`default ${reason}`);
  return Object.freeze(key);
}

function integer(
  type: 'int' | 'long',
  lowest: number,
  highest: number,
  options: ConfigKeyOptions<number> & RangeOptions,
): ConfigKey<number> {
  const min = options.min ?? lowest;
  const max = options.max ?? highest;
  const unit = options.unit === undefined ? '' : ` ${options.unit}`;
  const range = `no integer within ${min}..${max}${unit}`;
  return configKey(options, {
    type,
    min,
    max,
    parse: (text) => {
      if (!INTEGER.test(text)) throw new ConfigValueError(`${shown(text)} is ${range}`);
      return Number(text);
    },
    problem: (value) =>
      typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max ? undefined : `${shown(value)} is ${range}`,
  });
}

/** 32-bit integer. Default range: 0 up. */
export function int(options: ConfigKeyOptions<number> & RangeOptions): ConfigKey<number> {
  return integer('int', 0, 2 ** 31 - 1, options);
}

/** Integer up to 2^53 - 1. Default range: 0 up. */
export function long(options: ConfigKeyOptions<number> & RangeOptions): ConfigKey<number> {
  return integer('long', 0, Number.MAX_SAFE_INTEGER, options);
}

/** A number that may have a fraction: percentages and shares. Default range 0..100. */
export function ratio(options: ConfigKeyOptions<number> & RangeOptions): ConfigKey<number> {
  const min = options.min ?? 0;
  const max = options.max ?? 100;
  const range = `no number within ${min}..${max}`;
  return configKey(options, {
    type: 'ratio',
    min,
    max,
    parse: (text) => {
      if (!DECIMAL.test(text)) throw new ConfigValueError(`${shown(text)} is ${range}`);
      return Number(text);
    },
    problem: (value) =>
      typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max ? undefined : `${shown(value)} is ${range}`,
  });
}

/** `true` or `false` in any case. Java reads every other word as false; here it is refused. */
export function bool(options: ConfigKeyOptions<boolean>): ConfigKey<boolean> {
  return configKey(options, {
    type: 'bool',
    parse: (text) => {
      const word = text.toLowerCase();
      if (word !== 'true' && word !== 'false') throw new ConfigValueError(`${shown(text)} is neither true nor false`);
      return word === 'true';
    },
    problem: (value) => (typeof value === 'boolean' ? undefined : `${shown(value)} is neither true nor false`),
  });
}

/** One of the given words, exactly as written. */
export function oneOf<const V extends string>(values: readonly V[], options: ConfigKeyOptions<NoInfer<V>>): ConfigKey<V> {
  return configKey<V>(options, {
    type: 'enum',
    values,
    parse: (text) => text as V,
    problem: (value) => (values.includes(value as V) ? undefined : `${shown(value)} is none of ${values.join(', ')}`),
  });
}

interface TextOptions {
  /** The whole value must match. */
  pattern?: RegExp;
  /** Ends the sentence `"x" is no …` when the pattern does not match. */
  expected?: string;
  /** Default 4096 characters. */
  maxLength?: number;
}

function textProblem(value: unknown, options: TextOptions): string | undefined {
  if (typeof value !== 'string') return `${shown(value)} is no text`;
  const maxLength = options.maxLength ?? 4096;
  if (value.length > maxLength) return `is ${value.length} characters long, the limit is ${maxLength}`;
  if (CONTROL.test(value)) return `${shown(value)} contains a control character`;
  if (options.pattern !== undefined && !options.pattern.test(value)) return `${shown(value)} is no ${options.expected ?? 'allowed value'}`;
  return undefined;
}

export function text(options: ConfigKeyOptions<string> & TextOptions): ConfigKey<string> {
  return configKey(options, { type: 'string', parse: (value) => value, problem: (value) => textProblem(value, options) });
}

/** A file or directory. `${user.home}` and `${ENVIRONMENT_VARIABLE}` are replaced when loaded, in defaults too. */
export function path(options: ConfigKeyOptions<string>): ConfigKey<string> {
  return configKey(options, { type: 'path', parse: (value) => value, problem: (value) => textProblem(value, {}) });
}

/** Words between separators, `;` unless told otherwise; blanks around them and empty ones dropped. */
export function list(
  options: ConfigKeyOptions<readonly string[]> & { separator?: string; maxItems?: number },
): ConfigKey<readonly string[]> {
  const separator = options.separator ?? ';';
  const maxItems = options.maxItems ?? 1024;
  return configKey<readonly string[]>(options, {
    type: 'list',
    parse: (value) => {
      const items = value.split(separator);
      return items.map((item) => item.trim()).filter((item) => item !== '');
    },
    problem: (value) => {
      if (!Array.isArray(value)) return `${shown(value)} is no list`;
      if (value.length > maxItems) return `has ${value.length} items, the limit is ${maxItems}`;
      return value.map((item) => textProblem(item, {})).find((reason) => reason !== undefined);
    },
    format: (value) => value.join(separator),
  });
}
