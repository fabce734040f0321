// A name server and a broker of one maker, as most specs want them. Must never keep them: they end with their workspace.
import type { Cluster } from './exchange.js';
import { ONE_CLIENT_EACH, VERSIONS } from './peers.js';
import { type BrokerOptions, type Maker, startBroker, startNameServer } from './servers.js';
import type { JavaClient } from './java-program.js';
import type { Workspace } from './workspace.js';

export async function startCluster(workspace: Workspace, maker: Maker, options: Partial<BrokerOptions> = {}): Promise<Cluster> {
  const { address: nameServer } = await startNameServer(workspace, maker);
  const { address: brokerAddress } = await startBroker(workspace, maker, { nameServer, ...options });
  return { workspace, nameServer, brokerAddress };
}

/** One of ours and one of each of Apache's versions, started at once. */
export async function startClusterOfEach(workspace: Workspace, options: Partial<BrokerOptions> = {}): Promise<ReadonlyMap<Maker, Cluster>> {
  const makers: readonly Maker[] = ['ours', ...VERSIONS];
  return new Map(await Promise.all(makers.map(async (maker) => [maker, await startCluster(workspace, maker, options)] as const)));
}

/** Each Java version on our broker, then each on its own. */
export const MAKER_AND_CLIENT: ReadonlyArray<{ readonly maker: Maker; readonly version: string; readonly client: JavaClient }> = [
  ...ONE_CLIENT_EACH.map((client) => ({ maker: 'ours' as Maker, version: client.version, client })),
  ...ONE_CLIENT_EACH.map((client) => ({ maker: client.version as Maker, version: client.version, client })),
];
