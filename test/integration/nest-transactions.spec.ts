// @RocketMQTransactionListener and sendMessageInTransaction of a Nest application over real sockets.
import { Injectable, Scope } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  getRocketMQTemplateToken,
  type Message,
  MessageBuilder,
  RocketMQLocalTransactionState,
  type RocketMQLocalTransactionListener,
  RocketMQModule,
  RocketMQTemplate,
  RocketMQTransactionListener,
} from 'nest-rocketmq';
import { TransactionService } from '@nest-rocketmq/broker';
import { startCluster, type TestCluster } from '../support/cluster.js';
import { TransactionClient } from '../support/transaction-client.js';
import { until } from '../support/until.js';

const { COMMIT, ROLLBACK, UNKNOWN } = RocketMQLocalTransactionState;

let cluster: TestCluster;
let eye: TransactionClient;

beforeAll(async () => {
  cluster = await startCluster(['broker-a'], { transactionTimeOut: 50, transactionCheckInterval: 50, defaultTopicQueueNums: 1 });
  eye = new TransactionClient(cluster.brokers[0]!.address);
});
afterAll(async () => {
  await eye?.close();
  await cluster?.close();
});
const undecided = (): number => cluster.brokers[0]!.app.get(TransactionService, { strict: false }).state.count;

@Injectable()
class Accounts {
  readonly paid = new Map<string, string>();
}

@RocketMQTransactionListener({ maximumPoolSize: 2 })
class PayTransaction implements RocketMQLocalTransactionListener<string> {
  readonly seen: Array<Message<Buffer>> = [];

  constructor(private readonly accounts: Accounts) {}

  executeLocalTransaction(message: Message<Buffer>, arg: string): RocketMQLocalTransactionState {
    this.seen.push(message);
    const { id } = JSON.parse(message.payload.toString()) as { id: string };
    if (arg === 'throws') {
      this.accounts.paid.set(id, 'COMMIT');
      throw new Error('connection lost after the commit');
    }
    this.accounts.paid.set(id, arg);
    return arg as RocketMQLocalTransactionState;
  }

  async checkLocalTransaction(message: Message<Buffer>): Promise<RocketMQLocalTransactionState> {
    this.seen.push(message);
    const { id } = JSON.parse(message.payload.toString()) as { id: string };
    return this.accounts.paid.get(id) === 'COMMIT' ? COMMIT : ROLLBACK;
  }
}

@RocketMQTransactionListener({ rocketMQTemplateBeanName: 'audit' })
class AuditTransaction implements RocketMQLocalTransactionListener {
  executeLocalTransaction(): RocketMQLocalTransactionState {
    return COMMIT;
  }

  checkLocalTransaction(): RocketMQLocalTransactionState {
    return UNKNOWN;
  }
}

const boot = async (providers: never[], name?: string, group: string | null = 'nest-tx') =>
  Test.createTestingModule({
    imports: [
      RocketMQModule.forRoot({ nameServer: cluster.nameServer, ...(group === null ? {} : { producer: { group } }) }),
      ...(name === undefined
        ? []
        : [RocketMQModule.forRoot({ name, nameServer: cluster.nameServer, producer: { group: `nest-${name}` } })]),
    ],
    providers: [Accounts, ...providers] as never[],
  })
    .setLogger(false as never)
    .compile();

describe('a transaction of a Nest application', () => {
  it('ends as its listener says, at once or when a broker asks', async () => {
    const app = await boot([PayTransaction] as never[]);
    await app.init();
    try {
      const template = app.get(RocketMQTemplate);
      const listener = app.get(PayTransaction);
      const committed = await template.sendMessageInTransaction('pay:tag', { id: 'a' }, COMMIT, { keys: 'k1', headers: { source: 'web' } });
      await template.sendMessageInTransaction('pay', MessageBuilder.withPayload({ id: 'b' }).setHeader('KEYS', 'k2').build(), ROLLBACK);
      const thrown = await template.sendMessageInTransaction('pay', { id: 'c' }, 'throws');
      expect([committed.localTransactionState, thrown.localTransactionState]).toEqual(['COMMIT_MESSAGE', 'UNKNOW']);
      await until(() => undecided() === 0);
      expect(await eye.bodies('pay', 0)).toEqual(['{"id":"a"}', '{"id":"c"}']);
      // A slow machine lets the broker ask about the others too, before their ends have come.
      const [first] = listener.seen;
      const check = listener.seen.find(
        ({ headers }) => headers['TRANSACTION_CHECK_TIMES'] === '1' && headers['rocketmq_TRANSACTION_ID'] === thrown.msgId,
      );
      expect(first!.headers).toMatchObject({
        rocketmq_TOPIC: 'pay',
        rocketmq_TAGS: 'tag',
        rocketmq_KEYS: 'k1',
        rocketmq_TRANSACTION_ID: committed.msgId,
        __transactionId__: committed.msgId,
        contentType: 'application/json',
        source: 'web',
      });
      expect(check!.headers).toMatchObject({
        rocketmq_TRANSACTION_ID: thrown.msgId,
        rocketmq_MESSAGE_ID: thrown.msgId,
        rocketmq_BORN_HOST: '127.0.0.1',
        TRANSACTION_CHECK_TIMES: '1',
      });
      await expect(template.sendMessageInTransaction('pay', 'x', COMMIT, { delayLevel: 3 } as never)).rejects.toThrow(
        'do not support delayed delivery',
      );
    } finally {
      await app.close();
    }
  });

  it('goes to the listener of its own connection', async () => {
    const app = await boot([PayTransaction, AuditTransaction] as never[], 'audit');
    await app.init();
    try {
      const audit = app.get<RocketMQTemplate>(getRocketMQTemplateToken('audit'), { strict: false });
      expect((await audit.sendMessageInTransaction('audits', 'x')).localTransactionState).toBe('COMMIT_MESSAGE');
      expect(app.get(PayTransaction).seen).toEqual([]);
    } finally {
      await app.close();
    }
  });

  it('is refused when nobody listens for it', async () => {
    const app = await boot([] as never[]);
    await app.init();
    try {
      await expect(app.get(RocketMQTemplate).sendMessageInTransaction('pay', 'x')).rejects.toThrow(
        'RocketMQTemplate "default" is without a transaction listener: give a provider of the application @RocketMQTransactionListener()',
      );
    } finally {
      await app.close();
    }
  });

  it('refuses the boot with two listeners for one template, an unknown connection, no group or a scope', async () => {
    @RocketMQTransactionListener()
    class Second extends AuditTransaction {}
    @RocketMQTransactionListener({ rocketMQTemplateBeanName: 'nowhere' })
    class Lost extends AuditTransaction {}
    @RocketMQTransactionListener()
    @Injectable({ scope: Scope.REQUEST })
    class Scoped extends AuditTransaction {}
    const refusal = async (providers: unknown[], group?: null): Promise<string> => {
      const app = await boot(providers as never[], undefined, group === null ? null : 'nest-tx');
      try {
        await app.init();
        return 'booted';
      } catch (error) {
        return (error as Error).message;
      } finally {
        await app.close().catch(() => undefined);
      }
    };
    expect(await refusal([PayTransaction, Second])).toContain(
      'PayTransaction and Second: rocketMQTemplateBeanName: the template of connection "default" has 2',
    );
    expect(await refusal([Lost])).toContain('Lost: rocketMQTemplateBeanName: "nowhere" is no connection of this application');
    expect(await refusal([PayTransaction], null)).toContain('PayTransaction: producer.group: is missing');
    expect(await refusal([Scoped])).toContain('Scoped: scope: is not the default one');
  });
});
