// A server's keys as one table, and the way from a properties text to a typed, checked object. Must never read a file or print.
import { homedir } from 'node:os';
import { ConfigError, type ConfigProblem } from 'rocketmq-core/errors';
import { type ConfigEnvironment, type ConfigKey, ConfigValueError } from './config-key.js';
import { formatProperties, parseProperties, PROPERTIES_TEXT_LIMIT_BYTES } from './properties-file.js';

export type ConfigSchema = Readonly<Record<string, ConfigKey<unknown>>>;

type ValueOf<K> = K extends ConfigKey<infer T> ? T : never;

/** The typed object of a schema. Mutable only by applyConfigUpdate. */
export type ConfigOf<S> = { readonly [K in keyof S]: ValueOf<S[K]> };

export interface LoadConfigInput<S> {
  /** What problems are reported against: the path of the file, or `options`. */
  where: string;
  /** Content of the properties file. */
  text?: string | undefined;
  /** Texts that win over the file: command line flags, environment variables. */
  overrideTexts?: Readonly<Record<string, string | undefined>>;
  /** Values given in code; win over everything. */
  overrides?: Partial<ConfigOf<S>> | undefined;
  /** Keys of Apache's that this server accepts without using. */
  knownKeys?: ReadonlySet<string>;
  environment?: ConfigEnvironment;
  /** Checks across keys. */
  refine?: (config: ConfigOf<S>) => readonly ConfigProblem[];
}

export interface LoadedConfig<S> {
  readonly config: ConfigOf<S>;
  /** Keys nobody knows: worth one warning line. */
  readonly unknownKeys: readonly string[];
  /** Keys of Apache's that have no effect here: worth one info line. */
  readonly unusedKeys: readonly string[];
  /** Keys whose value was given, not defaulted. */
  readonly givenKeys: ReadonlySet<string>;
}

/** The environment of this process. */
export function processEnvironment(): ConfigEnvironment {
  return { homeDirectory: homedir(), variables: process.env };
}

/** Reads, checks and freezes nothing: gives the config, or throws ConfigError with every problem at once. */
export function loadConfig<const S extends ConfigSchema>(schema: S, input: LoadConfigInput<S>): LoadedConfig<S> {
  const environment = input.environment ?? processEnvironment();
  const problems: ConfigProblem[] = [];
  const given = new Map<string, string>(readText(input, problems));
  for (const [key, value] of Object.entries(input.overrideTexts ?? {})) if (value !== undefined) given.set(key, value);
  const overrides = new Map<string, unknown>(Object.entries(input.overrides ?? {}).filter(([, value]) => value !== undefined));
  const config: Record<string, unknown> = {};
  for (const [name, key] of Object.entries(schema as Record<string, ConfigKey<unknown>>)) {
    const found = readKey(key, { override: overrides.get(name), text: given.get(name) }, environment);
    if ('problem' in found) problems.push({ key: name, problem: found.problem });
    else config[name] = found.value;
  }
  for (const name of overrides.keys()) if (!Object.hasOwn(schema, name)) problems.push({ key: name, problem: 'is no key of this server' });
  if (problems.length === 0) problems.push(...(input.refine?.(config as ConfigOf<S>) ?? []));
  if (problems.length > 0) throw new ConfigError(input.where, problems);
  const foreign = [...given.keys()].filter((name) => !Object.hasOwn(schema, name));
  return {
    config: config as ConfigOf<S>,
    unknownKeys: foreign.filter((name) => !input.knownKeys?.has(name)),
    unusedKeys: foreign.filter((name) => input.knownKeys?.has(name)),
    givenKeys: new Set([...given.keys(), ...overrides.keys()].filter((name) => Object.hasOwn(schema, name))),
  };
}

/** The config as properties text, keys in order; secrets masked. `-p`, `-m` and the get-config requests show this. */
export function printConfig<const S extends ConfigSchema>(
  schema: S,
  config: ConfigOf<S>,
  options: { importantOnly?: boolean } = {},
): string {
  const rows: Array<[string, string]> = [];
  for (const [name, key] of Object.entries(schema as Record<string, ConfigKey<unknown>>)) {
    if (options.importantOnly && !key.important) continue;
    const value = config[name as keyof S] as unknown;
    rows.push([name, key.secret && value !== '' ? '******' : key.format(value)]);
  }
  return formatProperties(rows.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

export interface ConfigUpdate {
  /** Checked new values by key. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Keys of the text that the schema does not have; they change nothing. */
  readonly unknownKeys: readonly string[];
}

/** Checks a config update text against the schema without applying it; throws ConfigError with every problem at once. */
export function parseConfigUpdate(schema: ConfigSchema, where: string, text: string, environment = processEnvironment()): ConfigUpdate {
  const problems: ConfigProblem[] = [];
  const values = new Map<string, unknown>();
  const unknownKeys: string[] = [];
  for (const [name, value] of readText({ where, text }, problems)) {
    if (!Object.hasOwn(schema, name)) {
      unknownKeys.push(name);
      continue;
    }
    const found = readKey(schema[name] as ConfigKey<unknown>, { override: undefined, text: value }, environment);
    if ('problem' in found) problems.push({ key: name, problem: found.problem });
    else values.set(name, found.value);
  }
  if (problems.length > 0) throw new ConfigError(where, problems);
  return { values, unknownKeys };
}

/** Puts checked values into a config in use. Readers that asked for a value earlier keep the old one unless its key is `hot`. */
export function applyConfigUpdate<S extends ConfigSchema>(config: ConfigOf<S>, update: ConfigUpdate): void {
  for (const [name, value] of update.values) (config as Record<string, unknown>)[name] = value;
}

function readText(input: { where: string; text?: string | undefined }, problems: ConfigProblem[]): Map<string, string> {
  if (input.text === undefined) return new Map();
  const sizeBytes = Buffer.byteLength(input.text);
  if (sizeBytes > PROPERTIES_TEXT_LIMIT_BYTES) {
    throw new ConfigError(input.where, [{ key: '(file)', problem: `is ${sizeBytes} bytes, the limit is ${PROPERTIES_TEXT_LIMIT_BYTES}` }]);
  }
  try {
    return parseProperties(input.text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    problems.push({ key: '(file)', problem: error.message });
    return new Map();
  }
}

function readKey(
  key: ConfigKey<unknown>,
  from: { override: unknown; text: string | undefined },
  environment: ConfigEnvironment,
): { value: unknown } | { problem: string } {
  try {
    if (from.override !== undefined) {
      const problem = key.problem(from.override);
      return problem === undefined ? { value: resolve(key, from.override, environment) } : { problem };
    }
    if (from.text === undefined) return { value: resolve(key, key.default, environment) };
    return { value: key.parse(replacePlaceholders(from.text.trim(), environment)) };
  } catch (error) {
    if (!(error instanceof ConfigValueError)) throw error;
    return { problem: error.reason };
  }
}

function resolve(key: ConfigKey<unknown>, value: unknown, environment: ConfigEnvironment): unknown {
  return key.type === 'path' && typeof value === 'string' ? replacePlaceholders(value, environment) : value;
}

/** `${user.home}` and `${VARIABLE}`; a variable that is not set is an error, never an empty path element. */
function replacePlaceholders(value: string, environment: ConfigEnvironment): string {
  return value.replace(/\$\{([A-Za-z_][\w.]*)\}/g, (_whole, name: string) => {
    const found = name === 'user.home' ? environment.homeDirectory : environment.variables[name];
    if (found === undefined) throw new ConfigValueError(`\${${name}} is not set in the environment`);
    return found;
  });
}
