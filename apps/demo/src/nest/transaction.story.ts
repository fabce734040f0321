// Transactions the Nest way: sendMessageInTransaction, and a class that decides.
import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import {
  type Message,
  type RocketMQLocalTransactionListener,
  RocketMQLocalTransactionState,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQTemplate,
  RocketMQTransactionListener,
} from 'nest-rocketmq';
import type { Story } from '../story.js';
import { JOIN_LIMIT_MS, waitFor } from '../wait.js';
import { withApplication } from './application.js';

const TOPIC = 'DemoNestTransaction';

class Payment {
  run!: string;
  order!: string;
  ends!: 'commit' | 'rollback' | 'unknown';
}

/** Stands for the repository of a table, and for what the other side does with a payment. */
@Injectable()
class Ledger {
  readonly rows = new Set<string>();
  readonly asked: string[] = [];
  readonly delivered: string[] = [];
}

@RocketMQTransactionListener()
class PayTransaction implements RocketMQLocalTransactionListener<Payment> {
  constructor(private readonly ledger: Ledger) {}

  executeLocalTransaction(_message: Message<Buffer>, { order, ends }: Payment): RocketMQLocalTransactionState {
    if (ends === 'rollback') return RocketMQLocalTransactionState.ROLLBACK;
    this.ledger.rows.add(order);
    return ends === 'commit' ? RocketMQLocalTransactionState.COMMIT : RocketMQLocalTransactionState.UNKNOWN;
  }

  checkLocalTransaction(message: Message<Buffer>): RocketMQLocalTransactionState {
    const { order } = JSON.parse(message.payload.toString()) as Payment;
    this.ledger.asked.push(order);
    return this.ledger.rows.has(order) ? RocketMQLocalTransactionState.COMMIT : RocketMQLocalTransactionState.ROLLBACK;
  }
}

@RocketMQMessageListener({ topic: TOPIC, consumerGroup: 'demo-nest-transaction', messageType: Payment })
class DeliveryListener {
  constructor(private readonly ledger: Ledger) {}

  onMessage({ order }: Payment): void {
    this.ledger.delivered.push(order);
  }
}

@Module({})
class PaymentModule {
  static connectedTo(nameServer: string): DynamicModule {
    return {
      module: PaymentModule,
      imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'demo-nest-payment' } })],
      providers: [Ledger, PayTransaction, DeliveryListener],
    };
  }
}

export const nestTransactionStory: Story = {
  name: 'nest/transaction',
  title: 'Transactions in Nest: sendMessageInTransaction, @RocketMQTransactionListener',
  run: ({ nameServer, print, runId }) =>
    withApplication(PaymentModule.connectedTo(nameServer), async (application) => {
      const template = application.get(RocketMQTemplate);
      const ledger = application.get(Ledger);
      print.step('three payments, each in a transaction');
      for (const ends of ['commit', 'rollback', 'unknown'] as const) {
        const payment: Payment = { run: runId, order: `${runId}-${ends}`, ends };
        const { localTransactionState } = await template.sendMessageInTransaction(`${TOPIC}:paid`, payment, payment);
        print.line(`${payment.order}: ${localTransactionState}`);
      }
      const mine = (): string[] => ledger.delivered.filter((order) => order.startsWith(runId)).toSorted();
      await waitFor(JOIN_LIMIT_MS, () => mine().length >= 2);
      print.line(`delivered: ${mine().join(', ')}`);
      print.check('the committed one and the unknown one were delivered', mine().join() === `${runId}-commit,${runId}-unknown`);
      print.check('the broker asked about the unknown one', ledger.asked.includes(`${runId}-unknown`));
    }),
};
