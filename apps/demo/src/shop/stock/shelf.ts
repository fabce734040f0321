// The table of goods and the journal of what was done for each order. Must never reserve what is not there.
import { Injectable } from '@nestjs/common';
import { type Delivery, isOf, type Order, type StockReport } from '../contracts.js';
import type { Books } from '../report-desk.js';

interface Row {
  delivered: number;
  onShelf: number;
  reserved: number;
  shipped: number;
}

@Injectable()
export class Shelf implements Books {
  private readonly rows = new Map<string, Row>();
  private readonly steps = new Map<string, string[]>();

  take({ article, quantity }: Delivery): void {
    const row = this.rows.get(article) ?? { delivered: 0, onShelf: 0, reserved: 0, shipped: 0 };
    row.delivered += quantity;
    row.onShelf += quantity;
    this.rows.set(article, row);
  }

  knows({ article }: Order): boolean {
    return this.rows.has(article);
  }

  /** False: not enough. Asked again, because telling of it failed, it answers the same. */
  reserve(order: Order): boolean {
    const [first] = this.stepsOf(order);
    if (first !== undefined) return first === 'reserved';
    const row = this.rowOf(order);
    const isThere = row.onShelf >= order.quantity;
    if (isThere) this.move(row, 'onShelf', 'reserved', order.quantity);
    this.stepsOf(order).push(isThere ? 'reserved' : 'short');
    return isThere;
  }

  /** What is reserved leaves the house, or goes back to the shelf. */
  end(order: Order, step: 'shipped' | 'released'): void {
    if (this.stepsOf(order)[0] !== 'reserved') throw new Error(`${order.id} was to be ${step} before it was reserved`);
    this.move(this.rowOf(order), 'reserved', step === 'shipped' ? 'shipped' : 'onShelf', order.quantity);
    this.stepsOf(order).push(step);
  }

  report(run: string): StockReport {
    return {
      articles: [...this.rows].filter(([article]) => isOf(run, article)).map(([article, row]) => ({ article, ...row })),
      steps: Object.fromEntries([...this.steps].filter(([id]) => isOf(run, id))),
    };
  }

  private move(row: Row, from: keyof Row, to: keyof Row, quantity: number): void {
    row[from] -= quantity;
    row[to] += quantity;
  }

  private rowOf({ article }: Order): Row {
    const row = this.rows.get(article);
    if (row === undefined) throw new Error(`no article ${article}`);
    return row;
  }

  private stepsOf({ id }: Order): string[] {
    const steps = this.steps.get(id) ?? [];
    this.steps.set(id, steps);
    return steps;
  }
}
