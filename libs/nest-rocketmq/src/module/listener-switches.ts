// Which listeners of a connection count, topic by topic, and which of them share a consumer. Must never connect, log or change anything.
import { type GroupMember, type ListenerDefinition, type ResolvedListenerOptions, subscriptionsOf } from '../listener/index.js';
import { DEFAULT_CONNECTION_NAME, type RocketMQConsumerOptions, type RocketMQOptions, securitySettings } from '../options/index.js';

/** What is left of a listener under `enabled` and the switches `consumer.listeners[group][topic]`; undefined: nothing. */
export function switchedOn(definition: ListenerDefinition, consumer: RocketMQConsumerOptions | undefined): ListenerDefinition | undefined {
  const { options } = definition;
  if (!options.enabled) return undefined;
  const switches: Readonly<Record<string, unknown>> = consumer?.listeners?.[options.consumerGroup] ?? {};
  const all = subscriptionsOf(options);
  const left = all.filter(({ topic }) => String(switches[topic]) !== 'false');
  if (left.length === all.length) return definition;
  return left.length === 0 ? undefined : { ...definition, options: { ...options, topic: undefined, subscriptions: left } };
}

/** A listener as its group sees it; of the connection's own cluster unless it names another. */
export function groupMemberOf(
  { className, type, options, mode }: ListenerDefinition,
  { nameServer, consumer }: Pick<RocketMQOptions, 'nameServer' | 'consumer'>,
): GroupMember {
  const { namespace = '', namespaceV2 = '' } = securitySettings(options, consumer);
  const cluster = options.nameServer === undefined || options.nameServer === nameServer ? '' : options.nameServer;
  return { className, type, cluster: [cluster, namespace, namespaceV2].join('\n'), options, mode };
}

/** Equal names of two connections do not make one client; one that ends with the connection's name already is left as it is. */
export function connectionInstanceName(given: string | undefined, connectionName: string): string | undefined {
  if (given === undefined || connectionName === DEFAULT_CONNECTION_NAME) return given;
  const suffix = `-${connectionName.replaceAll(/[^\w.-]+/g, '_')}`;
  return given.endsWith(suffix) ? given : given + suffix;
}

/**
 * The instance name of a listener's client: unique unless it is given, or needed to find a broadcasting member's offsets again. Equal names
 * of two connections, or of two clusters, do not make one client.
 */
export function instanceNameOf(id: string, options: ResolvedListenerOptions, ownNameServer: string | undefined): string | undefined {
  const base = options.instanceName ?? (options.messageModel === 'BROADCASTING' ? id : undefined);
  if (base === undefined) return undefined;
  const { connection, nameServer } = options;
  const cluster = nameServer === undefined || nameServer === ownNameServer ? [] : [nameServer.replaceAll(/[^\w.-]+/g, '_')];
  return [connectionInstanceName(base, connection), ...cluster].join('-');
}
