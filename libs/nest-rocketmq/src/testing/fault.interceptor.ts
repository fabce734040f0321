// Innermost: what fails here fails for everything that stands around sends and listeners. Must never fail by itself.
import { RocketMQInterceptor } from '../interceptor/index.js';
import type { ConsumeInterceptor, Delivery, Verdict } from '../listener/index.js';
import type { SendInterceptor, Sending } from '../template/index.js';
import type { RocketMQFaults } from './faults.js';

@RocketMQInterceptor({ order: Number.MAX_SAFE_INTEGER })
export class FaultInterceptor implements ConsumeInterceptor, SendInterceptor {
  constructor(private readonly faults: RocketMQFaults) {}

  async interceptSend<R>(sending: Sending, next: () => Promise<R>): Promise<R> {
    this.faults.beforeSend(sending);
    return next();
  }

  async interceptConsume(delivery: Delivery, next: () => Promise<Verdict>): Promise<Verdict> {
    this.faults.beforeListener(delivery);
    return next();
  }
}
