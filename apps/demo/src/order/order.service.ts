// The sending side: an injected template, nothing else.
import { Injectable } from '@nestjs/common';
import { RocketMQTemplate, type SendResult } from 'nest-rocketmq';
import { type Order, ORDER_TOPIC, type OrderState } from './order.js';

@Injectable()
export class OrderService {
  constructor(private readonly rocketMQTemplate: RocketMQTemplate) {}

  announce(order: Order, state: OrderState): Promise<SendResult> {
    return this.rocketMQTemplate.syncSend(`${ORDER_TOPIC}:${state}`, order, { keys: order.id, headers: { source: 'web' } });
  }
}
