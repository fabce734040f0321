// A topic that says what it carries, for sender, listeners and filters: ... docs/examples/nest-typed-topics.ts [HOST:9876]
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  defineTopic,
  MessageConversionError,
  OnMessage,
  Payload,
  RocketMQListenerRegistry,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQTemplate,
} from 'nest-rocketmq';
import { z } from 'zod';

const [nameServer = '127.0.0.1:9876'] = process.argv.slice(2);

export const Orders = defineTopic('typed-orders', {
  schema: z.object({ id: z.string(), amount: z.number().positive(), due: z.coerce.date() }),
  tags: ['paid', 'shipped', 'cancelled'],
  key: ({ id }) => id,
  shardingKey: ({ id }) => id,
});

type Order = z.output<typeof Orders.messageType>;

@RocketMQMessageListener({ ...Orders.listen('paid'), consumerGroup: 'typed-billing', consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET' })
export class BillingListener {
  onMessage(order: Order): void {
    console.log(`billed ${order.id} ${order.amount}, due in ${order.due.getUTCFullYear()}`);
  }
}

@RocketMQMessageListener({
  ...Orders.listen(),
  consumerGroup: 'typed-stock',
  consumeMode: 'ORDERLY',
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
})
export class StockListener {
  @OnMessage(Orders.filter('paid'))
  onPaid(@Payload() order: Order): void {
    console.log(`reserved ${order.id}`);
  }

  @OnMessage(Orders.filter('shipped', 'cancelled'))
  onEnded(@Payload() order: Order): void {
    console.log(`released ${order.id}`);
  }
}

@Module({
  imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'typed-shop' }, autoStart: false })],
  providers: [BillingListener, StockListener],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
app.enableShutdownHooks();
const template = app.get(RocketMQTemplate);

const sent = await template.syncSend(Orders.to('paid'), { id: 'o1', amount: 12, due: '2027-01-31' });
await template.syncSend(Orders.to('shipped'), { id: 'o1', amount: 12, due: '2027-01-31' });
console.log(`sent ${sent.sendStatus}`);
try {
  await template.syncSend(Orders.to('paid'), { id: 'o2', amount: -1, due: '2027-01-31' });
} catch (error) {
  if (!(error instanceof MessageConversionError)) throw error;
  console.log(`refused ${error.issues.length} of o2: ${error.issues[0]!.split(':')[0]}`);
}
await app.get(RocketMQListenerRegistry).start();
