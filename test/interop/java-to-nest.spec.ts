// Java producers through our name server and broker to a decorated Nest listener; then a Java consumer takes over from it.
import { type MessageContext, ReconsumeLater, RocketMQMessageListener } from 'nest-rocketmq';
import type { DefaultMQPushConsumer, MessageExt } from 'rocketmq-core';
import { until } from '../support/until.js';
import { bodies, bodiesOf, type Cluster, consume, namesOf, offsets, produce } from './support/exchange.js';
import type { JavaClient } from './support/java-program.js';
import { fromTheFirst, startNest } from './support/our-clients.js';
import { clientName, CLIENTS, describeWithPeers } from './support/peers.js';
import { startBroker, startNameServer } from './support/servers.js';
import { Workspace } from './support/workspace.js';

async function everyKindOfSendArrives(cluster: Cluster, client: JavaClient): Promise<void> {
  const { topic, group } = namesOf(client, 'nest');
  const chosen: Array<[string, MessageContext]> = [];
  const all: MessageExt[] = [];

  @RocketMQMessageListener({ topic, consumerGroup: `${group}-ab`, selectorExpression: 'A || B', messageType: String })
  class Chosen {
    onMessage(text: string, context: MessageContext): void {
      chosen.push([text, context]);
    }
    prepareStart(consumer: DefaultMQPushConsumer): void {
      fromTheFirst(consumer);
    }
  }

  @RocketMQMessageListener({ topic, consumerGroup: group })
  class All {
    onMessage(message: MessageExt): void {
      all.push(message);
    }
    prepareStart(consumer: DefaultMQPushConsumer): void {
      fromTheFirst(consumer);
    }
  }

  const properties = 'colour:grün & blau,note:a=b;c';
  const before = await produce(cluster, client, { topic, count: 9, tags: 'A,B,C', keys: 'k# other#', flag: 7, properties });
  const app = await startNest(cluster.workspace, cluster.nameServer, [Chosen, All]);
  await until(() => all.length >= 9);
  await produce(cluster, client, { topic, count: 6, first: 9, mode: 'batch', batchSize: 3, tags: 'A', keys: 'k# other#' });
  await produce(cluster, client, { topic, count: 4, body: 'large#-', size: 20_000, mode: 'async', tags: 'D' });
  await until(() => all.length >= 19 && chosen.length >= 12);
  await app.close();

  expect(chosen.map(([text]) => text).toSorted()).toEqual(['m0', 'm1', 'm3', 'm4', 'm6', 'm7', ...bodies(6, 9)].toSorted());
  const small = all.filter((message) => message.tags !== 'D');
  expect(small.map((message) => message.text()).toSorted()).toEqual(bodies(15));
  const large = all.filter((message) => message.tags === 'D');
  expect(large.map((message) => [message.body.length, message.text().slice(0, 7)]).toSorted()).toEqual(
    [0, 1, 2, 3].map((i) => [20_000, `large${i}-`]),
  );
  for (const message of large) expect(message.storeSize).toBeLessThan(1000);
  for (const result of before) {
    const message = all.find((each) => each.msgId === result['msgId'])!;
    const number = Number(String(result['body']).slice(1));
    expect(message).toMatchObject({ topic, queueId: result['queueId'], queueOffset: result['queueOffset'], flag: 7, reconsumeTimes: 0 });
    expect(message.text()).toBe(result['body']);
    expect([message.tags, message.keys]).toEqual(['ABC'[number % 3], `k${number} other${number}`]);
    expect([message.getProperty('colour'), message.getProperty('note')]).toEqual(['grün & blau', 'a=b;c']);
  }
  const [, context] = chosen.find(([text]) => text === 'm4')!;
  expect(context).toMatchObject({ topic, tags: 'B', keys: ['k4', 'other4'], reconsumeTimes: 0, consumerGroup: `${group}-ab` });
}

async function failuresComeBackAndJavaTakesOver(cluster: Cluster, client: JavaClient): Promise<void> {
  const names = namesOf(client, 'nest-retry');
  const attempts: string[] = [];

  @RocketMQMessageListener({ topic: names.topic, consumerGroup: names.group, messageType: String })
  class Flaky {
    onMessage(text: string, { reconsumeTimes, message, topic }: MessageContext): void {
      attempts.push(`${topic} ${text} ${reconsumeTimes} ${message.msgId}`);
      if (reconsumeTimes === 0 && text !== 'm2') throw new ReconsumeLater(1);
    }
    prepareStart(consumer: DefaultMQPushConsumer): void {
      fromTheFirst(consumer);
    }
  }

  const sent = await produce(cluster, client, { topic: names.topic, count: 3 });
  const app = await startNest(cluster.workspace, cluster.nameServer, [Flaky]);
  await until(() => attempts.length >= 5);
  await app.close();
  const attempt = (body: string, times: number): string =>
    `${names.topic} ${body} ${times} ${String(sent.find((result) => result['body'] === body)!['msgId'])}`;
  expect(attempts.toSorted()).toEqual([attempt('m0', 0), attempt('m0', 1), attempt('m1', 0), attempt('m1', 1), attempt('m2', 0)]);
  const committed = await offsets(cluster, client, names);
  expect(committed.map((queue) => queue.committed)).toEqual(committed.map((queue) => queue.max));
  expect(committed.reduce((sum, queue) => sum + queue.max - queue.min, 0)).toBe(3);

  await produce(cluster, client, { topic: names.topic, count: 5, first: 3 });
  const next = await consume(cluster, client, { ...names, count: 5, idleMs: 300 });
  expect(bodiesOf(next.messages)).toEqual(bodies(5, 3));
}

describeWithPeers('a Nest listener behind our servers', () => {
  let workspace: Workspace;
  let cluster: Cluster;
  const scenario = (body: (cluster: Cluster, client: JavaClient) => Promise<void>, client: JavaClient) => () =>
    workspace.run(() => body(cluster, client));

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => {
      const { address: nameServer } = await startNameServer(workspace, 'ours');
      const { address: brokerAddress } = await startBroker(workspace, 'ours', { nameServer });
      cluster = { workspace, nameServer, brokerAddress };
    });
  });
  afterAll(() => workspace?.close());

  describe.each(CLIENTS.map((client) => ({ name: clientName(client), client })))('$name', ({ client }) => {
    it('reaches it with every kind of send, by tag and without', scenario(everyKindOfSendArrives, client));
    it('sees failures delivered again, and a Java consumer goes on where it stopped', scenario(failuresComeBackAndJavaTakesOver, client));
  });
});
