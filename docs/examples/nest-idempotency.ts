// A listener that charges each order once, however often its message comes: ... docs/examples/nest-idempotency.ts [HOST:9876] [redis://HOST:6379]
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import {
  Idempotent,
  IDEMPOTENCY_STORE,
  MemoryIdempotencyStore,
  RocketMQIdempotency,
  RocketMQListenerRegistry,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQTemplate,
} from 'nest-rocketmq';
import { RedisIdempotencyStore } from 'nest-rocketmq/redis';

const [nameServer = '127.0.0.1:9876', redisUrl] = process.argv.slice(2);

class Charge {
  order!: string;
  amount!: number;
}

@RocketMQMessageListener({
  topic: 'charges',
  consumerGroup: 'card',
  messageType: Charge,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
  consumeThreadNumber: 1,
})
@Idempotent({ key: 'order', ttl: '7d' })
class CardListener {
  async onMessage(charge: Charge): Promise<void> {
    console.log(`charged ${charge.order} ${charge.amount}`);
  }
}

const redis = redisUrl === undefined ? undefined : new Redis(redisUrl);

@Module({
  imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'till' }, autoStart: false })],
  providers: [
    CardListener,
    {
      provide: IDEMPOTENCY_STORE,
      useFactory: () => (redis === undefined ? new MemoryIdempotencyStore({ maxEntries: 50_000 }) : new RedisIdempotencyStore(redis)),
    },
  ],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
const template = app.get(RocketMQTemplate);
const charge: Charge = { order: `order-${process.pid}`, amount: 42 };
for (let i = 0; i < 3; i++) await template.syncSend('charges', charge);
await app.get(RocketMQListenerRegistry).start();

const stats = () => app.get(RocketMQIdempotency).stats()['CardListener.onMessage'];
while ((stats()?.duplicates ?? 0) < 2) await new Promise((resolve) => setTimeout(resolve, 100));
console.log('duplicates', stats()?.duplicates);
await app.close();
await redis?.quit();
