// Every way to send from a Nest application: ... docs/examples/nest-producer.ts [HOST:9876]
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessageBuilder, RocketMQError, RocketMQHeaders, RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';

interface Order {
  id: string;
  amount: number;
}

@Injectable()
class OrderService {
  constructor(private readonly rocketMQTemplate: RocketMQTemplate) {}

  async place(order: Order): Promise<string> {
    const result = await this.rocketMQTemplate.syncSend('orders:paid', order);
    return result.sendStatus;
  }
}

@Module({
  imports: [
    RocketMQModule.forRoot({
      nameServer: process.argv[2] ?? '127.0.0.1:9876',
      producer: { group: 'order-service', sendMessageTimeout: 3000 },
    }),
  ],
  providers: [OrderService],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
console.log(await app.get(OrderService).place({ id: 'order-1', amount: 42 }));

const template = app.get(RocketMQTemplate);
const order: Order = { id: 'order-2', amount: 10 };

await template.syncSend('orders', order, { timeout: 1000, delayLevel: 1, keys: ['order-2'], headers: { source: 'web' } });
await template.syncSend('orders', MessageBuilder.withPayload(order).setHeader(RocketMQHeaders.KEYS, 'order-2').build(), 3000);
const batch = await template.sendBatch('orders:paid', [order, { ...order, id: 'order-3' }]);
console.log(batch.msgId.split(',').length, 'messages in a batch');
await template.asyncSend('orders:shipped', order);
template.asyncSend('orders:shipped', order, {
  onSuccess: ({ msgId }) => console.log('stored', msgId.length > 0),
  onException: (error) => console.error(error),
});
await template.sendOneWay('orders:created', order);
await template.syncSendOrderly('orders:paid', order, 'customer-1');
await template.convertAndSend('orders:paid', order, { source: 'web' });

try {
  await template.syncSend('no such topic!', order);
} catch (error) {
  if (!(error instanceof RocketMQError)) throw error;
  console.log(error.code, '-', error.nextStep);
}

await app.close();
