// The table of orders. Stands for a database: must never forget an order it has placed.
import { Injectable } from '@nestjs/common';
import { isOf, type Order, type OrdersReport, type OrderState } from '../contracts.js';
import type { Books } from '../report-desk.js';

interface Row {
  state: OrderState;
  reason: string;
}

@Injectable()
export class OrderBook implements Books {
  private readonly rows = new Map<string, Row>();
  private readonly checked = new Set<string>();
  private readonly deadLetters = new Set<string>();

  place({ id }: Order): void {
    if (!this.rows.has(id)) this.rows.set(id, { state: 'placed', reason: '' });
  }

  /** Whether it is in the table, asked by the broker. */
  check(id: string): boolean {
    this.checked.add(id);
    return this.rows.has(id);
  }

  /** True when this is how the order ended; false when it had ended otherwise, or is not known here. */
  settle(id: string, state: 'paid' | 'cancelled', reason: string): boolean {
    const row = this.rows.get(id);
    if (row === undefined) return false;
    if (row.state === 'placed') Object.assign(row, { state, reason });
    return row.state === state;
  }

  noteDeadLetter(id: string): void {
    this.deadLetters.add(id);
  }

  report(run: string): OrdersReport {
    const mine = (id: string): boolean => isOf(run, id);
    return {
      orders: [...this.rows].filter(([id]) => mine(id)).map(([id, row]) => ({ id, ...row })),
      checked: [...this.checked].filter(mine),
      deadLetters: [...this.deadLetters].filter(mine),
    };
  }
}
