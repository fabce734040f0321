// A listener in a Nest application, until Ctrl-C: ... docs/examples/nest-consumer.ts [HOST:9876]
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  type ConsumeOutcome,
  DeadLetter,
  type MessageContext,
  ReconsumeLater,
  RocketMQMessageListener,
  type RocketMQListener,
  RocketMQModule,
} from 'nest-rocketmq';

class Order {
  id!: string;
  amount!: number;
}

@RocketMQMessageListener({
  topic: 'orders',
  consumerGroup: 'invoices',
  selectorExpression: 'paid || shipped',
  messageType: Order,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
  consumeThreadNumber: 10,
  maxReconsumeTimes: 3,
})
class InvoiceListener implements RocketMQListener<Order> {
  async onMessage(order: Order, context: MessageContext): Promise<void | ConsumeOutcome> {
    if (order.amount < 0) return DeadLetter(`amount ${order.amount}`);
    if (order.id === 'order-busy' && context.reconsumeTimes === 0) return ReconsumeLater(1);
    console.log(`invoice ${order.id} ${context.tags} at attempt ${context.reconsumeTimes + 1}`);
  }
}

@Module({
  imports: [RocketMQModule.forRoot({ nameServer: process.argv[2] ?? '127.0.0.1:9876' })],
  providers: [InvoiceListener],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule);
app.enableShutdownHooks();
