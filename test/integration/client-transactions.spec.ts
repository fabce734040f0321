// TransactionMQProducer over real sockets: what its listener says is what becomes of its messages.
import {
  LocalTransactionState,
  Message,
  type MessageExt,
  type TransactionListener,
  TransactionMQProducer,
  type TransactionProducerOptions,
} from 'rocketmq-core';
import { TransactionService } from '@nest-rocketmq/broker';
import { silentLogger } from 'rocketmq-core/common';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { TransactionClient } from '../support/transaction-client.js';
import { until } from '../support/until.js';

const { COMMIT_MESSAGE, ROLLBACK_MESSAGE, UNKNOW } = LocalTransactionState;

/** Decides by its two functions and remembers what it was asked. */
class Script implements TransactionListener<string | undefined> {
  readonly executed: Array<{ body: string; arg: string | undefined; transactionId: string | undefined }> = [];
  readonly checked: MessageExt[] = [];

  constructor(
    private readonly execute: (message: Message) => LocalTransactionState | undefined,
    private readonly check: (message: MessageExt) => LocalTransactionState | Promise<LocalTransactionState> = () => UNKNOW,
  ) {}

  executeLocalTransaction(message: Message, arg: string | undefined): LocalTransactionState | undefined {
    this.executed.push({ body: message.body.toString(), arg, transactionId: message.transactionId });
    return this.execute(message);
  }

  checkLocalTransaction(message: MessageExt): LocalTransactionState | Promise<LocalTransactionState> {
    this.checked.push(message);
    return this.check(message);
  }
}

let cluster: TestCluster;
let eye: TransactionClient;
const producers: TransactionMQProducer[] = [];

beforeAll(async () => {
  cluster = await startCluster(['broker-a'], { transactionTimeOut: 50, transactionCheckInterval: 50, defaultTopicQueueNums: 1 });
  eye = new TransactionClient(cluster.brokers[0]!.address);
});
afterEach(async () => {
  for (const producer of producers.splice(0)) await producer.shutdown();
});
afterAll(async () => {
  await eye?.close();
  await cluster?.close();
});

async function start(listener: Script | undefined, options: TransactionProducerOptions = {}): Promise<TransactionMQProducer> {
  const producer = new TransactionMQProducer('tx-producers', {
    namesrvAddr: cluster.nameServer,
    transactionListener: listener,
    ...options,
  });
  producers.push(producer);
  await producer.start();
  return producer;
}

let topics = 0;
const nextTopic = (): string => `Tx${++topics}`;
const visible = (topic: string): Promise<string[]> => eye.bodies(topic, 0);
const undecided = (): number => cluster.brokers[0]!.app.get(TransactionService, { strict: false }).state.count;
const allDecided = (): Promise<void> => until(() => undecided() === 0);

