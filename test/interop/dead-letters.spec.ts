// Dead letters in the brokers of both makers: read, handled by a group of their own with retries, sent again to all and to their group alone;
// and what a topic that may not be read says.
import {
  DeadLetter,
  type DeadLetterMessage,
  type MessageContext,
  OnDeadLetter,
  RocketMQDeadLetters,
  RocketMQMessageListener,
} from 'nest-rocketmq';
import { until } from '../support/until.js';
import { type Cluster, namesOf } from './support/exchange.js';
import type { JavaClient } from './support/java-program.js';
import { mqadmin } from './support/mqadmin.js';
import { startNest } from './support/our-clients.js';
import { clientName, describeWithPeers, ONE_CLIENT_EACH } from './support/peers.js';
import type { Maker } from './support/servers.js';
import { startCluster } from './support/clusters.js';
import { Workspace } from './support/workspace.js';

const LIMIT_MS = 90_000;
const PAIRS = [
  ...ONE_CLIENT_EACH.map((client) => ({ maker: client.version as Maker, client })),
  { maker: 'ours' as const, client: ONE_CLIENT_EACH[0]! },
].map((pair) => ({ ...pair, name: clientName(pair.client) }));

/** What two groups of one topic heard; the first gives up what is not mended yet. */
function listeners(topic: string, group: string) {
  const heard = { isMended: false, mended: [] as string[], beside: [] as string[], handled: [] as string[], failures: 0 };
  const from = { topic, messageType: String, consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET' } as const;

  @RocketMQMessageListener({ ...from, consumerGroup: group })
  class GivesUp {
    onMessage(text: string, { tags, keys, reconsumeTimes }: MessageContext): void {
      if (!heard.isMended) throw DeadLetter(`${text} is not understood`);
      heard.mended.push(`${text} ${tags} ${keys.join('+')} ${reconsumeTimes}`);
    }
  }

  @RocketMQMessageListener({ ...from, consumerGroup: `${group}-beside` })
  class Beside {
    onMessage(text: string): void {
      heard.beside.push(text);
    }
  }

  class Handler {
    @OnDeadLetter(group, { delayLevelWhenNextConsume: 1 })
    handle(letter: DeadLetterMessage): void {
      if (heard.failures++ === 0) throw new Error('the database is away');
      heard.handled.push(`${letter.text()} ${letter.originalTopic} ${letter.tags}`);
    }
  }
  return { heard, providers: [GivesUp, Beside], handlers: [Handler] };
}

async function deadLettersGoRound(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'dead-letters');
  const { heard, providers, handlers } = listeners(topic, group);
  const { app, template } = await startNest(cluster.workspace, cluster.nameServer);
  for (const text of ['m0', 'm1', 'm2']) await template.syncSend(`${topic}:paid`, text, { keys: [`k-${text}`, 'all'] });
  await startNest(cluster.workspace, cluster.nameServer, providers);
  const letters = app.get(RocketMQDeadLetters);
  await until(async () => (await letters.list(group)).letters.length === 3, LIMIT_MS);
  await until(() => heard.beside.length === 3, LIMIT_MS);

  const { letters: found } = await letters.list(group);
  expect(found.map((letter) => `${letter.text()} ${letter.originalTopic} ${letter.tags} ${letter.keys.join('+')}`).toSorted()).toEqual(
    ['m0', 'm1', 'm2'].map((text) => `${text} ${topic} paid k-${text}+all`),
  );
  expect((await letters.get(group, found[1]!.id))?.msgId).toBe(found[1]!.msgId);
  await startNest(cluster.workspace, cluster.nameServer, handlers);
  await until(() => heard.handled.length === 3, LIMIT_MS);
  expect(heard.handled.toSorted()).toEqual(['m0', 'm1', 'm2'].map((text) => `${text} ${topic} paid`));
  expect(heard.failures).toBe(4);

  heard.isMended = true;
  expect(await letters.redrive(group, { all: true, limit: 1, target: 'GROUP' })).toMatchObject({ failed: [], complete: false });
  await until(() => heard.mended.length === 1, LIMIT_MS);
  expect(await letters.redrive(group, { all: true })).toMatchObject({ redriven: [{ topic }, { topic }], failed: [], complete: true });
  await until(() => heard.mended.length === 3 && heard.beside.length === 5, LIMIT_MS);
  expect(heard.mended.toSorted()).toEqual(['m0', 'm1', 'm2'].map((text) => `${text} paid k-${text}+all 0`));
  expect(await letters.redrive(group, { all: true })).toEqual({ redriven: [], failed: [], complete: true });
}

async function closedTopicsSayWhatToDo(cluster: Cluster, client: JavaClient): Promise<void> {
  const { group } = namesOf(client, 'dead-letters');
  const { app } = await startNest(cluster.workspace, cluster.nameServer);
  const { letters } = await app.get(RocketMQDeadLetters).list(group);
  expect(letters).toHaveLength(3);
  const topic = `%DLQ%${group}`;
  const run = (...words: string[]): Promise<string> => mqadmin(cluster.workspace, client, cluster.nameServer, words);
  await run('updateTopicPerm', '-c', 'DefaultCluster', '-t', topic, '-p', '2');
  const said = (): Promise<string> =>
    app
      .get(RocketMQDeadLetters)
      .list(group)
      .then(() => 'read', String);
  await until(
    async () => (await said()).includes(`mqadmin updateTopicPerm -n ${cluster.nameServer} -c CLUSTER -t ${topic} -p 6`),
    LIMIT_MS,
  );
  await run('updateTopicPerm', '-c', 'DefaultCluster', '-t', topic, '-p', '6');
  await until(async () => (await said()) === 'read', LIMIT_MS);
}

describeWithPeers.each(PAIRS)('dead letters on $maker, administered by $name', ({ maker, client }) => {
  let workspace: Workspace;
  let cluster: Cluster;
  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => void (cluster = await startCluster(workspace, maker)));
  });
  afterAll(() => workspace?.close());

  it('are read, handled and sent again', () => workspace.run(() => deadLettersGoRound(cluster, client)));
  // Our broker has no updateTopicPerm yet.
  if (maker !== 'ours') it('that may not be read say what to do', () => workspace.run(() => closedTopicsSayWhatToDo(cluster, client)));
});
