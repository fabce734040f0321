// The application that keeps the goods.
import { type DynamicModule, Module } from '@nestjs/common';
import { RocketMQModule } from 'nest-rocketmq';
import { reportDeskOf } from '../report-desk.js';
import { Shelf } from './shelf.js';
import { DeliveryDesk, StockKeeper } from './stock-keeper.js';

@Module({})
export class StockModule {
  static connectedTo(nameServer: string): DynamicModule {
    return {
      module: StockModule,
      imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'demo-shop-stock-voice' } })],
      providers: [Shelf, StockKeeper, DeliveryDesk, reportDeskOf('stock', Shelf)],
    };
  }
}
