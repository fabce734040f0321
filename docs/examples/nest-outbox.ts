// Orders and their messages in one transaction, on both sides: ... docs/examples/nest-outbox.ts [HOST:9876]
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  type MessageContext,
  RocketMQListenerRegistry,
  RocketMQMessageListener,
  RocketMQModule,
  RocketMQTemplate,
  RocketMQTransactionListener,
} from 'nest-rocketmq';
import { RocketMQConsumedEntity, RocketMQTransactionEntity, TypeOrmInbox, TypeOrmOutbox } from 'nest-rocketmq/typeorm';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';

@Entity('purchase')
class Purchase {
  @PrimaryColumn('varchar')
  id!: string;
  @Column('int')
  amount!: number;
}

@Entity('stock')
class Stock {
  @PrimaryColumn('varchar')
  item!: string;
  @Column('int')
  count!: number;
}

@RocketMQTransactionListener()
class PurchaseOutbox extends TypeOrmOutbox {
  constructor(template: RocketMQTemplate, dataSource: DataSource) {
    super(template, dataSource, { keepFor: '7d' });
  }
}

@Injectable()
class PurchaseService {
  constructor(private readonly outbox: PurchaseOutbox) {}

  async buy(purchase: Purchase): Promise<void> {
    await this.outbox.send('purchases', purchase, async (manager) => {
      await manager.insert(Purchase, purchase);
      if (purchase.amount > 100) throw new Error(`${purchase.id} is above the limit`);
    });
    console.log('bought', purchase.id);
  }
}

@RocketMQMessageListener({ topic: 'purchases', consumerGroup: 'stock', messageType: Object, consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET' })
class StockListener {
  private readonly inbox: TypeOrmInbox;

  constructor(dataSource: DataSource) {
    this.inbox = new TypeOrmInbox(dataSource, { keepFor: '7d' });
  }

  async onMessage(purchase: unknown, context: MessageContext): Promise<void> {
    const { duplicate } = await this.inbox.process(context, (manager) => manager.decrement(Stock, { item: 'book' }, 'count', 1));
    console.log(duplicate ? 'seen before' : 'taken from stock for', (purchase as Purchase).id);
  }
}

@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'sqljs',
      entities: [Purchase, Stock, RocketMQTransactionEntity, RocketMQConsumedEntity],
      synchronize: true,
    }),
    RocketMQModule.forRoot({ nameServer: process.argv[2] ?? '127.0.0.1:9876', producer: { group: 'purchase-desk' }, autoStart: false }),
  ],
  providers: [PurchaseOutbox, PurchaseService, StockListener],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['warn', 'error'] });
const dataSource = app.get(DataSource);
const service = app.get(PurchaseService);
const count = async (): Promise<number> => (await dataSource.getRepository(Stock).findOneByOrFail({ item: 'book' })).count;
await dataSource.getRepository(Stock).insert({ item: 'book', count: 10 });
await service.buy({ id: 'p1', amount: 40 });
await service.buy({ id: 'p2', amount: 400 }).catch((error: Error) => console.log('refused:', error.message));
await service.buy({ id: 'p3', amount: 50 });

await app.get(RocketMQListenerRegistry).start();
while ((await count()) > 8) await new Promise((resolve) => setTimeout(resolve, 100));
console.log('purchases', (await dataSource.getRepository(Purchase).find()).map(({ id }) => id).join(' '), 'books', await count());
await app.close();
