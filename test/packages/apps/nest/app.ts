// A small Nest application as users write it: the same sources are compiled to ESM for Nest 12 and to CommonJS for Nest 11.
// Must never import more than packages that are installed.
import 'reflect-metadata';
import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsNumber, IsString } from 'class-validator';
import {
  type MessageContext,
  type RocketMQListener,
  RocketMQMessageListener,
  RocketMQModule,
  type RocketMQOptions,
  RocketMQTemplate,
  type SendResult,
} from 'nest-rocketmq';

export class Order {
  @IsString()
  @Transform(({ value }: { value: string }) => value.toUpperCase())
  id!: string;

  @IsNumber()
  amount!: number;
}

@Injectable()
export class Invoices {
  private tell!: (invoice: string) => void;
  readonly first = new Promise<string>((resolve) => (this.tell = resolve));

  open(order: Order, tags: string | undefined): void {
    this.tell(`${order instanceof Order} ${order.id} ${tags}`);
  }
}

@RocketMQMessageListener({
  topic: 'orders',
  consumerGroup: 'billing',
  selectorExpression: 'paid',
  messageType: Order,
  consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
})
export class BillingListener implements RocketMQListener<Order> {
  constructor(private readonly invoices: Invoices) {}

  async onMessage(order: Order, context: MessageContext): Promise<void> {
    this.invoices.open(order, context.tags);
  }
}

@Injectable()
export class OrderService {
  constructor(private readonly rocketMQTemplate: RocketMQTemplate) {}

  pay(id: string): Promise<SendResult> {
    return this.rocketMQTemplate.syncSend('orders:paid', { id, amount: 42 });
  }
}

@Module({})
export class AppModule {
  static with(options: RocketMQOptions): DynamicModule {
    return {
      module: AppModule,
      imports: [RocketMQModule.forRoot({ ...options, producer: { group: 'order-service' } })],
      providers: [Invoices, BillingListener, OrderService],
    };
  }
}
