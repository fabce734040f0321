// Transactions of our producer on Apache's brokers and of Java's on ours, and one store that holds undecided ones handed from Apache's broker
// to ours and back: each is decided once, by whichever member of the group is asked.
import { LocalTransactionState, Message, type MessageExt, TransactionMQProducer } from 'rocketmq-core';
import { until } from '../support/until.js';
import { type Cluster, consume } from './support/exchange.js';
import { type JavaClient, type JavaLine, runJava } from './support/java-program.js';
import { clientName, describeWithPeers, ONE_CLIENT_EACH } from './support/peers.js';
import { type Maker, startBroker, startNameServer } from './support/servers.js';
import { Workspace } from './support/workspace.js';

const TOPIC = 'transfers';
const GROUP = 'interop-transactions';
/** What the local transaction says / what a check is told. */
const SCRIPT = ['commit/unknown', 'rollback/unknown', 'unknown/commit', 'unknown/rollback'];
const COUNT = 8;
/** Checks that decide, of COUNT. */
const DECIDING_CHECKS = 4;
/** Soon and often; Apache 5.5.0 must write its op records before it looks, or it asks about what is decided. */
const CONF = {
  transactionTimeOut: 1000,
  transactionCheckMax: 1000,
  transactionOpBatchInterval: 100,
  defaultTopicQueueNums: 2,
};

/**
 * Between two rounds of checks. Apache's broker asks about a copy it makes in each round: a producer that needs longer than a round for its
 * answer has both copies committed.
 */
const checkIntervalOf = (maker: Maker): number => (maker === 'ours' ? 500 : 3000);

const bodyOf = (number: number): string => `${number} ${SCRIPT[number % SCRIPT.length]!.replace('/', ' ')}`;
const isCommitted = (body: string): boolean => {
  const [, answer, check] = body.split(' ');
  return answer === 'commit' || (answer !== 'rollback' && check === 'commit');
};
const visibleOf = (bodies: readonly string[]): string[] => bodies.filter(isCommitted).toSorted();

const STATES: Readonly<Record<string, LocalTransactionState>> = {
  commit: LocalTransactionState.COMMIT_MESSAGE,
  rollback: LocalTransactionState.ROLLBACK_MESSAGE,
  unknown: LocalTransactionState.UNKNOW,
};

/** Our producer, with the same bodies and rules as the Java program; `more` decides what the bodies leave open. */
async function transact(
  { workspace, nameServer }: Cluster,
  client: JavaClient,
  bodies: readonly string[],
  deciding: number,
  more: (body: string) => LocalTransactionState | undefined = () => undefined,
): Promise<MessageExt[]> {
  const asked: MessageExt[] = [];
  const decided = new Set<string>();
  const producer = new TransactionMQProducer(GROUP, {
    namesrvAddr: nameServer,
    serializeType: client.serializeType,
    sendMsgTimeout: 10_000,
    heartbeatBrokerInterval: 1000,
    pollNameServerInterval: 1000,
    transactionListener: {
      executeLocalTransaction: ({ body }: Message) => STATES[body.toString().split(' ')[1]!]!,
      checkLocalTransaction: (message: MessageExt) => {
        asked.push(message);
        const state = more(message.text()) ?? STATES[message.text().split(' ')[2]!]!;
        if (state !== LocalTransactionState.UNKNOW) decided.add(message.text());
        return state;
      },
    },
  });
  await producer.start();
  workspace.atEnd(() => producer.shutdown());
  await producer.send(new Message(`${TOPIC}-hello`, 'hello'));
  for (const body of bodies) {
    const number = body.split(' ')[0]!;
    const message = new Message({ topic: TOPIC, tags: 'tag', keys: `k${number}`, body, properties: { number } });
    const result = await producer.sendMessageInTransaction(message);
    expect([result.sendStatus, result.localTransactionState]).toEqual(['SEND_OK', STATES[body.split(' ')[1]!]]);
  }
  await until(() => decided.size >= deciding, 60_000);
  await producer.shutdown();
  return asked;
}

/** Everything visible, to a group of its own: each body once, as it was sent. */
async function expectVisible(cluster: Cluster, client: JavaClient, group: string, expected: readonly string[]): Promise<JavaLine[]> {
  const { messages } = await consume(cluster, client, { topic: TOPIC, group, count: expected.length, idleMs: 1000 });
  expect(messages.map((line) => String(line['body'])).toSorted()).toEqual([...expected].toSorted());
  for (const line of messages) {
    const number = String(line['body']).split(' ')[0];
    expect(line).toMatchObject({ tags: 'tag', keys: `k${number}`, sysFlag: 8, properties: { number, TRAN_MSG: 'true', PGROUP: GROUP } });
  }
  return messages;
}

