// The application that writes to customers. It sends no message, so it has no producer but for its answers.
import { type DynamicModule, Module } from '@nestjs/common';
import { RocketMQModule } from 'nest-rocketmq';
import { reportDeskOf } from '../report-desk.js';
import { Mailer, Outbox } from './mailer.js';

@Module({})
export class NotificationsModule {
  static connectedTo(nameServer: string): DynamicModule {
    return {
      module: NotificationsModule,
      imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'demo-shop-notifications' } })],
      providers: [Outbox, Mailer, reportDeskOf('notifications', Outbox)],
    };
  }
}
