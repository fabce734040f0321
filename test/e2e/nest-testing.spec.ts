// The testing module as its users write tests: virtual time, expectations, faults, and an application that knows nothing of it.
import { Injectable, Module, type Provider } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  DeadLetter,
  type MessageContext,
  type RocketMQLocalTransactionListener,
  RocketMQLocalTransactionState,
  MessageBuilder,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQTemplate,
  RocketMQTransactionListener,
} from 'nest-rocketmq';
import { RocketMQTesting, RocketMQTestingModule } from 'nest-rocketmq/testing';

class Order {
  id!: string;
}

@Injectable()
class Ledger {
  readonly lines: string[] = [];
  failures = 0;
  answers: RocketMQLocalTransactionState[] = [];
}

@RocketMQMessageListener({ topic: 'orders', consumerGroup: 'billing', selectorExpression: 'paid || refused', messageType: Order })
class BillingListener {
  constructor(private readonly ledger: Ledger) {}
  onMessage(order: Order, context: MessageContext): void {
    if (context.tags === 'refused') throw new DeadLetter('refused');
    if (this.ledger.failures-- > 0) throw new Error('the bank is closed');
    this.ledger.lines.push(order.id);
  }
}

@RocketMQMessageListener({ topic: 'orders', consumerGroup: 'parcels', selectorExpression: 'shipped', consumeMode: 'ORDERLY' })
class ParcelListener {
  onMessage(): void {}
}

@RocketMQMessageListener({ topic: 'orders', consumerGroup: 'impatient', selectorExpression: 'impatient', maxReconsumeTimes: 1 })
class ImpatientListener {
  onMessage(): void {
    throw new Error('never');
  }
}

@RocketMQTransactionListener()
class PayTransaction implements RocketMQLocalTransactionListener {
  constructor(private readonly ledger: Ledger) {}
  executeLocalTransaction(): RocketMQLocalTransactionState {
    return RocketMQLocalTransactionState.UNKNOWN;
  }
  checkLocalTransaction(): RocketMQLocalTransactionState {
    return this.ledger.answers.shift() ?? RocketMQLocalTransactionState.UNKNOWN;
  }
}

/** An application as it runs in production: its name server does not exist here. */
@Module({
  imports: [RocketMQModule.forRoot({ nameServer: 'rocketmq.internal:9876', producer: { group: 'shop', tlsEnable: true } })],
  providers: [Ledger, BillingListener, ParcelListener, ImpatientListener, PayTransaction],
})
class AppModule {}

