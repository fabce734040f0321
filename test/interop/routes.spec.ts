// What Java clients and mqadmin read from our name server, and change in it.
import type { Cluster } from './support/exchange.js';
import { produce } from './support/exchange.js';
import { type JavaClient, runJava } from './support/java-program.js';
import { mqadmin } from './support/mqadmin.js';
import { clientName, CLIENTS, describeWithPeers, ONE_CLIENT_EACH } from './support/peers.js';
import { type Broker, startBroker, startNameServer } from './support/servers.js';
import { Workspace } from './support/workspace.js';

const TOPIC = 'routed';
const READ_WRITE = 6;
const READ = 4;

/** The route as mqadmin prints it: JSON but for bare integer keys. */
function routeIn(text: string): { queueDatas: Array<{ brokerName: string; perm: number }>; brokerDatas: unknown[] } {
  const json = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  return JSON.parse(json.replaceAll(/([{,\s])(\d+):/g, '$1"$2":')) as ReturnType<typeof routeIn>;
}

describeWithPeers('our name server', () => {
  let workspace: Workspace;
  let cluster: Cluster;
  let brokers: Broker[];
  const scenario = (body: (client: JavaClient) => Promise<void>, client: JavaClient) => () => workspace.run(() => body(client));

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => {
      const { address: nameServer } = await startNameServer(workspace, 'ours');
      brokers = await Promise.all(
        ['broker-a', 'broker-b'].map((name, i) =>
          startBroker(workspace, 'ours', { nameServer, name, cluster: `cluster-${'ab'[i]}`, conf: { defaultTopicQueueNums: 2 + i } }),
        ),
      );
      cluster = { workspace, nameServer, brokerAddress: brokers[0]!.address };
      await produce(cluster, CLIENTS[0]!, { topic: TOPIC, count: 10 });
    });
  });
  afterAll(() => workspace?.close());

  async function readsRoutes(client: JavaClient): Promise<void> {
    const ask = async (what: string) =>
      (await runJava(workspace, client, 'Inspect', { what, namesrv: cluster.nameServer, topic: TOPIC })).of(what);
    const [[route], [table], [topics]] = await Promise.all([ask('route'), ask('cluster'), ask('topics')]);
    const byName = (items: unknown): unknown[] =>
      (items as Array<{ brokerName: string }>).toSorted((a, b) => (a.brokerName < b.brokerName ? -1 : 1));
    expect(byName(route!['queues'])).toEqual([
      { brokerName: 'broker-a', read: 2, write: 2, perm: READ_WRITE, sysFlag: 0 },
      { brokerName: 'broker-b', read: 3, write: 3, perm: READ_WRITE, sysFlag: 0 },
    ]);
    const [a, b] = brokers.map(({ address }) => address);
    expect(byName(route!['brokers'])).toEqual([
      { cluster: 'cluster-a', brokerName: 'broker-a', addrs: { 0: a } },
      { cluster: 'cluster-b', brokerName: 'broker-b', addrs: { 0: b } },
    ]);
    expect(table).toMatchObject({
      brokers: { 'broker-a': { 0: a }, 'broker-b': { 0: b } },
      clusters: { 'cluster-a': ['broker-a'], 'cluster-b': ['broker-b'] },
    });
    expect(topics!['topics']).toEqual(expect.arrayContaining([TOPIC, 'TBW102', 'broker-a', 'cluster-b']));
  }

  async function answersMqadmin(client: JavaClient): Promise<void> {
    const admin = (...words: string[]): Promise<string> => mqadmin(workspace, client, cluster.nameServer, words);
    const route = async () => routeIn(await admin('topicRoute', '-t', TOPIC));
    const perms = async () => Object.fromEntries((await route()).queueDatas.map(({ brokerName, perm }) => [brokerName, perm]));
    const writePerm = async () => {
      const before = await route();
      expect(before.brokerDatas).toHaveLength(2);
      expect(await admin('wipeWritePerm', '-b', 'broker-a')).toMatch(/wipe write perm of broker\[broker-a\] in name server\[.*\] OK, \d+/);
      const wiped = await perms();
      expect(await admin('addWritePerm', '-b', 'broker-a')).toMatch(/add write perm of broker\[broker-a\] in name server\[.*\] OK, \d+/);
      return [Object.fromEntries(before.queueDatas.map(({ brokerName, perm }) => [brokerName, perm])), wiped, await perms()];
    };
    const orderConf = async () => {
      const put = await admin('updateOrderConf', '-m', 'put', '-t', TOPIC, '-v', 'broker-a:2');
      return [put, await admin('updateOrderConf', '-m', 'get', '-t', TOPIC), await admin('updateOrderConf', '-m', 'delete', '-t', TOPIC)];
    };
    const kv = async () => [
      await admin('updateKvConfig', '-s', 'interop', '-k', 'colour', '-v', 'red'),
      await admin('deleteKvConfig', '-s', 'interop', '-k', 'colour'),
    ];
    // Each command waits three seconds for nothing: together they cost as long as the longest story.
    const [given, order, pairs, clusters, topics, ofTopic, config] = await Promise.all([
      writePerm(),
      orderConf(),
      kv(),
      admin('clusterList', '-m'),
      admin('topicList'),
      admin('topicClusterList', '-t', TOPIC),
      admin('getNamesrvConfig'),
    ]);
    expect(given).toEqual([
      { 'broker-a': READ_WRITE, 'broker-b': READ_WRITE },
      { 'broker-a': READ, 'broker-b': READ_WRITE },
      { 'broker-a': READ_WRITE, 'broker-b': READ_WRITE },
    ]);
    expect(order[0]).toContain('update orderConf success.');
    expect(order[1]).toContain(`get orderConf success. topic=[${TOPIC}], orderConf=[broker-a:2]`);
    expect(order[2]).toContain('delete orderConf success.');
    expect(pairs[0]).toContain('create or update kv config to namespace success.');
    expect(pairs[1]).toContain('delete kv config from namespace success.');
    expect(clusters).toMatch(/cluster-a +broker-a [\s\S]*cluster-b +broker-b |cluster-b +broker-b [\s\S]*cluster-a +broker-a /);
    expect(topics.split('\n').map((line) => line.trim())).toEqual(expect.arrayContaining([TOPIC, 'SELF_TEST_TOPIC', 'broker-b']));
    // mqadmin looks at the first broker of the route only.
    expect(['cluster-a', 'cluster-b']).toContain(ofTopic.trim());
    expect(config).toMatch(new RegExp(`listenPort += +${cluster.nameServer.split(':')[1]}`));
  }

  describe.each(CLIENTS.map((client) => ({ name: clientName(client), client })))('$name', ({ client }) => {
    it('reads routes, clusters and topics', scenario(readsRoutes, client));
  });
  describe.each(ONE_CLIENT_EACH.map((client) => ({ name: clientName(client), client })))('mqadmin: $name', ({ client }) => {
    it('reads and changes what the name server holds', scenario(answersMqadmin, client));
  });
});
