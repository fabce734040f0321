// The application that takes orders and follows them to their end.
import { type DynamicModule, Module } from '@nestjs/common';
import { RocketMQModule } from 'nest-rocketmq';
import { reportDeskOf } from '../report-desk.js';
import { OrderBook } from './order-book.js';
import { OrderDesk, OrderTransaction } from './order-desk.js';
import { OrderProcess, OrderVoice, PlacedListener, UnhandledOrders } from './order-process.js';

@Module({})
export class OrdersModule {
  static connectedTo(nameServer: string): DynamicModule {
    return {
      module: OrdersModule,
      imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'demo-shop-orders' } })],
      providers: [
        OrderBook,
        OrderVoice,
        OrderDesk,
        OrderTransaction,
        PlacedListener,
        OrderProcess,
        UnhandledOrders,
        reportDeskOf('orders', OrderBook),
      ],
    };
  }
}
