// A transaction listener in a Nest application: ... docs/examples/nest-transactions.ts [HOST:9876]
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type Message,
  type RocketMQLocalTransactionListener,
  RocketMQLocalTransactionState,
  RocketMQModule,
  RocketMQTemplate,
  RocketMQTransactionListener,
} from 'nest-rocketmq';

interface Payment {
  order: string;
  amount: number;
}

/** Stands for the repository of a database table. */
@Injectable()
class Payments {
  readonly rows = new Map<string, number>();
}

@RocketMQTransactionListener()
class PayTransaction implements RocketMQLocalTransactionListener<Payment> {
  constructor(private readonly payments: Payments) {}

  executeLocalTransaction(_message: Message<Buffer>, payment: Payment): RocketMQLocalTransactionState {
    if (payment.amount > 100) return RocketMQLocalTransactionState.ROLLBACK;
    this.payments.rows.set(payment.order, payment.amount);
    return RocketMQLocalTransactionState.COMMIT;
  }

  checkLocalTransaction(message: Message<Buffer>): RocketMQLocalTransactionState {
    const { order } = JSON.parse(message.payload.toString()) as Payment;
    return this.payments.rows.has(order) ? RocketMQLocalTransactionState.COMMIT : RocketMQLocalTransactionState.ROLLBACK;
  }
}

@Injectable()
class PaymentService {
  constructor(private readonly template: RocketMQTemplate) {}

  async pay(payment: Payment): Promise<string> {
    const result = await this.template.sendMessageInTransaction('payments:paid', payment, payment, { keys: payment.order });
    return result.localTransactionState;
  }
}

@Module({
  imports: [RocketMQModule.forRoot({ nameServer: process.argv[2] ?? '127.0.0.1:9876', producer: { group: 'payment-service' } })],
  providers: [Payments, PayTransaction, PaymentService],
})
class AppModule {}

const { COMMIT, ROLLBACK } = RocketMQLocalTransactionState;
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
const service = app.get(PaymentService);
console.log('order-7', await service.pay({ order: 'order-7', amount: 42 }));
console.log('order-8', await service.pay({ order: 'order-8', amount: 4200 }));
const { rows } = app.get(Payments);
const refund = await app.get(RocketMQTemplate).sendMessageInTransaction('refunds', 'order-7', {
  execute: () => (rows.delete('order-7') ? COMMIT : ROLLBACK),
  check: () => (rows.has('order-7') ? ROLLBACK : COMMIT), // default: what execute decided
});
console.log('refund of order-7', refund.localTransactionState);
await app.close();
