// Unmodified Java clients on both sides of our servers; the same programs between Apache's own servers first, so that a failure
// points at our servers and not at the programs.
import {
  type Cluster,
  everyKindOfSendArrives,
  failedMessagesComeBack,
  keysKeepTheirOrder,
  messagesAreFoundById,
  offsetsAreCommittedAndResumed,
} from './support/exchange.js';
import type { JavaClient } from './support/java-program.js';
import { clientName, CLIENTS, describeWithPeers, ONE_CLIENT_EACH } from './support/peers.js';
import type { Maker } from './support/servers.js';
import { startCluster } from './support/clusters.js';
import { Workspace } from './support/workspace.js';

function exchangeThrough(maker: Maker, clients: readonly JavaClient[]): void {
  let workspace: Workspace;
  let cluster: Cluster;
  const scenario = (body: (cluster: Cluster, client: JavaClient) => Promise<void>, client: JavaClient) => () =>
    workspace.run(() => body(cluster, client));

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => void (cluster = await startCluster(workspace, maker)));
  });
  afterAll(() => workspace?.close());

  describe.each(clients.map((client) => ({ name: clientName(client), client })))('$name', ({ client }) => {
    it('gets every message of every kind of send, and by tag', scenario(everyKindOfSendArrives, client));
    it('keeps the order of messages of one key', scenario(keysKeepTheirOrder, client));
    it('commits offsets and goes on from them', scenario(offsetsAreCommittedAndResumed, client));
    it('gets a failed message again', scenario(failedMessagesComeBack, client));
    it('finds a message by its id', scenario(messagesAreFoundById, client));
  });
}

describeWithPeers('between Apache 4.9.7 servers', () =>
  exchangeThrough(
    '4.9.7',
    ONE_CLIENT_EACH.filter(({ version }) => version === '4.9.7'),
  ),
);
describeWithPeers('between Apache 5.5.0 servers', () =>
  exchangeThrough(
    '5.5.0',
    ONE_CLIENT_EACH.filter(({ version }) => version === '5.5.0'),
  ),
);
describeWithPeers('between our servers', () => exchangeThrough('ours', CLIENTS));
