// How a connection, or one listener, proves who it is and which names it sees; the same options for the template and the listeners.
// Must never put a secret into a problem's text.
import type { TlsOptions } from 'rocketmq-core';
import type { ProblemList } from './configuration-error.js';
import { namesOf, unknownNames } from './known-names.js';

export interface RocketMQSecurityOptions {
  /** Signs every request; together with secretKey. */
  accessKey?: string | undefined;
  secretKey?: string | undefined;
  /** Of a temporary access key. */
  securityToken?: string | undefined;
  /** Default false. True: TLS, and the server's certificate is checked. Spring's text form 'true' counts too. */
  tlsEnable?: boolean | string | undefined;
  /** `{ ca, cert, key, rejectUnauthorized }`; only with tlsEnable. */
  tls?: TlsOptions | undefined;
  /** Prefix of topics and groups on the wire; the application does not see it. */
  namespace?: string | undefined;
  /** Namespace of a 5.x cluster that resolves names itself; names stay as they are. */
  namespaceV2?: string | undefined;
  /** Third part of the client id: the unit the application belongs to. */
  unitName?: string | undefined;
  /** Default false. True: topics that sends and listeners make are marked as those of a unit. */
  unitMode?: boolean | undefined;
}

/** The client's settings of the same meaning. */
export interface SecuritySettings {
  readonly accessKey?: string | undefined;
  readonly secretKey?: string | undefined;
  readonly securityToken?: string | undefined;
  readonly tls?: TlsOptions | undefined;
  readonly namespace?: string | undefined;
  readonly namespaceV2?: string | undefined;
  readonly unitName?: string | undefined;
  readonly unitMode?: boolean | undefined;
}

const TEXTS = ['accessKey', 'secretKey', 'securityToken', 'namespace', 'namespaceV2', 'unitName'] as const;

export function checkSecurity(prefix: string, options: RocketMQSecurityOptions, problems: ProblemList): void {
  for (const option of TEXTS) {
    const value: unknown = options[option];
    if (value !== undefined && typeof value !== 'string') problems.add(`${prefix}${option}`, 'is no text', 'Give a string.');
  }
  if (!isBlank(options.securityToken) && isBlank(options.accessKey) && isBlank(options.secretKey)) {
    problems.add(`${prefix}securityToken`, 'is given without accessKey and secretKey', 'Give all three: without keys nothing is signed.');
  }
  if (isBlank(options.accessKey) !== isBlank(options.secretKey)) {
    const missing = isBlank(options.accessKey) ? 'accessKey' : 'secretKey';
    problems.add(`${prefix}${missing}`, 'is missing beside its other half', 'Give accessKey and secretKey, or none of the two.');
  }
  problems.boolean(`${prefix}unitMode`, options.unitMode);
  const { tlsEnable, tls } = options;
  if (tlsEnable !== undefined && ![true, false, 'true', 'false', ''].includes(tlsEnable)) {
    problems.add(`${prefix}tlsEnable`, `${JSON.stringify(tlsEnable)} is no boolean`, 'Give true or false.');
  }
  if (tls !== undefined && (typeof tls !== 'object' || tls === null)) {
    problems.add(`${prefix}tls`, 'is no object', 'Give { ca, cert, key, rejectUnauthorized }.');
  } else if (tls !== undefined && !isOn(tlsEnable)) {
    problems.add(`${prefix}tls`, 'is given without tlsEnable', 'Set tlsEnable: true, or leave tls out.');
  } else if (tls !== undefined) checkTls(`${prefix}tls`, tls, problems);
}

const TLS_NAMES = namesOf<TlsOptions>()({ ca: true, cert: true, key: true, rejectUnauthorized: true });

function checkTls(prefix: string, tls: TlsOptions, problems: ProblemList): void {
  for (const { name, remedy } of unknownNames(tls, TLS_NAMES)) problems.add(`${prefix}.${name}`, 'is unknown', remedy);
  for (const name of ['ca', 'cert', 'key'] as const) {
    const text: unknown = tls[name];
    if (typeof text === 'string' && !text.includes('-----BEGIN '))
      problems.add(`${prefix}.${name}`, 'is no PEM text', 'Give the content of the file, from -----BEGIN on, not its path.');
  }
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    const missing = tls.cert === undefined ? 'cert' : 'key';
    problems.add(`${prefix}.${missing}`, 'is missing beside its other half', 'Give cert and key, or none of the two.');
  }
}

/** An option set on `own` beats the same of `shared`; keys and TLS go as a whole, a half of one and a half of the other would fit nothing. */
export function securitySettings(own: RocketMQSecurityOptions = {}, shared: RocketMQSecurityOptions = {}): SecuritySettings {
  const keys = isBlank(own.accessKey) ? shared : own;
  const tls = own.tlsEnable === undefined ? shared : own;
  return {
    accessKey: textOf(keys.accessKey),
    secretKey: textOf(keys.secretKey),
    securityToken: textOf(keys.securityToken),
    tls: isOn(tls.tlsEnable) ? (tls.tls ?? {}) : undefined,
    namespace: textOf(own.namespace) ?? textOf(shared.namespace),
    namespaceV2: textOf(own.namespaceV2) ?? textOf(shared.namespaceV2),
    unitName: textOf(own.unitName) ?? textOf(shared.unitName),
    unitMode: own.unitMode ?? shared.unitMode,
  };
}

const isBlank = (text: string | undefined): boolean => text === undefined || text === '';
const isOn = (value: boolean | string | undefined): boolean => value === true || value === 'true';
const textOf = (text: string | undefined): string | undefined => (isBlank(text) ? undefined : text);
