// Messages found by key, by unique id and by place: Apache's mqadmin on our broker, our client on Apache's, one index of both.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Message, MessageNotFoundError } from 'rocketmq-core';
import { QUERY_MESSAGE } from 'rocketmq-core/protocol';
import { decodeMessages } from 'rocketmq-core/message';
import { createRemotingClient } from 'rocketmq-core/remoting';
import { until } from '../support/until.js';
import { type Cluster, produce } from './support/exchange.js';
import type { JavaClient, JavaLine } from './support/java-program.js';
import { mqadmin } from './support/mqadmin.js';
import { startProducer } from './support/our-clients.js';
import { describeWithPeers, VERSIONS } from './support/peers.js';
import { type Maker, startBroker, startNameServer } from './support/servers.js';
import { Workspace } from './support/workspace.js';

describeWithPeers.each(VERSIONS)('queries with Apache %s', (version) => {
  const client: JavaClient = { version, serializeType: 'JSON' };
  let workspace: Workspace;
  let nameServer: string;

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => void ({ address: nameServer } = await startNameServer(workspace, 'ours')));
  });
  afterAll(() => workspace?.close());

  const started: Array<() => Promise<void>> = [];
  // A broker that is left behind by a failed test would get a part of the next one's messages.
  afterEach(async () => {
    for (const stop of started.splice(0)) await stop();
  });

  const start = async (maker: Maker, name: string, store?: string): Promise<Cluster & { stop(): Promise<void> }> => {
    const broker = await startBroker(workspace, maker, { nameServer, name, ...(store === undefined ? {} : { store }) });
    let stopped: Promise<unknown> | undefined;
    const stop = async (): Promise<void> => void (await (stopped ??= broker.process.stop()));
    started.push(stop);
    return { workspace, nameServer, brokerAddress: broker.address, stop };
  };

  it('mqadmin of Apache finds what our broker keeps', () =>
    workspace.run(async () => {
      const cluster = await start('ours', `query-ours-${version}`);
      const topic = `ours-${version.replaceAll('.', '_')}`;
      const sent = await produce(cluster, client, { topic, count: 5, tags: 'A', keys: 'k# all' });
      const run = (...words: string[]): Promise<string> => mqadmin(workspace, client, nameServer, words);
      const [line] = sent.slice(3);
      const withTopic = version === '4.9.7' ? [] : ['-t', topic];
      const [byKey, none, byUnique, byId] = await Promise.all([
        run('queryMsgByKey', '-t', topic, '-k', 'k3'),
        run('queryMsgByKey', '-t', topic, '-k', 'nobody'),
        run('queryMsgByUniqueKey', '-t', topic, '-i', String(line!['msgId'])),
        run('queryMsgById', ...withTopic, '-i', String(line!['offsetMsgId'])),
      ]);
      // One row of id, queue and offset for each message found.
      expect(sent.filter(({ msgId }) => byKey.includes(String(msgId)))).toEqual([line]);
      expect(none).toContain('no message');
      expect(byUnique).toMatch(/Keys: +\[k3 all\]/);
      expect(byId).toMatch(new RegExp(`Queue ID: +${String(line!['queueId'])}`));
      await cluster.stop();
    }));

  it('our client finds what a broker of Apache keeps', () =>
    workspace.run(async () => {
      const cluster = await start(version, `query-java-${version}`);
      const topic = `java-${version.replaceAll('.', '_')}`;
      const sent = await produce(cluster, client, { topic, count: 5, tags: 'A', keys: 'k# all' });
      const producer = await startProducer(workspace, nameServer, 'JSON');
      const own = await producer.send(new Message(topic, 'A', 'k5 all', 'm5'));
      // Java indexes behind its answer.
      await until(async () => (await producer.queryMessage(topic, 'all').catch(() => undefined))?.messageList.length === 6);
      const { messageList, indexLastUpdateTimestamp } = await producer.queryMessage(topic, 'all');
      expect(messageList.map((message) => message.msgId).toSorted()).toEqual(
        [...sent.map((line) => String(line['msgId'])), own.msgId].toSorted(),
      );
      expect(indexLastUpdateTimestamp).toBeGreaterThanOrEqual(messageList[0]!.storeTimestamp);
      expect((await producer.queryMessage(topic, 'k2')).messageList.map((message) => message.text())).toEqual(['m2']);
      expect((await producer.viewMessage(topic, String(sent[1]!['msgId']))).text()).toBe('m1');
      expect((await producer.viewMessage(topic, own.offsetMsgId)).text()).toBe('m5');
      await expect(producer.queryMessage(topic, 'nobody')).rejects.toThrow(MessageNotFoundError);
      const queue = { topic, brokerName: own.messageQueue.brokerName, queueId: own.messageQueue.queueId };
      expect(await producer.searchOffset(queue, 0)).toBe(0);
      expect(await producer.earliestMsgStoreTime(queue)).toBeGreaterThan(Date.now() - 600_000);
      await producer.shutdown();
      await cluster.stop();
    }));

  const routes: ReadonlyArray<readonly Maker[]> = [
    ['ours', version, 'ours'],
    [version, 'ours'],
  ];
  it.each(routes.map((makers) => ({ route: makers.join(', then '), makers })))('one index of $route', ({ makers }) =>
    workspace.run(async () => {
      const store = workspace.folder('index-store');
      const topic = `shared-${makers.join('-').replaceAll('.', '_')}`;
      const sent: JavaLine[] = [];
      const remoting = createRemotingClient();
      let files: string[] = [];
      for (const [round, maker] of makers.entries()) {
        const cluster = await start(maker, `query-shared-${makers[0]}-${version}`, store);
        sent.push(...(await produce(cluster, client, { topic, count: 40, first: 40 * round, keys: 'k# all', mode: 'async' })));
        const find = async (key: string): Promise<string[]> => {
          const header = { topic, key, maxNum: 64, beginTimestamp: 0, endTimestamp: 2n ** 63n - 1n };
          const answer = await remoting.invoke(QUERY_MESSAGE, cluster.brokerAddress, header);
          return answer.code === 0 ? decodeMessages(answer.body).map((message) => message.text()) : [];
        };
        // The newest is found as soon as it is indexed, and with it all before.
        await until(async () => (await find(`k${40 * round + 39}`)).length === 1);
        for (const number of [0, 39, 40, 79, 80, 119].filter((each) => each < 40 * (round + 1))) {
          expect([number, await find(`k${number}`)]).toEqual([number, [`m${number}`]]);
        }
        for (const line of sent.filter((_, i) => i % 17 === 0)) expect(await find(String(line['msgId']))).toHaveLength(1);
        expect(await find('all')).toHaveLength(Math.min(64, 40 * (round + 1)));
        await cluster.stop();
        // Whoever opens the store goes on in the file that is there.
        const now = readdirSync(join(store, 'index'));
        expect(now.slice(0, files.length)).toEqual(files);
        files = now;
      }
      await remoting.shutdown();
    }),
  );
});
