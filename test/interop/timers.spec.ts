// Messages that wait for their moment: Java's producer of 5.5.0 on our broker, ours on Apache's, and one store with pending ones passed between
// both brokers and back. Each arrives once, in its time, unless it was taken back.
import { DefaultMQProducer, Message, type SendResult } from 'rocketmq-core';
import { everythingIsCommitted } from './support/committed.js';
import { bodies, bodiesOf, type Cluster, consume, produce } from './support/exchange.js';
import { type JavaClient, type JavaLine, type JavaRun, runJava, startJava } from './support/java-program.js';
import { describeWithPeers } from './support/peers.js';
import { type Broker, type Maker, startBroker, startNameServer } from './support/servers.js';
import { Workspace } from './support/workspace.js';

const JAVA: JavaClient = { version: '5.5.0', serializeType: 'JSON' };
const CONF = { recallMessageEnable: true, mappedFileSizeTimerLog: 1 << 20, defaultTopicQueueNums: 2 };
/** How late a message may be: Apache delivers a slot when it is over, on a machine that does other things as well. */
const LATE_MS = 6000;

/** The moment asked for, from what is stored. */
function wishOf(line: JavaLine): number {
  const properties = line['properties'] as Record<string, string>;
  const sent = Number(line['bornTimestamp']);
  const wish =
    properties['TIMER_DELIVER_MS'] ?? String(sent + Number(properties['TIMER_DELAY_MS'] ?? Number(properties['TIMER_DELAY_SEC']) * 1000));
  return Number(wish);
}

/** Never early; and late only by what the broker takes that could deliver since `since`. */
function inTime(lines: readonly JavaLine[], since = 0): void {
  for (const line of lines) {
    const delivered = Number(line['storeTimestamp']);
    expect(delivered - wishOf(line)).toBeGreaterThanOrEqual(0);
    expect(delivered - Math.max(wishOf(line), since)).toBeLessThan(LATE_MS);
  }
}

const reading = (cluster: Cluster, topic: string, count: number): JavaRun =>
  startJava(cluster.workspace, JAVA, 'Consume', { namesrv: cluster.nameServer, topic, group: `${topic}-group`, count, idleMs: 1500 });

describeWithPeers('messages that wait for their moment', () => {
  let workspace: Workspace;

  beforeEach(() => {
    workspace = new Workspace();
  });
  afterEach(() => workspace?.close());

  async function cluster(maker: Maker): Promise<Cluster> {
    const { address: nameServer } = await startNameServer(workspace, maker);
    const { address: brokerAddress } = await startBroker(workspace, maker, { nameServer, conf: CONF });
    return { workspace, nameServer, brokerAddress };
  }

  it("Java's producer and consumer on our broker", () =>
    workspace.run(async () => {
      const ours = await cluster('ours');
      const consumer = reading(ours, 'alarm', 9);
      await consumer.until('started');
      await produce(ours, JAVA, { topic: 'alarm', count: 3, delaySec: 3 });
      await produce(ours, JAVA, { topic: 'alarm', count: 3, first: 3, delayMs: 2300 });
      await produce(ours, JAVA, { topic: 'alarm', count: 3, first: 6, deliverAt: Date.now() + 4321 });
      const run = await runJava(workspace, JAVA, 'Produce', {
        namesrv: ours.nameServer,
        topic: 'alarm',
        count: 4,
        first: 9,
        delaySec: 2,
        recall: '9,10,11,12',
      });
      expect(run.of('recalled').map((line) => line['msgId'])).toEqual(run.of('sent').map((line) => line['msgId']));
      const { messages } = { messages: (await consumer.end()).of('message') };
      expect(bodiesOf(messages)).toEqual(bodies(9));
      inTime(messages);
      for (const { properties } of messages as Array<JavaLine & { properties: Record<string, string> }>) {
        expect(properties).toMatchObject({
          REAL_TOPIC: 'alarm',
          TIMER_OUT_MS: expect.stringMatching(/000$/),
          TIMER_ENQUEUE_MS: expect.any(String),
        });
      }
    }));

  it("our producer on Apache's broker", () =>
    workspace.run(async () => {
      const theirs = await cluster('5.5.0');
      const consumer = reading(theirs, 'alarm', 3);
      const producer = new DefaultMQProducer('ours', { namesrvAddr: theirs.nameServer, sendMsgTimeout: 10_000 });
      await producer.start();
      try {
        const send = (init: object): Promise<SendResult> => producer.send(new Message({ topic: 'alarm', ...init }));
        await send({ body: 'm0', delayTimeSec: 3 });
        await send({ body: 'm1', delayTimeMs: 2300 });
        await send({ body: 'm2', deliverTimeMs: Date.now() + 4321 });
        const back = await send({ body: 'm3', delayTimeSec: 4 });
        expect(await producer.recallMessage('alarm', back.recallHandle!)).toBe(back.msgId);
        await expect(send({ body: 'm4', delayTimeSec: 3 * 24 * 3600 + 60 })).rejects.toThrow(/timer message illegal/);
      } finally {
        await producer.shutdown();
      }
      const messages = (await consumer.end()).of('message');
      expect(bodiesOf(messages)).toEqual(bodies(3));
      inTime(messages);
    }));

  const routes: ReadonlyArray<readonly Maker[]> = [
    ['ours', '5.5.0', 'ours'],
    ['5.5.0', 'ours', '5.5.0'],
  ];
  it.each(routes.map((makers) => ({ route: makers.join(', then '), makers })))('one store with pending ones: $route', ({ makers }) =>
    workspace.run(async () => {
      const store = workspace.folder('store');
      const { address: nameServer } = await startNameServer(workspace, 'ours');
      const per = 40;
      const last = makers.length - 1;
      // All of them are due when the last owner has the store; where the machine is slow, they wait for it.
      const deliverAt = Date.now() + 90_000;
      for (const [round, maker] of makers.entries()) {
        const broker: Broker = await startBroker(workspace, maker, { nameServer, name: 'shared', store, conf: CONF });
        const shared: Cluster = { workspace, nameServer, brokerAddress: broker.address };
        const open = Date.now();
        await produce(shared, JAVA, { topic: 'near', count: 5, first: round * 5, delayMs: 1500 });
        if (round < last) {
          await produce(shared, JAVA, { topic: 'far', count: per, first: round * per, deliverAt });
          await produce(shared, JAVA, { topic: 'far', count: 1, first: 1000 + round, deliverAt, recall: 1000 + round });
        }
        const near = await consume(shared, JAVA, { topic: 'near', group: 'near', count: 5, idleMs: 500 });
        expect(bodiesOf(near.messages)).toEqual(bodies(5, round * 5));
        await everythingIsCommitted(shared, { topic: 'near', group: 'near' });
        if (round === last) {
          const far = await consume(shared, JAVA, { topic: 'far', group: 'far', count: per * last, idleMs: 4000, limitMs: 110_000 });
          expect(bodiesOf(far.messages)).toEqual(bodies(per * last));
          inTime(far.messages, open);
        }
        await broker.process.stop();
      }
    }),
  );
});
