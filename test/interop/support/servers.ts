// Starts name servers and brokers, Apache's and ours, with the same configuration. Must never write outside the workspace.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeClusterInfo, GET_BROKER_CLUSTER_INFO } from 'rocketmq-core/protocol';
import { createRemotingClient } from 'rocketmq-core/remoting';
import { type HeaderForm, type PeerVersion, prepareHome, serverCommand } from '../../../tools/peer/commands.mjs';
import { until } from '../../support/until.js';
import { freeBrokerPort, freePort } from '../../support/free-ports.js';
import { ServerProcess } from './server-process.js';
import type { Workspace } from './workspace.js';

export type Maker = 'ours' | PeerVersion;

export interface Server {
  readonly maker: Maker;
  /** `host:port`. */
  readonly address: string;
  readonly process: ServerProcess;
}

export interface BrokerOptions {
  readonly nameServer: string;
  readonly name?: string;
  readonly cluster?: string;
  /** Lines of broker.conf beyond addresses, names, paths and file sizes. */
  readonly conf?: Readonly<Record<string, string | number | boolean>>;
  /** An existing store directory; default: a new one. */
  readonly store?: string;
  /** The port of one that restarts; default: a free one. */
  readonly port?: number;
  /** The header form the server itself sends (Apache's only). */
  readonly serializeType?: HeaderForm;
  /** Files of the server's home beyond broker.conf, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Broker extends Server {
  readonly name: string;
  readonly store: string;
}

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const LOOPBACK = '127.0.0.1';
const REGISTERED_LIMIT_MS = 40_000;
/** Small, so that a store costs a few megabytes; the same for both makers, since a store is only opened with its own sizes. */
const FILE_SIZES = { mappedFileSizeCommitLog: 1 << 20, mappedFileSizeConsumeQueue: 20 * 1000, maxHashSlotNum: 1000, maxIndexNum: 4000 };

export async function startNameServer(workspace: Workspace, maker: Maker, options: { serializeType?: HeaderForm } = {}): Promise<Server> {
  const port = await freePort();
  const home = workspace.folder(`namesrv-${maker}`);
  const conf = writeConf(join(home, 'namesrv.conf'), {
    listenPort: port,
    ...(maker === 'ours' ? { kvConfigPath: join(home, 'kv.json') } : {}),
  });
  const process = await start(workspace, maker, 'namesrv', home, ['-c', conf], options.serializeType);
  return { maker, address: `${LOOPBACK}:${port}`, process };
}

export async function startBroker(workspace: Workspace, maker: Maker, options: BrokerOptions): Promise<Broker> {
  const port = options.port ?? (await freeBrokerPort());
  const name = options.name ?? `broker-${maker === 'ours' ? maker : `java${maker[0]}`}`;
  const home = workspace.folder(name);
  const store = options.store ?? join(home, 'store');
  const conf = writeConf(join(home, 'broker.conf'), {
    brokerClusterName: options.cluster ?? 'DefaultCluster',
    brokerName: name,
    brokerId: 0,
    brokerIP1: LOOPBACK,
    listenPort: port,
    haListenPort: port + 1,
    storePathRootDir: store,
    storePathCommitLog: join(store, 'commitlog'),
    ...FILE_SIZES,
    ...options.conf,
  });
  for (const [path, content] of Object.entries(options.files ?? {})) {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), content);
  }
  const process = await start(workspace, maker, 'broker', home, ['-n', options.nameServer, '-c', conf], options.serializeType);
  const address = `${LOOPBACK}:${port}`;
  await registered(options.nameServer, name, address);
  return { maker, address, process, name, store };
}

/**
 * Waits until the name server knows the broker. Apache 5.5.0 says "boot success" without it when its client has not connected yet, and
 * registers ten seconds later.
 */
async function registered(nameServer: string, name: string, address: string): Promise<void> {
  const remoting = createRemotingClient();
  try {
    await until(async () => {
      const { body } = await remoting.call(GET_BROKER_CLUSTER_INFO, nameServer, {});
      const broker = decodeClusterInfo(body!).brokerAddrTable.get(name);
      return [...(broker?.brokerAddrs.values() ?? [])].includes(address);
    }, REGISTERED_LIMIT_MS);
  } finally {
    await remoting.shutdown();
  }
}

async function start(
  workspace: Workspace,
  maker: Maker,
  what: 'namesrv' | 'broker',
  home: string,
  args: string[],
  serializeType: HeaderForm | undefined,
): Promise<ServerProcess> {
  if (maker === 'ours') {
    const bin = join(root, `apps/${what}/bin/mq${what}.mjs`);
    const env = { ROCKETMQ_LOG_DIR: join(home, 'logs'), ROCKETMQ_RUN_DIR: join(home, 'run') };
    return workspace.adopt(
      ServerProcess.start({ name: `our ${what}`, command: globalThis.process.execPath, args: [bin, ...args], home, env }),
    );
  }
  prepareHome(home);
  const { command, args: words } = serverCommand(maker, what, args, { home, serializeType });
  const env = { ROCKETMQ_HOME: home, NAMESRV_ADDR: '' };
  return workspace.adopt(ServerProcess.start({ name: `${what} ${maker}`, command, args: words, home, env, killedAtEnd: true }));
}

function writeConf(path: string, keys: Readonly<Record<string, string | number | boolean>>): string {
  writeFileSync(
    path,
    Object.entries(keys)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  return path;
}
