// The application that has customers pay.
import { type DynamicModule, Module } from '@nestjs/common';
import { RocketMQModule } from 'nest-rocketmq';
import { reportDeskOf } from '../report-desk.js';
import { Bills } from './bills.js';
import { Cashier, TimeToPay } from './cashier.js';

@Module({})
export class PaymentsModule {
  static connectedTo(nameServer: string): DynamicModule {
    return {
      module: PaymentsModule,
      imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'demo-shop-payments' } })],
      providers: [Bills, Cashier, TimeToPay, reportDeskOf('payments', Bills)],
    };
  }
}
