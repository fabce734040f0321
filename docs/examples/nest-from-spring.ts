// What an application of rocketmq-spring looks like here, piece by piece: ... docs/examples/nest-from-spring.ts [HOST:9876]
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type DefaultMQPushConsumer,
  ExtRocketMQTemplateConfiguration,
  MessageBuilder,
  type MessageContext,
  ReconsumeLater,
  RocketMQHeaders,
  type RocketMQListener,
  RocketMQLocalTransactionState,
  type RocketMQLocalTransactionListener,
  RocketMQMessageListener,
  RocketMQModule,
  type RocketMQPushConsumerLifecycleListener,
  type RocketMQReplyListener,
  RocketMQTemplate,
  RocketMQTransactionListener,
  type Message,
} from 'nest-rocketmq';

class Order {
  id!: string;
  amount!: number;
}

@RocketMQMessageListener({
  topic: 'moved-orders',
  consumerGroup: 'moved-billing',
  selectorExpression: 'paid || shipped',
  consumeThreadNumber: 4,
  messageType: Order,
})
class BillingListener implements RocketMQListener<Order>, RocketMQPushConsumerLifecycleListener {
  onMessage(order: Order, { keys, reconsumeTimes }: MessageContext): void {
    if (order.amount < 0 && reconsumeTimes === 0) throw new ReconsumeLater(1);
    console.log('billed', order.id, order.amount, keys.join(','), 'attempt', reconsumeTimes + 1);
  }

  prepareStart(consumer: DefaultMQPushConsumer): void {
    consumer.consumeFromWhere = 'CONSUME_FROM_FIRST_OFFSET';
    consumer.pollNameServerInterval = 1000;
  }
}

@RocketMQMessageListener({ topic: 'moved-prices', consumerGroup: 'moved-pricer', messageType: Order })
class Pricer implements RocketMQReplyListener<Order, Order> {
  onRequest(order: Order): Order {
    return { id: order.id, amount: order.amount * 2 };
  }

  prepareStart(consumer: DefaultMQPushConsumer): void {
    consumer.consumeFromWhere = 'CONSUME_FROM_FIRST_OFFSET';
  }
}

@RocketMQTransactionListener()
class PayTransaction implements RocketMQLocalTransactionListener<string> {
  private readonly paid = new Set<string>();

  executeLocalTransaction(_message: Message<Buffer>, orderId: string): RocketMQLocalTransactionState {
    this.paid.add(orderId);
    return RocketMQLocalTransactionState.COMMIT;
  }

  checkLocalTransaction(message: Message<Buffer>): RocketMQLocalTransactionState {
    const orderId = message.headers['order-id'];
    return this.paid.has(String(orderId)) ? RocketMQLocalTransactionState.COMMIT : RocketMQLocalTransactionState.ROLLBACK;
  }
}

@ExtRocketMQTemplateConfiguration({ nameServer: process.argv[2] ?? '127.0.0.1:9876', group: 'moved-audit', sendMessageTimeout: 5000 })
class AuditTemplate extends RocketMQTemplate {}

@Injectable()
class OrderService {
  constructor(
    private readonly rocketMQTemplate: RocketMQTemplate,
    private readonly auditTemplate: AuditTemplate,
  ) {}

  async place(order: Order): Promise<void> {
    const message = MessageBuilder.withPayload(order).setHeader(RocketMQHeaders.KEYS, order.id).build();
    const result = await this.rocketMQTemplate.syncSend('moved-orders:paid', message, 3000);
    console.log('sent', result.sendStatus);

    this.rocketMQTemplate.asyncSend('moved-orders:shipped', order, {
      onSuccess: ({ sendStatus }) => console.log('sent later', sendStatus),
      onException: (error) => console.error(error),
    });
    await this.rocketMQTemplate.syncSendOrderly('moved-orders:paid', order, 'customer-1');
    await this.rocketMQTemplate.syncSend('moved-orders:paid', message, 3000, 1);
    await this.rocketMQTemplate.syncSendDelayTimeSeconds('moved-orders:paid', order, 1);
    await this.rocketMQTemplate.sendOneWay('moved-orders:created', order);
    await this.rocketMQTemplate.syncSend('moved-orders:created', [message, message]);

    await this.auditTemplate.convertAndSend('moved-audits', `${order.id} was placed`);
  }

  async pay(order: Order): Promise<void> {
    const message = MessageBuilder.withPayload(order).setHeader('order-id', order.id).build();
    const result = await this.rocketMQTemplate.sendMessageInTransaction('moved-orders:paid', message, order.id);
    console.log('paid', result.localTransactionState);
  }

  async price(order: Order): Promise<void> {
    const { amount } = await this.rocketMQTemplate.sendAndReceive('moved-prices', order, Order, 10_000);
    console.log('costs', amount);
  }
}

@Module({
  imports: [
    RocketMQModule.forRoot({
      nameServer: process.argv[2] ?? '127.0.0.1:9876',
      producer: { group: 'moved-orders', sendMessageTimeout: 5000, retryTimesWhenSendFailed: 3 },
      consumer: { listeners: { 'moved-billing': { 'moved-orders': true } } },
    }),
  ],
  providers: [BillingListener, Pricer, PayTransaction, AuditTemplate, OrderService],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
const orders = app.get(OrderService);
await orders.place({ id: 'order-1', amount: 42 });
await orders.pay({ id: 'order-2', amount: -7 });
await orders.price({ id: 'order-1', amount: 21 });
process.once('SIGINT', () => void app.close());
