// Messages and rows that go together, in TypeORM over sql.js: the outbox with a failure at each of its points, the inbox with messages that come twice.
import { type INestApplicationContext, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  type MessageContext,
  type OutboxDecision,
  type OutboxRow,
  type OutboxStore,
  ReconsumeLater,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQOutbox,
  RocketMQTemplate,
  RocketMQTransactionListener,
} from 'nest-rocketmq';
import { RocketMQConsumedEntity, RocketMQTransactionEntity, TypeOrmInbox, TypeOrmOutbox, TypeOrmOutboxStore } from 'nest-rocketmq/typeorm';
import { Message as ClientMessage } from 'rocketmq-core';
import { ManualClock } from 'rocketmq-core/common';
import { EmbeddedRocketMQ } from 'rocketmq-embedded';
import { DataSource, EntitySchema } from 'typeorm';
import { until } from '../support/until.js';

const PaymentEntity = new EntitySchema<{ id: string; amount: number }>({
  name: 'Payment',
  tableName: 'payment',
  columns: { id: { type: 'varchar', primary: true }, amount: { type: 'int' } },
});

let cluster: EmbeddedRocketMQ;
const open: INestApplicationContext[] = [];

async function boot(group: string, providers: NonNullable<ModuleMetadata['providers']>): Promise<INestApplicationContext> {
  @Module({
    imports: [
      TypeOrmModule.forRoot({
        type: 'sqljs',
        entities: [PaymentEntity, RocketMQTransactionEntity, RocketMQConsumedEntity],
        synchronize: true,
      }),
      RocketMQModule.forRoot({ nameServer: cluster.nameServer, producer: { group } }),
    ],
    providers,
  })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, {
    logger: process.env['E2E_LOG'] ? undefined : false,
    abortOnError: false,
  });
  open.push(app);
  return app;
}

beforeAll(async () => {
  cluster = await EmbeddedRocketMQ.start({ brokerConfig: { transactionTimeOut: 200, transactionCheckInterval: 200 } });
});
afterEach(async () => {
  for (const app of open.splice(0).toReversed()) await app.close();
});
afterAll(async () => cluster?.stop());

