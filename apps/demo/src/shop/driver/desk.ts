// The driver's own application: it speaks to the shop by requests alone, as a web site would. Must never look into an application.
import { type INestApplicationContext, Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { dlqTopicOf } from 'rocketmq-core/message';
import { RocketMQDeadLetters, RocketMQModule, RocketMQTemplate } from 'nest-rocketmq';
import { JOIN_LIMIT_MS } from '../../wait.js';
import { LOG_LEVELS } from '../applications.js';
import {
  type ApplicationName,
  type Delivery,
  isOf,
  NotificationsReport,
  type Order,
  OrdersReport,
  PaymentsReport,
  Receipt,
  STOCK_GROUP,
  StockReport,
  TOPICS,
} from '../contracts.js';

const LETTERS_A_PAGE = 1000;

export interface Reports {
  readonly orders: OrdersReport;
  readonly stock: StockReport;
  readonly payments: PaymentsReport;
  readonly notifications: NotificationsReport;
}

@Module({})
class DriverModule {
  static connectedTo(nameServer: string): DynamicModule {
    return { module: DriverModule, imports: [RocketMQModule.forRoot({ nameServer, producer: { group: 'demo-shop-driver' } })] };
  }
}

export class Desk {
  private readonly template: RocketMQTemplate;

  private constructor(private readonly application: INestApplicationContext) {
    this.template = application.get(RocketMQTemplate);
  }

  static async open(nameServer: string): Promise<Desk> {
    const options = { logger: LOG_LEVELS, abortOnError: false };
    return new Desk(await NestFactory.createApplicationContext(DriverModule.connectedTo(nameServer), options));
  }

  /** A message that nobody takes brings each topic into being, so that no listener has to wait half a minute for the first one. */
  async openTopics(): Promise<void> {
    for (const topic of [...Object.values(TOPICS), dlqTopicOf(STOCK_GROUP)]) {
      await this.template.syncSend(`${topic}:opened`, { opened: true });
    }
  }

  deliver(delivery: Delivery): Promise<Receipt> {
    return this.ask('delivery', delivery, Receipt);
  }

  order(order: Order): Promise<Receipt> {
    return this.ask('order', order, Receipt);
  }

  async reports(run: string): Promise<Reports> {
    const report = <T>(application: ApplicationName, type: new () => T): Promise<T> => this.ask(`report-${application}`, { run }, type);
    const [orders, stock, payments, notifications] = await Promise.all([
      report('orders', OrdersReport),
      report('stock', StockReport),
      report('payments', PaymentsReport),
      report('notifications', NotificationsReport),
    ]);
    return { orders, stock, payments, notifications };
  }

  /** The ids of the run's orders among the dead letters of stock, as the broker keeps them. */
  async deadLetters(run: string): Promise<string[]> {
    const letters = this.application.get(RocketMQDeadLetters);
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await letters.list(STOCK_GROUP, { limit: LETTERS_A_PAGE, cursor });
      found.push(...page.letters.flatMap(({ keys }) => keys).filter((id) => isOf(run, id)));
      cursor = page.next;
    } while (cursor !== undefined);
    return found;
  }

  close(): Promise<void> {
    return this.application.close();
  }

  private async ask<T>(tag: string, payload: object, type: new () => T): Promise<T> {
    const options = { timeout: JOIN_LIMIT_MS, replyType: type };
    return (await this.template.sendAndReceive(`${TOPICS.desk}:${tag}`, payload, options)) as T;
  }
}
