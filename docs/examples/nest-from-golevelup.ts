// What an application of @golevelup/nestjs-rabbitmq looks like here, piece by piece: ... docs/examples/nest-from-golevelup.ts [HOST:9876]
import 'reflect-metadata';
import { type CanActivate, Catch, type ExceptionFilter, type ExecutionContext, Injectable, Module, UseFilters } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import {
  type BatchResult,
  Ctx,
  DeadLetter,
  type DefaultMQPushConsumer,
  Discard,
  Headers,
  isRocketMQContext,
  type MessageContext,
  OnMessage,
  Payload,
  ReconsumeLater,
  RocketMQListenerRegistry,
  RocketMQMessageListener,
  RocketMQModule,
  type RocketMQReplyListener,
  RocketMQTemplate,
} from 'nest-rocketmq';

class Sale {
  id!: string;
  amount!: number;
}

class UnknownCustomer extends Error {}

@Catch(UnknownCustomer)
class GiveUp implements ExceptionFilter {
  catch(error: UnknownCustomer): DeadLetter {
    return DeadLetter(error.message);
  }
}

@Injectable()
class ApiGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (isRocketMQContext(context)) return true;
    return context.switchToHttp().getRequest<{ user?: string }>().user !== undefined;
  }
}

@RocketMQMessageListener({
  topic: 'moved-sales',
  consumerGroup: 'moved-invoices',
  consumeThreadNumber: 10,
  maxReconsumeTimes: 5,
  messageType: Sale,
  invalidMessage: 'DEAD_LETTER',
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
})
@UseFilters(GiveUp)
class InvoiceListener {
  @OnMessage('paid || shipped')
  async invoice(@Payload() sale: Sale, @Headers('customer') customer: string | undefined, @Ctx() context: MessageContext): Promise<void> {
    if (customer === undefined) throw new UnknownCustomer(`${sale.id} of nobody`);
    if (sale.amount === 0) throw Discard('nothing to pay');
    if (sale.amount < 0 && context.reconsumeTimes === 0) throw ReconsumeLater(1);
    console.log('invoice', sale.id, 'for', customer, 'at attempt', context.reconsumeTimes + 1);
  }

  @OnMessage('cancelled')
  cancel(@Payload('id') id: string): void {
    console.log('no invoice for', id);
  }
}

@RocketMQMessageListener({
  topic: 'moved-sales',
  consumerGroup: 'moved-statistics',
  messageType: Sale,
  consumeMessageBatchMaxSize: 32,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
})
class StatisticsListener {
  async onMessages(sales: Sale[]): Promise<BatchResult[]> {
    return Promise.allSettled(sales.map(async ({ id }) => console.log('counted', id)));
  }
}

@RocketMQMessageListener({
  topic: 'moved-sales',
  consumerGroup: 'moved-caches',
  selectorExpression: 'cancelled',
  messageModel: 'BROADCASTING',
  messageType: Sale,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
})
class CacheListener {
  onMessage(sale: Sale): void {
    console.log('forgotten', sale.id);
  }
}

@RocketMQMessageListener({ topic: 'moved-totals', consumerGroup: 'moved-calculator', selectorExpression: 'sum', messageType: [Sale] })
class TotalListener implements RocketMQReplyListener<Sale[], { total: number }> {
  async onRequest(sales: Sale[]): Promise<{ total: number }> {
    return { total: sales.reduce((sum, { amount }) => sum + amount, 0) };
  }

  prepareStart(consumer: DefaultMQPushConsumer): void {
    consumer.consumeFromWhere = 'CONSUME_FROM_FIRST_OFFSET';
    consumer.pollNameServerInterval = 500;
  }
}

@Injectable()
class SaleService {
  constructor(
    private readonly template: RocketMQTemplate,
    private readonly listeners: RocketMQListenerRegistry,
  ) {}

  async publish(tag: string, sale: Sale, headers: Record<string, string> = {}): Promise<void> {
    const result = await this.template.syncSend(`moved-sales:${tag}`, sale, { keys: sale.id, headers });
    console.log('published', sale.id, result.sendStatus);
  }

  async later(sale: Sale, customer: string): Promise<void> {
    await this.template.syncSend('moved-sales:paid', sale, { headers: { customer }, delayMs: 1200 });
  }

  async total(sales: Sale[]): Promise<number> {
    const { total } = await this.template.sendAndReceive<{ total: number }>('moved-totals:sum', sales, {
      timeout: 10_000,
      replyType: Object,
    });
    return total;
  }

  async audit(): Promise<void> {
    await this.listeners.register(
      {
        topic: 'moved-sales',
        consumerGroup: 'moved-audit',
        messageType: Sale,
        consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
        autoStart: true,
      },
      (sale, { tags }) => console.log('audited', sale.id, tags),
    );
  }
}

@Module({
  imports: [
    RocketMQModule.forRoot({
      nameServer: process.argv[2] ?? '127.0.0.1:9876',
      producer: { group: 'moved-shop' },
      startup: 'background',
      autoStart: false,
    }),
  ],
  providers: [InvoiceListener, StatisticsListener, CacheListener, TotalListener, SaleService, { provide: APP_GUARD, useClass: ApiGuard }],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
app.enableShutdownHooks();
const sales = app.get(SaleService);
await sales.publish('paid', { id: 's1', amount: 12 }, { customer: 'Ada' });
await sales.publish('paid', { id: 's2', amount: -3 }, { customer: 'Bob' });
await sales.publish('shipped', { id: 's3', amount: 0 }, { customer: 'Eve' });
await sales.publish('shipped', { id: 's4', amount: 7 });
await sales.publish('cancelled', { id: 's5', amount: 7 });
await sales.later({ id: 's6', amount: 9 }, 'Joe');
await app.get(RocketMQListenerRegistry).start();
await sales.audit();
console.log(
  'total',
  await sales.total([
    { id: 's1', amount: 12 },
    { id: 's6', amount: 9 },
  ]),
);
