// Settings every facade has, as plain properties with Java's names [java ClientConfig], and what becomes of them at start.
import { networkInterfaces } from 'node:os';
import type { Clock, Logger, Network, Random, Turn } from '../common/index.js';
import { ConfigError } from '../errors/index.js';
import type { RpcHook, RemotingClient, RemotingClientOptions } from '../remoting/index.js';
import type { SerializeType } from '../protocol/index.js';
import { AclClientRPCHook, SessionCredentials } from './acl.js';
import type { InstanceConfig } from './instance/client-instance.js';
import { ClientRegistry } from './instance/client-registry.js';
import { parseNameServers } from './instance/name-server-list.js';
import { NamespaceV2Hook } from './namespace-v2-hook.js';
import type { ClientPortOptions, ClientPorts } from './ports.js';

export const DEFAULT_INSTANCE_NAME = 'DEFAULT';

export interface TlsOptions {
  rejectUnauthorized?: boolean;
  ca?: string;
  cert?: string;
  key?: string;
}

export class ClientConfig implements ClientPortOptions {
  /** `host:port;host:port`. Default: the environment variable NAMESRV_ADDR. */
  namesrvAddr: string | undefined = undefined;
  /** First part of the client id. Default: the first outward address of this host. */
  clientIP: string | undefined = undefined;
  /** Second part of the client id; DEFAULT becomes one that is unique. */
  instanceName = DEFAULT_INSTANCE_NAME;
  /** Third part of the client id: the unit this client belongs to. */
  unitName: string | undefined = undefined;
  /** Says in sends and heartbeats that this client works in a unit: topics made by them are marked as a unit's [java TopicSysFlag]. */
  unitMode = false;
  /** Prefix that keeps topics and groups of several tenants apart. */
  namespace: string | undefined = undefined;
  /** Namespace of a cluster that resolves names itself (5.x): sent with every request, names stay as they are. */
  namespaceV2: string | undefined = undefined;
  /** Unit ms, as all below. */
  pollNameServerInterval = 30_000;
  heartbeatBrokerInterval = 30_000;
  persistConsumerOffsetInterval = 5000;
  /** Time-out of requests that carry no message. */
  mqClientApiTimeout = 3000;
  connectTimeout = 3000;
  serializeType: SerializeType = 'JSON';
  tls: TlsOptions | undefined = undefined;
  /** Sends and queries go to the broker's second port, listenPort - 2. */
  vipChannelEnabled = false;
  /** Signs every request; with secretKey, and securityToken for a temporary key. */
  accessKey: string | undefined = undefined;
  secretKey: string | undefined = undefined;
  securityToken: string | undefined = undefined;
  /** Message trace: what was sent and consumed, when, and how it ended, in a topic of its own. */
  enableTrace = false;
  /** Default: RMQ_SYS_TRACE_TOPIC. */
  traceTopic: string | undefined = undefined;
  /** Traces per message, at most 20. */
  traceMsgBatchNum = 10;
  /** CLOUD: traces in the form and the topics of a cloud's tools. */
  accessChannel: 'LOCAL' | 'CLOUD' = 'LOCAL';
  /** See every request before it is written. */
  rpcHooks: RpcHook[] = [];
  /** Facades with one registry and one client id share connections. Default: each facade its own. */
  registry: ClientRegistry | undefined = undefined;
  clock: Clock | undefined = undefined;
  network: Network | undefined = undefined;
  turn: Turn | undefined = undefined;
  random: Random | undefined = undefined;
  logger: Logger | undefined = undefined;
  createRemoting: ((options: RemotingClientOptions) => RemotingClient) | undefined = undefined;
}

/** Takes over the given settings; throws ConfigError for names that are none. */
export function applySettings(target: ClientConfig, settings: object, what: string): void {
  const unknown = Object.keys(settings).filter((name) => !Object.hasOwn(target, name));
  if (unknown.length > 0) {
    throw new ConfigError(
      what,
      unknown.map((key) => ({ key, problem: 'there is no such setting' })),
    );
  }
  for (const [name, value] of Object.entries(settings)) if (value !== undefined) Object.assign(target, { [name]: value });
}

/** The settings an instance needs; `keepInstanceName` leaves DEFAULT as it is (broadcasting: its offset file is found again). */
export function instanceConfigOf(config: ClientConfig, ports: ClientPorts, keepInstanceName = false): InstanceConfig {
  return {
    clientId: clientIdOf(config, ports, keepInstanceName),
    nameServers: parseNameServers(config.namesrvAddr ?? process.env['NAMESRV_ADDR']),
    pollNameServerInterval: config.pollNameServerInterval,
    heartbeatBrokerInterval: config.heartbeatBrokerInterval,
    persistConsumerOffsetInterval: config.persistConsumerOffsetInterval,
    mqClientApiTimeout: config.mqClientApiTimeout,
    rpcHooks: hooksOf(config),
    vipChannelEnabled: config.vipChannelEnabled,
    remoting: {
      serializeType: config.serializeType,
      connectTimeoutMs: config.connectTimeout,
      ...(config.tls === undefined ? {} : { tls: config.tls }),
    },
  };
}

/** The application's own, the namespace, and last the signature, which covers what the others added. */
function hooksOf(config: ClientConfig): RpcHook[] {
  const hooks = [...config.rpcHooks];
  if (config.namespaceV2 !== undefined && config.namespaceV2 !== '') hooks.unshift(new NamespaceV2Hook(config.namespaceV2));
  const { accessKey = '', secretKey = '', securityToken } = config;
  if (accessKey !== '' || secretKey !== '') hooks.push(new AclClientRPCHook(new SessionCredentials(accessKey, secretKey, securityToken)));
  return hooks;
}

/** `clientIP@instanceName[@unitName]` [java ClientConfig#buildMQClientId]. */
function clientIdOf(config: ClientConfig, ports: ClientPorts, keepInstanceName: boolean): string {
  const given = config.instanceName;
  const instanceName = given === DEFAULT_INSTANCE_NAME && !keepInstanceName ? uniqueInstanceName(ports) : given;
  const unit = config.unitName === undefined || config.unitName === '' ? '' : `@${config.unitName}`;
  return `${config.clientIP ?? localAddress()}@${instanceName}${unit}`;
}

/** `pid#number`: two clients, of one process or of two with the same pid in different containers, must never share an id. */
function uniqueInstanceName(ports: ClientPorts): string {
  const bytes = ports.random.bytes(7);
  return `${process.pid}#${bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n)}`;
}

/** The first outward IPv4 address of this host, else the first outward IPv6 one, else loopback. */
export function localAddress(): string {
  const outward = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal && !address.address.startsWith('fe80'));
  return (outward.find((address) => address.family === 'IPv4') ?? outward[0])?.address ?? '127.0.0.1';
}
