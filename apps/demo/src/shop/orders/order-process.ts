// What follows an order, event by event: commands to stock, and how it ends. Must never end an order in two ways.
import { type DeadLetterMessage, Idempotent, OnDeadLetter, OnMessage, RocketMQMessageListener, RocketMQTemplate } from 'nest-rocketmq';
import { Injectable } from '@nestjs/common';
import { FROM_THE_FIRST, Order, STOCK_GROUP, TOPICS } from '../contracts.js';
import { OrderBook } from './order-book.js';

const COPY_LEASE = '5s';

/** Sends what others have to know of. Commands to stock about one order go to one queue. */
@Injectable()
export class OrderVoice {
  constructor(private readonly template: RocketMQTemplate) {}

  async command(what: 'reserve' | 'ship' | 'release', order: Order): Promise<void> {
    await this.template.syncSendOrderly(`${TOPICS.stock}:${what}`, order, order.id, { keys: order.id });
  }

  async publish(what: 'paid' | 'cancelled', order: Order): Promise<void> {
    await this.template.syncSend(`${TOPICS.orders}:${what}`, order, { keys: order.id });
  }
}

@RocketMQMessageListener({
  topic: TOPICS.orders,
  consumerGroup: 'demo-shop-placed',
  messageType: Order,
  consumeFromWhere: FROM_THE_FIRST,
})
@Idempotent({ key: 'id', lease: COPY_LEASE })
export class PlacedListener {
  constructor(private readonly voice: OrderVoice) {}

  @OnMessage('placed')
  placed(order: Order): Promise<void> {
    return this.voice.command('reserve', order);
  }
}

@RocketMQMessageListener({
  topic: TOPICS.facts,
  consumerGroup: 'demo-shop-order-process',
  messageType: Order,
  consumeFromWhere: FROM_THE_FIRST,
})
@Idempotent({ key: 'id', lease: COPY_LEASE })
export class OrderProcess {
  constructor(
    private readonly book: OrderBook,
    private readonly voice: OrderVoice,
  ) {}

  @OnMessage('charged')
  async charged(order: Order): Promise<void> {
    if (!this.book.settle(order.id, 'paid', '')) return;
    await this.voice.command('ship', order);
    await this.voice.publish('paid', order);
  }

  @OnMessage('unpaid')
  async unpaid(order: Order): Promise<void> {
    if (!this.book.settle(order.id, 'cancelled', 'not paid in time')) return;
    await this.voice.command('release', order);
    await this.voice.publish('cancelled', order);
  }

  @OnMessage('short')
  async short(order: Order): Promise<void> {
    if (this.book.settle(order.id, 'cancelled', 'out of stock')) await this.voice.publish('cancelled', order);
  }
}

/** What stock gave up is not left lying: the customer is told. */
@Injectable()
export class UnhandledOrders {
  constructor(
    private readonly book: OrderBook,
    private readonly voice: OrderVoice,
  ) {}

  @OnDeadLetter(STOCK_GROUP)
  async cancel(letter: DeadLetterMessage): Promise<void> {
    const order = letter.json<Order>();
    // A letter of another run, or the one the topic was opened with.
    if (!this.book.settle(order.id, 'cancelled', 'stock gave it up')) return;
    this.book.noteDeadLetter(order.id);
    await this.voice.publish('cancelled', order);
  }
}