describe('TransactionMQProducer', () => {
  it('commits and rolls back as the listener says', async () => {
    const topic = nextTopic();
    const listener = new Script((message) => (message.keys === 'good' ? COMMIT_MESSAGE : ROLLBACK_MESSAGE));
    const producer = await start(listener);
    const message = new Message(topic, 'tag', 'good', 'kept');
    const committed = await producer.sendMessageInTransaction(message, 'argument');
    const taken = await producer.sendMessageInTransaction(new Message(topic, 'tag', 'bad', 'taken back'));
    expect([committed.sendStatus, committed.localTransactionState, taken.localTransactionState]).toEqual([
      'SEND_OK',
      COMMIT_MESSAGE,
      ROLLBACK_MESSAGE,
    ]);
    expect(listener.executed).toEqual([
      { body: 'kept', arg: 'argument', transactionId: committed.msgId },
      { body: 'taken back', arg: undefined, transactionId: taken.msgId },
    ]);
    await allDecided();
    const [found, ...more] = await eye.all(topic, 0);
    expect([found!.text(), found!.tags, found!.keys, found!.msgId, more]).toEqual(['kept', 'tag', 'good', committed.msgId, []]);
    // What the application gave carries its id, and no marks of ours.
    expect([message.transactionId, message.properties.has('TRAN_MSG'), message.properties.has('PGROUP')]).toEqual([
      committed.msgId,
      false,
      false,
    ]);
  });

  it.each<[string, () => LocalTransactionState | undefined]>([
    ['says that it does not know', () => UNKNOW],
    ['says nothing', () => undefined],
    ['says something else', () => 'COMMITTED' as never],
    [
      'throws',
      () => {
        throw new Error('database gone');
      },
    ],
  ])('is asked again when the listener %s', async (_what, execute) => {
    const topic = nextTopic();
    let asked = 0;
    const listener = new Script(execute, () => (++asked < 2 ? UNKNOW : COMMIT_MESSAGE));
    const producer = await start(listener);
    const result = await producer.sendMessageInTransaction(new Message(topic, 'later'));
    expect(result.localTransactionState).toBe(UNKNOW);
    await until(async () => (await visible(topic)).length > 0);
    await allDecided();
    expect(await visible(topic)).toEqual(['later']);
    const [message] = listener.checked;
    expect([message!.topic, message!.text(), message!.msgId, message!.transactionId]).toEqual([topic, 'later', result.msgId, result.msgId]);
  });

  it('says in the log that an answer is no answer', async () => {
    const lines: string[] = [];
    const logger = { ...silentLogger, warn: (line: string) => void lines.push(line) };
    let asked = 0;
    const listener = new Script(
      () => 'COMMIT' as never,
      () => (asked++ === 0 ? (true as never) : ROLLBACK_MESSAGE),
    );
    await (await start(listener, { logger })).sendMessageInTransaction(new Message(nextTopic(), 'm'));
    await allDecided();
    // On a slow machine the broker asks first.
    expect(lines.toSorted()).toEqual([
      'checkLocalTransaction answered boolean, which is none of COMMIT_MESSAGE, ROLLBACK_MESSAGE, UNKNOW: the broker will ask',
      'executeLocalTransaction answered "COMMIT", which is none of COMMIT_MESSAGE, ROLLBACK_MESSAGE, UNKNOW: the broker will ask',
    ]);
  });

  it('counts a check whose listener throws as not known', async () => {
    const topic = nextTopic();
    let asked = 0;
    const listener = new Script(
      () => UNKNOW,
      () => {
        if (++asked < 3) throw new Error('database gone');
        return ROLLBACK_MESSAGE;
      },
    );
    await (await start(listener)).sendMessageInTransaction(new Message(topic, 'm'));
    await allDecided();
    expect([asked, await visible(topic)]).toEqual([3, []]);
  });

  it('answers for a member of its group that has gone', async () => {
    const topic = nextTopic();
    const first = await start(new Script(() => UNKNOW));
    await first.sendMessageInTransaction(new Message(topic, 'orphan'));
    await first.shutdown();
    const listener = new Script(
      () => UNKNOW,
      () => COMMIT_MESSAGE,
    );
    const second = await start(listener);
    // It is known to the broker from its first send on.
    await second.send(new Message(topic, 'plain'));
    await until(() => listener.checked.length > 0);
    await allDecided();
    expect((await visible(topic)).toSorted()).toEqual(['orphan', 'plain']);
  });

  it('checks no more than it may at once, and asks about one transaction once at a time', async () => {
    const topic = nextTopic();
    let atWork = 0;
    let most = 0;
    const release: Array<() => void> = [];
    const listener = new Script(
      () => UNKNOW,
      async () => {
        most = Math.max(most, ++atWork);
        await new Promise<void>((resolve) => release.push(resolve));
        atWork--;
        return COMMIT_MESSAGE;
      },
    );
    const producer = await start(listener, { checkThreadPoolMaxSize: 2 });
    for (let i = 0; i < 5; i++) await producer.sendMessageInTransaction(new Message(topic, `m${i}`));
    await until(() => release.length === 2);
    // The broker goes on asking about all five meanwhile.
    const service = cluster.brokers[0]!.app.get(TransactionService, { strict: false });
    await until(() => service.unresolved(10).every(({ checkTimes }) => checkTimes >= 3));
    expect([release.length, most]).toEqual([2, 2]);
    await until(() => {
      for (const go of release.splice(0)) go();
      return undecided() === 0;
    });
    expect([(await visible(topic)).length, most, new Set(listener.checked.map(({ msgId }) => msgId)).size]).toEqual([5, 2, 5]);
  });

  it('gives a local transaction under way the time to end when it shuts down', async () => {
    const topic = nextTopic();
    let finish = (): void => undefined;
    const listener = {
      executeLocalTransaction: () => new Promise<LocalTransactionState>((resolve) => (finish = () => resolve(COMMIT_MESSAGE))),
      checkLocalTransaction: () => UNKNOW,
    };
    const producer = await start(undefined, { transactionListener: listener });
    let isExecuting = false;
    const sending = producer.sendMessageInTransaction(new Message(topic, 'm'));
    await until(() => (isExecuting = undecided() > 0));
    const closing = producer.shutdown();
    await expect(producer.sendMessageInTransaction(new Message(topic, 'late'))).rejects.toThrow('shut down');
    finish();
    expect([isExecuting, (await sending).localTransactionState]).toEqual([true, COMMIT_MESSAGE]);
    await closing;
    await allDecided();
    expect(await visible(topic)).toEqual(['m']);
  });

  it('waits for it no longer than it may', async () => {
    const listener = { executeLocalTransaction: () => new Promise<never>(() => undefined), checkLocalTransaction: () => ROLLBACK_MESSAGE };
    const producer = await start(undefined, { transactionListener: listener, awaitTerminationMillisWhenShutdown: 100 });
    void producer.sendMessageInTransaction(new Message(nextTopic(), 'm'));
    await until(() => undecided() > 0);
    await producer.shutdown();
    await start(
      new Script(
        () => UNKNOW,
        () => ROLLBACK_MESSAGE,
      ),
    ).then((next) => next.send(new Message(`Tx${topics}`, 'hello')));
    await allDecided();
  });

  it('refuses what cannot be sent in a transaction, before anything is stored', async () => {
    const producer = await start(new Script(() => COMMIT_MESSAGE));
    const topic = nextTopic();
    await expect(producer.sendMessageInTransaction(new Message({ topic, body: 'm', delayTimeLevel: 3 }))).rejects.toThrow(
      'Transactional messages do not support delayed delivery',
    );
    await expect(producer.sendMessageInTransaction([new Message(topic, 'm')] as never)).rejects.toThrow('a batch cannot be sent');
    await expect(producer.sendMessageInTransaction(new Message(topic, ''))).rejects.toThrow('the message body length is zero');
    await expect(producer.sendMessageInTransaction(undefined as never)).rejects.toThrow('the message is null');
    producer.transactionListener = { checkLocalTransaction: () => COMMIT_MESSAGE } as never;
    await expect(producer.sendMessageInTransaction(new Message(topic, 'm'))).rejects.toThrow(
      'the transaction listener has no executeLocalTransaction',
    );
    producer.transactionListener = undefined;
    await expect(producer.sendMessageInTransaction(new Message(topic, 'm'))).rejects.toThrow('TransactionListener is null');
    expect(() => new TransactionMQProducer('g', { checkThreadPoolSize: 1 } as never)).toThrow('checkThreadPoolSize');
    expect(undecided()).toBe(0);
  });

  it('keeps compressed bodies and namespaces in order', async () => {
    const listener = new Script(
      () => UNKNOW,
      () => COMMIT_MESSAGE,
    );
    const producer = await start(listener, { namespace: 'shop' });
    const topic = nextTopic();
    await producer.sendMessageInTransaction(new Message(topic, 'x'.repeat(20_000)));
    await allDecided();
    expect([listener.checked[0]!.topic, listener.checked[0]!.body.length]).toEqual([topic, 20_000]);
    const [found] = await eye.all(`shop%${topic}`, 0);
    expect([found!.body.length, found!.getProperty('PGROUP')]).toEqual([20_000, 'shop%tx-producers']);
  });
});