describe('RocketMQTestingModule', () => {
  let app: TestingModule;
  let rocketmq: RocketMQTesting;
  let template: RocketMQTemplate;
  let ledger: Ledger;

  beforeAll(async () => {
    app = await Test.createTestingModule({ imports: [AppModule, RocketMQTestingModule.forRoot()] }).compile();
    app.useLogger(false);
    await app.init();
    rocketmq = app.get(RocketMQTesting);
    template = app.get(RocketMQTemplate);
    ledger = app.get(Ledger);
  });
  afterEach(() => {
    rocketmq.reset();
    ledger.lines.length = 0;
    ledger.failures = 0;
  });
  afterAll(async () => app?.close());

  it('waits for messages instead of sleeping, by listener class, topic, tag and key', async () => {
    await template.syncSend('orders:paid', { id: 'o1' }, { keys: ['k1'] });
    await template.syncSend('orders:shipped', { id: 'o2' });
    await rocketmq.expectMessage('orders', { tag: 'paid', key: 'k1' }).toBeConsumedBy(BillingListener, { times: 1 });
    await rocketmq.expectMessage('orders', { tag: 'shipped' }).toBeConsumedBy(ParcelListener);
    await rocketmq.expectMessage('orders', { tag: 'shipped' }).notToBeDeliveredTo(BillingListener);
    const [sent] = await rocketmq.expectMessage('orders', { tag: 'paid' }).toBeSent({ times: 1 });
    expect(JSON.parse(sent!.body.toString())).toEqual({ id: 'o1' });
    expect(ledger.lines).toEqual(['o1']);
  });

  it('is settled when all that is in the queues has been handled', async () => {
    for (let i = 0; i < 100; i++) await template.sendOneWay('orders:paid', { id: `s${i}` });
    await rocketmq.settled();
    expect(ledger.lines).toHaveLength(100);
  });

  it('sends time ahead: a delay level, and a moment of its own', async () => {
    const before = rocketmq.clock.now();
    await template.syncSend('orders:paid', { id: 'late' }, { delayLevel: 16 });
    await template.syncSendDelayTimeSeconds('orders:paid', { id: 'later' }, 2400);
    await rocketmq.clock.advance('29m');
    expect(ledger.lines).toEqual([]);
    await rocketmq.clock.advance('2m');
    expect(ledger.lines).toEqual(['late']);
    await rocketmq.clock.advance('10m');
    expect(ledger.lines).toEqual(['late', 'later']);
    expect(rocketmq.clock.now() - before).toBeGreaterThanOrEqual(41 * 60_000);
  });

  it('lets retries come with their growing delays, and dead letters be seen', async () => {
    ledger.failures = 3;
    await template.syncSend('orders:paid', { id: 'again' });
    await template.syncSend('orders:refused', { id: 'never' });
    await rocketmq.clock.advance('5m');
    const billing = rocketmq.expectMessage('orders', { tag: 'paid' });
    await billing.toBeRetriedBy(BillingListener, { times: 3 });
    const [consumed] = await billing.toBeConsumedBy(BillingListener, { times: 1 });
    expect(consumed!.reconsumeTimes).toBe(3);
    expect(ledger.lines).toEqual(['again']);
    await rocketmq.expectMessage('orders', { tag: 'refused' }).toBeDeadLetteredBy(BillingListener, { times: 1 });
  });

  it('sees a message given up after its last attempt', async () => {
    await template.syncSend('orders:impatient', { id: 'o' });
    await rocketmq.clock.advance('1m');
    const message = rocketmq.expectMessage('orders', { tag: 'impatient' });
    await message.toBeRetriedBy(ImpatientListener, { times: 1 });
    await message.toBeDeadLetteredBy(ImpatientListener, { times: 1 });
  });

  it('has the broker ask about a transaction', async () => {
    ledger.answers = [RocketMQLocalTransactionState.UNKNOWN, RocketMQLocalTransactionState.COMMIT];
    await template.sendMessageInTransaction('orders:paid', MessageBuilder.withPayload({ id: 'tx' }).build(), undefined);
    await rocketmq.clock.advance('10s');
    expect(ledger.lines).toEqual([]);
    await rocketmq.clock.advance('2m');
    expect(ledger.lines).toEqual(['tx']);
    expect(ledger.answers).toEqual([]);
  });

  it('does what goes wrong in production: twice, unacknowledged, out of order, not sent', async () => {
    rocketmq.faults.duplicate({ topic: 'orders', key: 'twice' });
    await template.syncSend('orders:paid', { id: 'd' }, { keys: 'twice' });
    await rocketmq.settled();
    expect(ledger.lines.splice(0)).toEqual(['d', 'd']);

    rocketmq.faults.dropAck();
    await template.syncSend('orders:paid', { id: 'a' });
    await rocketmq.settled();
    await rocketmq.clock.advance('2s');
    expect(ledger.lines.splice(0)).toEqual(['a', 'a']);
    await rocketmq.expectMessage('orders').toBeConsumedBy(BillingListener);

    rocketmq.faults.reorder({ tag: 'paid', count: 3 });
    for (const id of ['1', '2', '3']) {
      await template.syncSendOrderly('orders:paid', { id }, 'one queue');
    }
    await rocketmq.settled();
    expect(ledger.lines.splice(0)).toEqual(['3', '2', '1']);

    rocketmq.faults.failSend({ error: new Error('no route') });
    await expect(template.syncSend('orders:paid', { id: 'x' })).rejects.toThrow('no route');
    rocketmq.faults.failListener();
    await template.syncSend('orders:paid', { id: 'y' });
    await rocketmq.clock.advance('15s');
    expect(ledger.lines).toEqual(['y']);
  });

  it('takes the broker away for a while', async () => {
    await template.syncSend('orders:paid', { id: 'before' });
    await rocketmq.settled();
    await rocketmq.disconnect('30s');
    const send = template.syncSend('orders:paid', { id: 'meanwhile' }, { timeout: 2000 });
    await expect(send).rejects.toThrow();
    await rocketmq.clock.advance('2m');
    await template.syncSend('orders:paid', { id: 'after' });
    await rocketmq.settled();
    expect(ledger.lines).toEqual(['before', 'after']);
  });

  it('says what it saw when an expectation fails', async () => {
    ledger.failures = 1;
    await template.syncSend('orders:paid', { id: 'o' });
    const failed = rocketmq.expectMessage('orders', { tag: 'paid' }).toBeConsumedBy(BillingListener, { within: 300 });
    await expect(failed).rejects.toThrow(
      /expected a message of orders:paid to be consumed by BillingListener at least once within 300 ms, found 0\n.*: 1; delivered: 1\n {2}BillingListener.onMessage msgId=\w{32} reconsumeTimes=0 retried: the bank is closed/,
    );
    await expect(rocketmq.expectMessage('orders').toBeConsumedBy('Nobody')).rejects.toThrow(
      'no listener "Nobody"; known: BillingListener, ParcelListener, ImpatientListener',
    );
    await expect(rocketmq.clock.advance('soon')).rejects.toThrow('"soon" is no duration');
  });

  it('ends without a word of warning, and after a boot that failed too', async () => {
    const lines: unknown[] = [];
    // On a slow machine something may be told of the start.
    const note = (line: unknown): void => void (/leaving|shut down|closed/.test(String(line)) && lines.push(line));
    const logger = { log: () => {}, warn: note, error: note };
    const boot = async (providers: Provider[]): Promise<void> => {
      const rootModule = { imports: [AppModule, RocketMQTestingModule.forRoot()], providers };
      const second = await Test.createTestingModule(rootModule).setLogger(logger).compile();
      try {
        await second.init();
        await second.get(RocketMQTemplate).syncSend('orders:shipped', { id: 'o1' });
      } finally {
        await second.close();
      }
    };
    await boot([]);
    expect(lines).toEqual([]);
    const failing = { provide: 'failing', useValue: { onModuleInit: () => Promise.reject(new Error('no database')) } };
    await expect(boot([failing])).rejects.toThrow('no database');
    expect(lines).toEqual([]);
  });
});
