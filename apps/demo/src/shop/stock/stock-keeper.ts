// Stock's listeners: commands about one order in their order, and deliveries of goods. Must never take a command twice.
import {
  ConsumeMode,
  DeadLetter,
  Idempotent,
  OnMessage,
  RocketMQMessageListener,
  type RocketMQReplyListener,
  RocketMQTemplate,
} from 'nest-rocketmq';
import { Delivery, FROM_THE_FIRST, Order, type Receipt, STOCK_GROUP, TOPICS } from '../contracts.js';
import { Shelf } from './shelf.js';

@RocketMQMessageListener({
  topic: TOPICS.stock,
  consumerGroup: STOCK_GROUP,
  consumeMode: ConsumeMode.ORDERLY,
  // A command that fails holds up its queue: no later command about the order overtakes it.
  suspendCurrentQueueTimeMillis: 200,
  messageType: Order,
  consumeFromWhere: FROM_THE_FIRST,
})
@Idempotent({ key: 'id' })
export class StockKeeper {
  constructor(
    private readonly shelf: Shelf,
    private readonly template: RocketMQTemplate,
  ) {}

  @OnMessage('reserve')
  async reserve(order: Order): Promise<void> {
    // Trying again would not help, and the orders behind it would wait.
    if (!this.shelf.knows(order)) throw DeadLetter(`no article ${order.article}`);
    const fact = this.shelf.reserve(order) ? 'reserved' : 'short';
    await this.tell(fact, order);
    if (order.kind === 'told-twice') await this.tell(fact, order);
  }

  @OnMessage('ship')
  ship(order: Order): void {
    this.shelf.end(order, 'shipped');
  }

  @OnMessage('release')
  release(order: Order): void {
    this.shelf.end(order, 'released');
  }

  private async tell(fact: 'reserved' | 'short', order: Order): Promise<void> {
    await this.template.syncSend(`${TOPICS.facts}:${fact}`, order, { keys: order.id });
  }
}

@RocketMQMessageListener({
  topic: TOPICS.desk,
  consumerGroup: 'demo-shop-deliveries',
  selectorExpression: 'delivery',
  messageType: Delivery,
  consumeFromWhere: FROM_THE_FIRST,
})
@Idempotent()
export class DeliveryDesk implements RocketMQReplyListener<Delivery, Receipt> {
  constructor(private readonly shelf: Shelf) {}

  async onRequest(delivery: Delivery): Promise<Receipt> {
    this.shelf.take(delivery);
    return { id: delivery.article, state: 'on the shelf' };
  }
}