describe('TypeOrmOutbox', () => {
  @RocketMQTransactionListener()
  class PaymentOutbox extends TypeOrmOutbox {
    constructor(template: RocketMQTemplate, dataSource: DataSource) {
      super(template, dataSource, { undecidedFor: '1s' });
    }
  }

  async function setUp(topic: string) {
    const received: string[] = [];
    @RocketMQMessageListener({ topic, consumerGroup: `${topic}-group`, messageType: String, consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET' })
    class Listener {
      onMessage(text: string): void {
        received.push(text);
      }
    }
    const opening = await boot(`${topic}-opening`, []);
    await opening.get(RocketMQTemplate).syncSend(topic, 'opening');
    const app = await boot(`${topic}-payments`, [PaymentOutbox, Listener]);
    const dataSource = app.get(DataSource);
    const pay = (id: string, then?: () => void) =>
      app.get(PaymentOutbox).send(
        topic,
        id,
        async (manager) => {
          await manager.insert(PaymentEntity, { id, amount: 1 });
          then?.();
          return `paid ${id}`;
        },
        { keys: id },
      );
    const payments = async () => (await dataSource.getRepository(PaymentEntity).find()).map(({ id }) => id).toSorted();
    await until(() => received.includes('opening'));
    return { app, dataSource, received, pay, payments };
  }

  it('delivers what is committed, and nothing of what is rolled back', async () => {
    const { dataSource, received, pay, payments } = await setUp('outbox-usual');
    const { value, sendResult } = await pay('one');
    expect([value, sendResult.localTransactionState]).toEqual(['paid one', 'COMMIT_MESSAGE']);
    await expect(pay('two', () => raise('no money'))).rejects.toThrow('no money');
    await expect(pay('one')).rejects.toThrow('UNIQUE');
    await pay('three');
    await until(() => received.length === 3);
    expect(received.toSorted()).toEqual(['one', 'opening', 'three']);
    expect(await payments()).toEqual(['one', 'three']);
    expect(await dataSource.getRepository(RocketMQTransactionEntity).countBy({ decision: 'COMMIT' })).toBe(2);
  });

  it('asks the table when it is not known whether the commit happened', async () => {
    const { dataSource, received, pay, payments } = await setUp('outbox-commit-fails');
    const transaction = dataSource.transaction.bind(dataSource) as (work: unknown) => Promise<unknown>;
    const failing = (commits: boolean) => async (work: (manager: unknown) => Promise<unknown>) => {
      await transaction(async (manager: unknown) => {
        await work(manager);
        if (!commits) throw new Error('connection lost');
      });
      throw new Error('connection lost');
    };
    dataSource.transaction = failing(true) as never;
    await expect(pay('happened')).rejects.toThrow('connection lost');
    dataSource.transaction = failing(false) as never;
    await expect(pay('lost')).rejects.toThrow('connection lost');
    dataSource.transaction = transaction as never;
    await until(() => received.includes('happened'));
    // The other one is rolled back for good, in the table and at the broker.
    await until(async () => (await dataSource.getRepository(RocketMQTransactionEntity).countBy({ decision: 'ROLLBACK' })) === 1);
    await pay('after');
    await until(() => received.includes('after'));
    expect(received.toSorted()).toEqual(['after', 'happened', 'opening']);
    expect(await payments()).toEqual(['after', 'happened']);
  });

  it('rolls back what a member left behind that died before its transaction', async () => {
    const { app, dataSource } = await setUp('outbox-orphan');
    const outbox = app.get(PaymentOutbox);
    outbox.executeLocalTransaction = () => Promise.reject(new Error('killed'));
    await expect(outbox.send('outbox-orphan', 'x', async () => undefined)).rejects.toThrow(
      /^nothing has been done for message [0-9A-F]{32}: the broker will roll it back$/,
    );
    await until(async () => (await dataSource.getRepository(RocketMQTransactionEntity).countBy({ decision: 'ROLLBACK' })) === 1);
  });

  it('removes old rows, so many at once', async () => {
    const { dataSource } = await setUp('outbox-clean');
    const store = new TypeOrmOutboxStore(dataSource);
    for (let i = 0; i < 7; i++) await store.decide({ id: `t${i}`, decision: 'COMMIT', createdAt: i });
    expect([await store.removeBefore(5, 3), await store.removeBefore(5, 3), await store.removeBefore(5, 3)]).toEqual([3, 2, 0]);
    expect([await store.find('t4'), await store.find('t5')]).toEqual([undefined, 'COMMIT']);
  });
});

describe('RocketMQOutbox', () => {
  /** Rows in a map, each insert at once there for all. */
  class MapStore implements OutboxStore<Map<string, OutboxDecision>> {
    readonly rows = new Map<string, OutboxDecision>();
    async transaction<T>(work: (rows: Map<string, OutboxDecision>) => Promise<T>): Promise<T> {
      return work(this.rows);
    }
    async insert(rows: Map<string, OutboxDecision>, { id, decision }: OutboxRow): Promise<void> {
      if (rows.has(id)) throw new Error('UNIQUE');
      rows.set(id, decision);
    }
    async decide({ id, decision }: OutboxRow): Promise<OutboxDecision> {
      if (!this.rows.has(id)) this.rows.set(id, decision);
      return this.rows.get(id)!;
    }
    async find(id: string): Promise<OutboxDecision | undefined> {
      return this.rows.get(id);
    }
    removeBefore = async (): Promise<number> => 0;
  }

  class Outbox extends RocketMQOutbox<Map<string, OutboxDecision>> {}
  const clock = new ManualClock(100_000);
  const message = (bornTimestamp: number) => ({
    payload: Buffer.from(''),
    headers: { rocketmq_TRANSACTION_ID: 'T', rocketmq_BORN_TIMESTAMP: bornTimestamp },
  });

  it('does not let a transaction commit that has been answered with ROLLBACK', async () => {
    const store = new MapStore();
    const outbox = new (Outbox as unknown as new (...args: unknown[]) => Outbox)({}, store, { clock });
    expect(await outbox.checkLocalTransaction(message(40_001))).toBe('UNKNOWN');
    expect(await outbox.checkLocalTransaction(message(40_000))).toBe('ROLLBACK');
    const late = { work: () => Promise.resolve('done') };
    expect(await outbox.executeLocalTransaction(message(40_000), late)).toBe('ROLLBACK');
    expect(late).toMatchObject({ outcome: { error: new Error('UNIQUE') } });
  });

  it('answers UNKNOWN about what is still running here, however old', async () => {
    const store = new MapStore();
    const outbox = new (Outbox as unknown as new (...args: unknown[]) => Outbox)({}, store, { clock });
    let end!: () => void;
    const running = outbox.executeLocalTransaction(message(0), { work: () => new Promise<void>((resolve) => (end = resolve)) });
    await clock.advance(0);
    expect(await outbox.checkLocalTransaction(message(0))).toBe('UNKNOWN');
    end();
    expect(await running).toBe('COMMIT');
    expect(await outbox.checkLocalTransaction(message(0))).toBe('COMMIT');
    expect(() => new (Outbox as unknown as new (...args: unknown[]) => Outbox)({}, store, { keepFor: 'long' })).toThrow(
      'is no span of time',
    );
  });
});

describe('TypeOrmInbox', () => {
  it('processes a message once, with its rows, however often it comes', async () => {
    const results: string[] = [];
    @RocketMQMessageListener({ topic: 'inbox', consumerGroup: 'inbox-group', selectorExpression: 'paid', messageType: String })
    class Listener {
      private readonly inbox: TypeOrmInbox;
      constructor(dataSource: DataSource) {
        this.inbox = new TypeOrmInbox(dataSource);
      }
      async onMessage(id: string, context: MessageContext): Promise<void> {
        const { duplicate } = await this.inbox.process(context, async (manager) => {
          await manager.insert(PaymentEntity, { id: `${id}-${context.reconsumeTimes}`, amount: 1 });
          if (id === 'fails' && context.reconsumeTimes === 0) throw ReconsumeLater(1);
        });
        results.push(`${id} ${duplicate}`);
      }
    }
    const opening = await boot('inbox-opening', []);
    const template = opening.get(RocketMQTemplate);
    await template.syncSend('inbox:opening', 'opening');
    const app = await boot('inbox-shop', [Listener]);
    for (const id of ['good', 'fails']) {
      const message = new ClientMessage({ topic: 'inbox', tags: 'paid', body: id });
      for (let i = 0; i < (id === 'good' ? 3 : 1); i++) await template.getProducer().send(message);
    }
    await until(() => results.length === 4);
    expect(results.toSorted()).toEqual(['fails false', 'good false', 'good true', 'good true']);
    const dataSource = app.get(DataSource);
    expect((await dataSource.getRepository(PaymentEntity).find()).map(({ id }) => id).toSorted()).toEqual(['fails-1', 'good-0']);
    expect(await dataSource.getRepository(RocketMQConsumedEntity).count()).toBe(2);

    const clock = new ManualClock(Date.UTC(2100, 0, 1));
    const inbox = new TypeOrmInbox(dataSource, { clock });
    expect([await inbox.clean(), await inbox.clean()]).toEqual([2, 0]);
    await expect(inbox.process('key', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await inbox.process('key', async () => 7)).toEqual({ duplicate: false, value: 7 });
    expect(await inbox.process('key', async () => 8)).toEqual({ duplicate: true });
    await dataSource.query('DROP TABLE rocketmq_consumed');
    await expect(inbox.process('key', async () => 9)).rejects.toThrow('no such table');
  });
});

function raise(text: string): never {
  throw new Error(text);
}
