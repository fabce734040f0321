// Whether the shop's books agree with each other and with the plan. Must never ask an application anything.
import type { Printer } from '../../console/printer.js';
import { idsOf, PLAN, type PlannedKind } from './plan.js';
import type { Reports } from './desk.js';

const isRepeated = (list: readonly string[]): boolean => new Set(list).size !== list.length;
const same = (left: readonly string[], right: readonly string[]): boolean => left.toSorted().join() === right.toSorted().join();
const countOf = (list: readonly string[], ids: readonly string[]): number => list.filter((entry) => ids.includes(entry)).length;
/** A mail is told of as `order event`. */
const ordersOfMails = (mails: readonly string[]): string[] => mails.map((mail) => mail.split(' ')[0]!);

export class Audit {
  private readonly kinds: ReadonlyArray<PlannedKind & { ids: string[] }>;

  constructor(
    run: string,
    private readonly reports: Reports,
  ) {
    this.kinds = PLAN.map((planned) => ({ ...planned, ids: idsOf(run, planned) }));
  }

  /** Nothing is under way any more: each order has ended, and what follows from its end has happened. */
  isOver(): boolean {
    const { orders, payments, notifications } = this.reports;
    return (
      this.idsWhere(({ ends }) => ends !== undefined).every(
        (id) => (orders.orders.find((order) => order.id === id)?.state ?? 'placed') !== 'placed',
      ) &&
      this.kinds.every(({ ids, steps }) => ids.every((id) => this.stepsOf(id).length >= steps.length)) &&
      payments.timedOut.length >= this.idsWhere(({ steps }) => steps[0] === 'reserved').length &&
      payments.duplicates >= this.idsOfKind('told-twice').length &&
      notifications.mails.length >= 2 * orders.orders.length
    );
  }

  tables(print: Printer): void {
    const { orders, payments, notifications } = this.reports;
    const statesOf = (ids: readonly string[]): string[] => orders.orders.filter(({ id }) => ids.includes(id)).map(({ state }) => state);
    const rows = this.kinds.map(({ kind, ids }) => ({
      kind: kind as string,
      asked: ids.length,
      placed: statesOf(ids).length,
      paid: statesOf(ids).filter((state) => state === 'paid').length,
      cancelled: statesOf(ids).filter((state) => state === 'cancelled').length,
      shipped: ids.filter((id) => this.stepsOf(id).includes('shipped')).length,
      charged: countOf(payments.charged, ids),
      'dead letters': countOf(orders.deadLetters, ids),
      mails: countOf(ordersOfMails(notifications.mails), ids),
    }));
    const total = { ...rows[0]!, kind: 'all' };
    for (const column of Object.keys(total) as Array<keyof typeof total>) {
      if (column !== 'kind') total[column] = rows.reduce((sum, row) => sum + row[column], 0);
    }
    print.table([...rows, total]);
    print.line('');
    print.table(this.reports.stock.articles);
  }

  check(print: Printer, deadLetters: readonly string[]): void {
    this.checkOrders(print);
    this.checkOnce(print);
    const { orders, stock } = this.reports;
    const wrong = this.kinds.flatMap(({ ids, steps }) => ids.filter((id) => this.stepsOf(id).join() !== steps.join()));
    print.check('stock did what it was told, order by order in its order', wrong.length === 0, wrong.join(', '));
    const lost = stock.articles.filter(({ delivered, onShelf, reserved, shipped }) => reserved !== 0 || delivered !== onShelf + shipped);
    print.check(
      'goods: delivered = on the shelf + shipped, nothing reserved',
      lost.length === 0,
      lost.map(({ article }) => article).join(', '),
    );
    const poison = this.idsOfKind('poison');
    print.check('dead letters = poison orders', same(deadLetters, poison), deadLetters.join(', '));
    print.check('orders heard of each dead letter', same(orders.deadLetters, poison), orders.deadLetters.join(', '));
    const unsure = this.idsOfKind('unsure');
    print.check(
      'the broker asked about the unsure ones',
      unsure.every((id) => orders.checked.includes(id)),
      orders.checked.join(', '),
    );
  }

  private checkOrders(print: Printer): void {
    const { orders } = this.reports.orders;
    const paid = orders.filter(({ state }) => state === 'paid').length;
    const cancelled = orders.filter(({ state }) => state === 'cancelled').length;
    print.check(`placed ${orders.length} = paid ${paid} + cancelled ${cancelled}`, orders.length === paid + cancelled);
    const placed = this.idsWhere(({ ends }) => ends !== undefined);
    const ids = orders.map(({ id }) => id);
    print.check('every order but the refused ones was placed', same(ids, placed), `${ids.length} of ${placed.length}`);
    const wrong = this.kinds.flatMap(({ ids: mine, ends, reason }) =>
      orders.filter((order) => mine.includes(order.id) && (order.state !== ends || order.reason !== reason)),
    );
    const said = wrong.map(({ id, state, reason }) => `${id} ${state} ${reason}`).join(', ');
    print.check('each ended as it had to', wrong.length === 0, said);
  }

  private checkOnce(print: Printer): void {
    const { payments, notifications } = this.reports;
    const paid = this.idsWhere(({ ends }) => ends === 'paid');
    const duplicates = `${payments.duplicates} copies of reservations came and were left alone`;
    print.check(`each paid order was charged, once; ${duplicates}`, same(payments.charged, paid), payments.charged.join(', '));
    const billed = this.idsWhere(({ steps }) => steps[0] === 'reserved');
    print.check('the time to pay ended for each bill', same(payments.timedOut, billed), payments.timedOut.join(', '));
    const mails = this.kinds.flatMap(({ ids, ends }) => (ends === undefined ? [] : ids.flatMap((id) => [`${id} placed`, `${id} ${ends}`])));
    const isRight = same(notifications.mails, mails) && !isRepeated(notifications.mails);
    const retries = `${notifications.failedAttempts} at the second attempt`;
    print.check(`two mails for each order, none twice; ${retries}`, isRight, `${notifications.mails.length} of ${mails.length}`);
    const failing = this.idsOfKind('forgotten').length;
    print.check(
      'only the mails that failed were sent again',
      notifications.failedAttempts === failing,
      String(notifications.failedAttempts),
    );
  }

  private idsWhere(matches: (planned: PlannedKind) => boolean): string[] {
    return this.kinds.filter(matches).flatMap(({ ids }) => ids);
  }

  private idsOfKind(wanted: PlannedKind['kind']): string[] {
    return this.idsWhere(({ kind }) => kind === wanted);
  }

  private stepsOf(id: string): readonly string[] {
    return this.reports.stock.steps[id] ?? [];
  }
}
