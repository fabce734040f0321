// Payments' listeners: a bill for what is reserved, and a delayed message to itself that ends the time to pay. Must never charge twice.
import { Idempotent, OnMessage, RocketMQMessageListener, RocketMQTemplate } from 'nest-rocketmq';
import { FROM_THE_FIRST, Order, TOPICS } from '../contracts.js';
import { Bills } from './bills.js';

/** Delay level 1, one second; a shop would give its customers more. */
const TIME_TO_PAY_LEVEL = 1;

@RocketMQMessageListener({
  topic: TOPICS.facts,
  consumerGroup: 'demo-shop-cashier',
  messageType: Order,
  consumeFromWhere: FROM_THE_FIRST,
})
// A copy that comes while the first is at work is put off until the lease is over.
@Idempotent({ key: 'id', lease: '5s' })
export class Cashier {
  constructor(
    private readonly bills: Bills,
    private readonly template: RocketMQTemplate,
  ) {}

  @OnMessage('reserved')
  async reserved(order: Order): Promise<void> {
    if (order.kind !== 'forgotten') {
      this.bills.charge(order);
      await this.template.syncSend(`${TOPICS.facts}:charged`, order, { keys: order.id });
    }
    await this.template.syncSend(`${TOPICS.timers}:time-to-pay`, order, { keys: order.id, delayLevel: TIME_TO_PAY_LEVEL });
  }
}

@RocketMQMessageListener({
  topic: TOPICS.timers,
  consumerGroup: 'demo-shop-time-to-pay',
  messageType: Order,
  consumeFromWhere: FROM_THE_FIRST,
})
export class TimeToPay {
  constructor(
    private readonly bills: Bills,
    private readonly template: RocketMQTemplate,
  ) {}

  @OnMessage('time-to-pay')
  async isOver(order: Order): Promise<void> {
    if (this.bills.timeOut(order)) await this.template.syncSend(`${TOPICS.facts}:unpaid`, order, { keys: order.id });
  }
}
