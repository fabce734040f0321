// A listener that filters by SQL92 in a Nest application, until Ctrl-C: ... docs/examples/nest-sql-filter.ts [HOST:9876]
// The broker needs enablePropertyFilter=true.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RocketMQMessageListener, type RocketMQListener, RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';

@RocketMQMessageListener({
  topic: 'sales-nest',
  consumerGroup: 'large-sales',
  selectorType: 'SQL92',
  selectorExpression: "amount > 100 AND region = 'eu'",
  messageType: String,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
})
class LargeSales implements RocketMQListener<string> {
  onMessage(sale: string): void {
    console.log(`large sale ${sale}`);
  }
}

@Module({
  imports: [RocketMQModule.forRoot({ nameServer: process.argv[2] ?? '127.0.0.1:9876', producer: { group: 'shop' } })],
  providers: [LargeSales],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule);
app.enableShutdownHooks();
const template = app.get(RocketMQTemplate);
for (const amount of ['50', '150', '250']) {
  await template.syncSend('sales-nest:paid', amount, { headers: { amount, region: amount === '250' ? 'us' : 'eu' } });
}