describeWithPeers.each(ONE_CLIENT_EACH.map((client) => ({ name: clientName(client), client })))('transactions, $name', ({ client }) => {
  let workspace: Workspace;
  let nameServer: string;
  let store: string;
  const first = Array.from({ length: COUNT }, (_, i) => bodyOf(i));
  /** Nobody decides these where they were sent. */
  const left = ['90 unknown unknown', '91 unknown unknown', '92 unknown unknown'];
  const second = Array.from({ length: COUNT }, (_, i) => bodyOf(COUNT + i));
  const third = Array.from({ length: COUNT }, (_, i) => bodyOf(2 * COUNT + i));

  beforeAll(async () => {
    workspace = new Workspace();
    await workspace.run(async () => {
      ({ address: nameServer } = await startNameServer(workspace, 'ours'));
      store = workspace.folder('store');
    });
  });
  afterAll(() => workspace?.close());

  async function on(maker: Maker, body: (cluster: Cluster) => Promise<void>, isLast = false): Promise<void> {
    const broker = await startBroker(workspace, maker, {
      nameServer,
      name: 'shared',
      store,
      conf: { ...CONF, transactionCheckInterval: checkIntervalOf(maker) },
    });
    try {
      await body({ workspace, nameServer, brokerAddress: broker.address });
    } finally {
      // Two brokers on one store would spoil it.
      await (isLast ? broker.process.kill9() : broker.process.stop());
    }
  }

  it(`ours on an Apache broker`, async () =>
    workspace.run(() =>
      on(client.version, async (cluster) => {
        const asked = await transact(cluster, client, [...first, ...left], DECIDING_CHECKS);
        for (const message of asked) expect([message.topic, message.tags, message.transactionId]).toEqual([TOPIC, 'tag', message.msgId]);
        await expectVisible(cluster, client, 'first', visibleOf(first));
      }),
    ));

  it(`Java's on our broker, which goes on with the store`, async () =>
    workspace.run(() =>
      on('ours', async (cluster) => {
        // One that was left is decided here, by our member; the others go on to the next broker.
        await transact(cluster, client, [], 1, (body) => (body === left[0] ? LocalTransactionState.COMMIT_MESSAGE : undefined));
        const run = await runJava(workspace, client, 'Transact', {
          namesrv: cluster.nameServer,
          topic: TOPIC,
          group: GROUP,
          first: COUNT,
          count: COUNT,
          script: SCRIPT.join(','),
          checks: DECIDING_CHECKS,
        });
        const sent = run.of('sent');
        expect(sent.map((line) => [line['status'], line['body']])).toEqual(second.map((body) => ['SEND_OK', body]));
        for (const line of sent) expect(line['transactionId']).toBe(line['msgId']);
        const checked = run.of('check');
        for (const line of checked) {
          expect(line).toMatchObject({ topic: TOPIC, properties: { UNIQ_KEY: line['transactionId'], PGROUP: GROUP } });
        }
        expect(new Set(checked.map((line) => line['body']))).toEqual(
          new Set([...second.filter((body) => body.includes(' unknown ')), left[1], left[2]]),
        );
        await expectVisible(cluster, client, 'second', [...visibleOf([...first, ...second]), left[0]!]);
      }),
    ));

  it(`ours on the Apache broker again, which goes on with the store of ours`, async () =>
    workspace.run(() =>
      on(
        client.version,
        async (cluster) => {
          const more = (body: string): LocalTransactionState | undefined =>
            body === left[1] ? LocalTransactionState.COMMIT_MESSAGE : body === left[2] ? LocalTransactionState.ROLLBACK_MESSAGE : undefined;
          const asked = await transact(cluster, client, third, DECIDING_CHECKS + 2, more);
          expect(new Set(asked.map((message) => message.text()))).toEqual(
            new Set([...third.filter((body) => body.includes(' unknown ')), left[1], left[2]]),
          );
          await expectVisible(cluster, client, 'third', [...visibleOf([...first, ...second, ...third]), left[0]!, left[1]!]);
        },
        true,
      ),
    ));
});
