// Where orders come in: a request whose order and whose event are one transaction. Must never publish an order that is not in the table.
import {
  type Message,
  type RocketMQLocalTransactionListener,
  RocketMQLocalTransactionState,
  RocketMQMessageListener,
  type RocketMQReplyListener,
  RocketMQTemplate,
  RocketMQTransactionListener,
} from 'nest-rocketmq';
import { FROM_THE_FIRST, Order, type Receipt, TOPICS } from '../contracts.js';
import { OrderBook } from './order-book.js';

const { COMMIT, ROLLBACK, UNKNOWN } = RocketMQLocalTransactionState;

@RocketMQMessageListener({
  topic: TOPICS.desk,
  consumerGroup: 'demo-shop-order-desk',
  selectorExpression: 'order',
  messageType: Order,
  consumeFromWhere: FROM_THE_FIRST,
})
export class OrderDesk implements RocketMQReplyListener<Order, Receipt> {
  constructor(private readonly template: RocketMQTemplate) {}

  async onRequest(order: Order): Promise<Receipt> {
    const result = await this.template.sendMessageInTransaction(`${TOPICS.orders}:placed`, order, order, { keys: order.id });
    return { id: order.id, state: result.localTransactionState };
  }
}

@RocketMQTransactionListener()
export class OrderTransaction implements RocketMQLocalTransactionListener<Order> {
  constructor(private readonly book: OrderBook) {}

  executeLocalTransaction(_message: Message<Buffer>, order: Order): RocketMQLocalTransactionState {
    if (order.kind === 'refused') return ROLLBACK;
    this.book.place(order);
    return order.kind === 'unsure' ? UNKNOWN : COMMIT;
  }

  checkLocalTransaction(message: Message<Buffer>): RocketMQLocalTransactionState {
    const { id } = JSON.parse(message.payload.toString()) as Order;
    return this.book.check(id) ? COMMIT : ROLLBACK;
  }
}
