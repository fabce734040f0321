// Names inside a namespace: `ns%topic`, with %RETRY% and %DLQ% staying in front [java NamespaceUtil]. Pure.
import { DLQ_PREFIX, isSystemTopic, RETRY_PREFIX } from '../message/index.js';

const SEPARATOR = '%';
const SYSTEM_GROUP_PREFIX = 'CID_RMQ_SYS_';

/** The name on the wire; system names and names already inside stay as they are. */
export function withNamespace(namespace: string | undefined, name: string): string {
  if (namespace === undefined || namespace === '' || name === '' || isSystemName(name)) return name;
  const { prefix, rest } = split(name);
  return rest.startsWith(namespace + SEPARATOR) ? name : `${prefix}${namespace}${SEPARATOR}${rest}`;
}

/** The name as the application wrote it. */
export function withoutNamespace(namespace: string | undefined, name: string): string {
  if (namespace === undefined || namespace === '') return name;
  const { prefix, rest } = split(name);
  return rest.startsWith(namespace + SEPARATOR) ? prefix + rest.slice(namespace.length + 1) : name;
}

function split(name: string): { prefix: string; rest: string } {
  const prefix = [RETRY_PREFIX, DLQ_PREFIX].find((each) => name.startsWith(each)) ?? '';
  return { prefix, rest: name.slice(prefix.length) };
}

function isSystemName(name: string): boolean {
  return isSystemTopic(name) || name.startsWith(SYSTEM_GROUP_PREFIX);
}
