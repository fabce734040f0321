// The README's example, as it stands there: one listener, one template, a cluster inside the process.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RocketMQMessageListener, RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';

class Order {
  id!: string;
  amount!: number;
}

@RocketMQMessageListener({ topic: 'orders', consumerGroup: 'billing', selectorExpression: 'paid || shipped', messageType: Order })
class BillingListener {
  async onMessage(order: Order): Promise<void> {
    console.log(`billing opens an invoice for ${order.id}: ${order.amount}`);
  }
}

@Module({
  imports: [RocketMQModule.forRoot({ embedded: true, producer: { group: 'order-service' } })],
  providers: [BillingListener],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule);
app.enableShutdownHooks();
const result = await app.get(RocketMQTemplate).syncSend('orders:paid', { id: 'order-1', amount: 42 });
console.log(`sent ${result.msgId}: ${result.sendStatus}`);
