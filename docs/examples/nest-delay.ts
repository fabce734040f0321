// Messages delivered later, in a Nest application: ... docs/examples/nest-delay.ts [HOST:9876]
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RocketMQMessageListener, RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';

class Reminder {
  order!: string;
  how!: string;
}

@Injectable()
class ReminderService {
  constructor(private readonly template: RocketMQTemplate) {}

  async remind(order: string): Promise<void> {
    await this.template.syncSendDelayTimeSeconds('reminders', { order, how: 'seconds' }, 1);
    await this.template.syncSendDelayTimeMills('reminders', { order, how: 'milliseconds' }, 1200);
    await this.template.syncSendDeliverTimeMills('reminders', { order, how: 'moment' }, Date.now() + 1400);
    await this.template.syncSend('reminders', { order, how: 'date' }, { deliverAt: new Date(Date.now() + 1600), keys: order });
    await this.template.syncSendOrderly('reminders', { order, how: 'orderly' }, order, { delayMs: 1800 });
  }
}

@RocketMQMessageListener({ topic: 'reminders', consumerGroup: 'reminder-mails', messageType: Reminder })
class ReminderMails {
  onMessage(reminder: Reminder): void {
    console.log('reminded of', reminder.order, reminder.how);
  }
}

@Module({
  imports: [RocketMQModule.forRoot({ nameServer: process.argv[2] ?? '127.0.0.1:9876', producer: { group: 'reminder-service' } })],
  providers: [ReminderService, ReminderMails],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.get(ReminderService).remind('order-1');
