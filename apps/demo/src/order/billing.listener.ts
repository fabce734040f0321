// The receiving side: only paid and shipped orders leave the broker for this group.
import { type MessageContext, type RocketMQListener, RocketMQMessageListener } from 'nest-rocketmq';
import { Ledger } from './ledger.js';
import { Order, ORDER_TOPIC } from './order.js';

@RocketMQMessageListener({
  topic: ORDER_TOPIC,
  consumerGroup: 'demo-billing',
  selectorExpression: 'paid || shipped',
  messageType: Order,
})
export class BillingListener implements RocketMQListener<Order> {
  constructor(private readonly ledger: Ledger) {}

  onMessage(order: Order, context: MessageContext): void {
    this.ledger.write(order, context);
  }
}
