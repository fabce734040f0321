// Two applications of the story: the shop sends, billing consumes. In real life each is a process of its own.
import { type DynamicModule, Module } from '@nestjs/common';
import { RocketMQModule } from 'nest-rocketmq';
import { BillingListener } from './billing.listener.js';
import { Ledger } from './ledger.js';
import { OrderService } from './order.service.js';

@Module({})
export class ShopModule {
  static connectedTo(nameServer: string): DynamicModule {
    return {
      module: ShopModule,
      imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'demo-shop' } })],
      providers: [OrderService],
    };
  }
}

@Module({})
export class BillingModule {
  static connectedTo(nameServer: string): DynamicModule {
    return {
      module: BillingModule,
      imports: [RocketMQModule.forRoot({ nameServer })],
      providers: [Ledger, BillingListener],
    };
  }
}
