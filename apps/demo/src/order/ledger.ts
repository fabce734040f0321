// What one member of the group has been given, in order of arrival.
import { Injectable } from '@nestjs/common';
import type { MessageContext } from 'nest-rocketmq';
import type { Order } from './order.js';

export interface LedgerEntry {
  readonly order: Order;
  readonly tag: string;
  readonly queue: string;
  readonly queueOffset: number;
}

@Injectable()
export class Ledger {
  readonly entries: LedgerEntry[] = [];

  write(order: Order, { tags, brokerName, queueId, queueOffset }: MessageContext): void {
    this.entries.push({ order, tag: tags ?? '', queue: `${brokerName}/${queueId}`, queueOffset });
  }
}
