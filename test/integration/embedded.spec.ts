// The embedded cluster with nothing but its own doors: what it opens, what it keeps, what it leaves.
import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalTransactionState, Message, TransactionMQProducer } from 'rocketmq-core';
import { silentLogger, SystemClock } from 'rocketmq-core/common';
import { ConfigError } from 'rocketmq-core/errors';
import { decodeClusterInfo, GET_BROKER_CLUSTER_INFO } from 'rocketmq-core/protocol';
import { createRemotingClient, NodeNetwork } from 'rocketmq-core/remoting';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { until } from '../support/until.js';

const canConnect = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const [host, port] = address.split(':');
    const socket = createConnection({ host: host!, port: Number(port) });
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

describe('EmbeddedRocketMQ', () => {
  it.each([
    [{ storPath: './data' }, 'storPath: is unknown; known options: storePath, brokers'],
    [{ storePath: 5 }, 'storePath: is no path'],
    [{ brokerConfig: null }, 'brokerConfig: is no object'],
    [null, 'options: null is no object'],
    [5, 'options: 5 is no object'],
  ])('refuses %j', async (options, problem) => {
    await expect(EmbeddedRocketMQ.start(options as never)).rejects.toThrow(problem);
  });

  it('opens a name server that knows its brokers, and closes everything', async () => {
    const resources = (): string =>
      JSON.stringify(
        process
          .getActiveResourcesInfo()
          .filter((kind) => /TCP|Timeout|FSReq/.test(kind))
          .toSorted(),
      );
    const before = resources();
    const cluster = await EmbeddedRocketMQ.start({ brokers: 2 });
    const client = createRemotingClient({ network: new NodeNetwork(), clock: new SystemClock(), logger: silentLogger });
    const { body } = await client.call(GET_BROKER_CLUSTER_INFO, cluster.nameServer, {});
    const { brokerAddrTable } = decodeClusterInfo(body);
    await client.shutdown();
    expect([...brokerAddrTable.values()].map(({ brokerName, brokerAddrs }) => [brokerName, brokerAddrs.get(0)]).toSorted()).toEqual(
      cluster.brokers.map(({ name, address }) => [name, address]),
    );
    const { nameServer, storePath, brokers } = cluster;
    await cluster.stop();
    await cluster.stop();
    expect(await Promise.all([nameServer, ...brokers.map(({ address }) => address)].map(canConnect))).toEqual([false, false, false]);
    expect(await exists(storePath)).toBe(false);
    await until(() => resources() === before, 5000);
  });

  it('restarts a broker at its address and keeps a given directory', async () => {
    const storePath = await mkdtemp(join(tmpdir(), 'embedded-spec-'));
    try {
      const cluster = await EmbeddedRocketMQ.start({ storePath });
      const { address } = cluster.brokers[0]!;
      await cluster.restartBroker();
      expect(cluster.brokers[0]!.address).toBe(address);
      expect(await canConnect(address)).toBe(true);
      await expect(cluster.restartBroker('broker-z')).rejects.toThrow('no broker "broker-z"; there are broker-a');
      await cluster.stop();
      expect(await readdir(storePath)).toContain('broker-a');
    } finally {
      await rm(storePath, { recursive: true, force: true });
    }
  });

  it('refuses wrong options, all at once', async () => {
    const failure = EmbeddedRocketMQ.start({ brokers: 0, storePath: '', brokerConfig: { listenPort: 1 } });
    await expect(failure).rejects.toBeInstanceOf(ConfigError);
    await expect(failure).rejects.toThrow(/brokers: 0 is no integer.*storePath: is no path.*brokerConfig.listenPort/);
    await expect(EmbeddedRocketMQ.start({ brokerConfig: { flushDiskType: 'SOMETIMES' as never } })).rejects.toThrow('flushDiskType');
  });

  it('lists the transactions nobody has decided, over a restart too', async () => {
    await using cluster = await EmbeddedRocketMQ.start();
    const [broker] = cluster.brokers;
    const listener = {
      executeLocalTransaction: ({ keys }: Message): LocalTransactionState => (keys === 'known' ? 'COMMIT_MESSAGE' : 'UNKNOW'),
      checkLocalTransaction: (): LocalTransactionState => 'UNKNOW',
    };
    await using producer = new TransactionMQProducer('tx', { namesrvAddr: cluster.nameServer, transactionListener: listener });
    await producer.start();
    const ids: string[] = [];
    for (const keys of ['known', 'a', 'b']) {
      const { msgId } = await producer.sendMessageInTransaction(new Message({ topic: 'payments', keys, body: keys }));
      if (keys !== 'known') ids.push(msgId);
    }
    await until(() => broker!.unresolvedTransactions().length === 2);
    expect(broker!.unresolvedTransactions()).toMatchObject(
      ids.map((msgId) => ({ msgId, producerGroup: 'tx', topic: 'payments', checkTimes: 0 })),
    );
    await cluster.restartBroker();
    expect(broker!.unresolvedTransactions(1).map(({ msgId }) => msgId)).toEqual(ids.slice(0, 1));
  });
});
