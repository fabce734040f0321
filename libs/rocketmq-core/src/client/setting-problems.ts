// What is wrong with settings before a client starts with them: numbers, names, switches and parts of every facade, all at once.
// Must never change a setting, nor show a secret.
import type { ConfigProblem } from '../errors/index.js';
import { topicNameProblem } from '../message/index.js';
import type { ClientConfig, TlsOptions } from './client-config.js';

export type Range = readonly [min: number, max: number];

export const INT_MAX = 2 ** 31 - 1;

const CLIENT_RANGES: Readonly<Record<string, Range>> = {
  pollNameServerInterval: [1, INT_MAX],
  heartbeatBrokerInterval: [1, INT_MAX],
  persistConsumerOffsetInterval: [1, INT_MAX],
  mqClientApiTimeout: [1, INT_MAX],
  connectTimeout: [1, INT_MAX],
  traceMsgBatchNum: [1, INT_MAX],
};
const CLIENT_CHOICES: Readonly<Record<string, readonly string[]>> = {
  serializeType: ['JSON', 'ROCKETMQ'],
  accessChannel: ['LOCAL', 'CLOUD'],
};
const CLIENT_SWITCHES = ['unitMode', 'vipChannelEnabled', 'enableTrace'];
const CLIENT_TEXTS = ['namesrvAddr', 'clientIP', 'unitName', 'namespace', 'namespaceV2', 'accessKey', 'secretKey', 'securityToken'];
const LOGGER_METHODS = ['debug', 'info', 'warn', 'error'] as const;
const TLS_PEMS = ['ca', 'cert', 'key'] as const;

/** Settings that are no integer of their range. */
export function rangeProblems(settings: object, ranges: Readonly<Record<string, Range>>): ConfigProblem[] {
  return Object.entries(ranges)
    .filter(([key, [min, max]]) => !isIntegerWithin(valueOf(settings, key), min, max))
    .map(([key, [min, max]]) => ({ key, problem: `${shown(valueOf(settings, key))} is no integer within ${min}..${max}` }));
}

/** Settings that are none of their words. */
export function choiceProblems(settings: object, choices: Readonly<Record<string, readonly string[]>>): ConfigProblem[] {
  return Object.entries(choices)
    .filter(([key, words]) => !words.includes(valueOf(settings, key) as string))
    .map(([key, words]) => ({ key, problem: `${shown(valueOf(settings, key))} is none of ${words.join(', ')}` }));
}

/** Settings that are neither true nor false. */
export function switchProblems(settings: object, names: readonly string[]): ConfigProblem[] {
  return names
    .filter((key) => typeof valueOf(settings, key) !== 'boolean')
    .map((key) => ({ key, problem: `${shown(valueOf(settings, key))} is neither true nor false` }));
}

/** Settings that are no array. */
export function arrayProblems(settings: object, names: readonly string[]): ConfigProblem[] {
  return names.filter((key) => !Array.isArray(valueOf(settings, key))).map((key) => ({ key, problem: 'is no array' }));
}

/** Everything about the settings that all facades share. */
export function clientProblems(config: ClientConfig): ConfigProblem[] {
  return [
    ...rangeProblems(config, CLIENT_RANGES),
    ...choiceProblems(config, CLIENT_CHOICES),
    ...switchProblems(config, CLIENT_SWITCHES),
    ...arrayProblems(config, ['rpcHooks']),
    ...textProblems(config),
    ...nameProblems(config),
    ...keyProblems(config),
    ...tlsProblems(config.tls),
    ...loggerProblems(config.logger),
  ];
}

function textProblems(config: ClientConfig): ConfigProblem[] {
  return CLIENT_TEXTS.filter((key) => {
    const value = valueOf(config, key);
    return value !== undefined && value !== null && typeof value !== 'string';
  }).map((key) => ({ key, problem: `is no text, found ${kindOf(valueOf(config, key))}` }));
}

/** Names that would only be refused by the first broker that is sent them. */
function nameProblems({ instanceName, namespace, traceTopic }: ClientConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (typeof instanceName !== 'string' || instanceName.trim() === '')
    problems.push({ key: 'instanceName', problem: `${shown(instanceName)} is no name` });
  for (const [key, name] of Object.entries({ namespace, traceTopic })) {
    if (typeof name !== 'string' || name.trim() === '') continue;
    const problem = topicNameProblem(name);
    if (problem !== undefined) problems.push({ key, problem });
  }
  return problems;
}

function keyProblems({ accessKey, secretKey, securityToken }: ClientConfig): ConfigProblem[] {
  if (isBlank(securityToken) || !isBlank(accessKey) || !isBlank(secretKey)) return [];
  return [{ key: 'securityToken', problem: 'comes with accessKey and secretKey: without them nothing is signed' }];
}

function tlsProblems(given: TlsOptions | undefined): ConfigProblem[] {
  if (given === undefined || given === null) return [];
  if (typeof given !== 'object') return [{ key: 'tls', problem: `${shown(given)} is no { ca, cert, key, rejectUnauthorized }` }];
  const problems: ConfigProblem[] = [];
  for (const key of Object.keys(given)) {
    if (key !== 'rejectUnauthorized' && !TLS_PEMS.includes(key as never))
      problems.push({ key: `tls.${key}`, problem: 'there is no such setting: ca, cert, key and rejectUnauthorized are' });
  }
  for (const key of TLS_PEMS) {
    const text: unknown = given[key];
    if (typeof text === 'string' && !text.includes('-----BEGIN '))
      problems.push({ key: `tls.${key}`, problem: 'is no PEM text: give the content of the file, from -----BEGIN on' });
  }
  if ((given.cert === undefined) !== (given.key === undefined))
    problems.push({ key: given.cert === undefined ? 'tls.cert' : 'tls.key', problem: 'is missing: cert and key come together' });
  return problems;
}

function loggerProblems(logger: ClientConfig['logger']): ConfigProblem[] {
  if (logger === undefined || logger === null) return [];
  const missing = LOGGER_METHODS.filter((name) => typeof valueOf(logger, name) !== 'function');
  return missing.length === 0 ? [] : [{ key: 'logger', problem: `has no ${missing.join(', no ')}` }];
}

const valueOf = (settings: object, key: string): unknown => (settings as Readonly<Record<string, unknown>>)[key];
const isBlank = (text: unknown): boolean => text === undefined || text === null || text === '';
/** Infinity is a bound that nothing reaches, where the range has no end of its own. */
const isIntegerWithin = (value: unknown, min: number, max: number): boolean =>
  (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) ||
  (value === Number.POSITIVE_INFINITY && max === Number.MAX_SAFE_INTEGER);
const kindOf = (value: unknown): string => (Array.isArray(value) ? 'an array' : typeof value);
const shown = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));
