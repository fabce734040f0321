// Tells customers what became of their orders, several messages at a time. Must never send one mail twice.
import { Injectable } from '@nestjs/common';
import { type BatchContext, type BatchResult, Idempotent, type MessageContext, RocketMQMessageListener } from 'nest-rocketmq';
import { FROM_THE_FIRST, isOf, type NotificationsReport, Order, TOPICS } from '../contracts.js';
import type { Books } from '../report-desk.js';

@Injectable()
export class Outbox implements Books {
  readonly mails: Array<{ id: string; event: string }> = [];
  readonly failedAttempts: string[] = [];

  report(run: string): NotificationsReport {
    return {
      mails: this.mails.filter(({ id }) => isOf(run, id)).map(({ id, event }) => `${id} ${event}`),
      failedAttempts: this.failedAttempts.filter((id) => isOf(run, id)).length,
    };
  }
}

@RocketMQMessageListener({
  topic: TOPICS.orders,
  consumerGroup: 'demo-shop-mailer',
  selectorExpression: 'placed || paid || cancelled',
  messageType: Order,
  consumeMessageBatchMaxSize: 8,
  delayLevelWhenNextConsume: 1,
  consumeFromWhere: FROM_THE_FIRST,
})
@Idempotent({ key: (order: Order, { tags }: MessageContext) => `${order.id} ${tags}`, lease: '5s' })
export class Mailer {
  constructor(private readonly outbox: Outbox) {}

  /** A mail that cannot be sent comes again by itself; the others of its batch are done. */
  onMessages(orders: Order[], { items }: BatchContext): Promise<BatchResult[]> {
    return Promise.allSettled(orders.map((order, index) => this.send(order, items[index]!)));
  }

  private async send({ id, kind }: Order, { tags, reconsumeTimes }: MessageContext): Promise<void> {
    if (kind === 'forgotten' && tags === 'cancelled' && reconsumeTimes === 0) {
      this.outbox.failedAttempts.push(id);
      throw new Error('the mail server does not answer');
    }
    this.outbox.mails.push({ id, event: tags! });
  }
}
