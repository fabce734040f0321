// The table of bills. Must never know of messages, but for how many were known already.
import { Injectable } from '@nestjs/common';
import { RocketMQIdempotency } from 'nest-rocketmq';
import { isOf, type Order, type PaymentsReport } from '../contracts.js';
import type { Books } from '../report-desk.js';

@Injectable()
export class Bills implements Books {
  private readonly charged: string[] = [];
  private readonly timedOut = new Set<string>();

  constructor(private readonly idempotency: RocketMQIdempotency) {}

  /** Asked again, because telling of it failed, it has been done. */
  charge({ id }: Order): void {
    if (!this.charged.includes(id)) this.charged.push(id);
  }

  /** True when nobody has paid it. */
  timeOut({ id }: Order): boolean {
    this.timedOut.add(id);
    return !this.charged.includes(id);
  }

  report(run: string): PaymentsReport {
    return {
      charged: this.charged.filter((id) => isOf(run, id)),
      timedOut: [...this.timedOut].filter((id) => isOf(run, id)),
      duplicates: this.idempotency.stats()['Cashier.reserved']?.duplicates ?? 0,
    };
  }
}
