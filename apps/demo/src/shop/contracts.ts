// What the shop's applications agree on: topics, groups, messages and reports. Must never contain anything of one application alone.

/** Events of an order, published by orders; commands to stock; facts that stock and payments tell; payments' own timer; requests. */
export const TOPICS = {
  orders: 'DemoShopOrders',
  stock: 'DemoShopStock',
  facts: 'DemoShopFacts',
  timers: 'DemoShopTimers',
  desk: 'DemoShopDesk',
} as const;

/** The group whose dead letters orders looks after. */
export const STOCK_GROUP = 'demo-shop-stock';

/** A consumer group that is new begins with the first message there is: nothing is lost while an application is deployed. */
export const FROM_THE_FIRST = 'CONSUME_FROM_FIRST_OFFSET';

export const APPLICATIONS = ['orders', 'stock', 'payments', 'notifications'] as const;
export type ApplicationName = (typeof APPLICATIONS)[number];

/** What happens on the way; in real life it is the world that decides, here the order says it. */
export type OrderKind =
  /** Nothing unusual. */
  | 'plain'
  /** Stock tells of the reservation twice, as a producer does whose answer was lost. */
  | 'told-twice'
  /** The local transaction is committed, but orders cannot say so: the broker asks. */
  | 'unsure'
  /** The customer never pays. */
  | 'forgotten'
  /** More than there is. */
  | 'too-large'
  /** An article that stock does not know: nobody can carry the command out. */
  | 'poison'
  /** Orders refuses the customer: rolled back, no other application hears of it. */
  | 'refused';

export class Order {
  /** Begins with the run it belongs to. */
  id!: string;
  article!: string;
  quantity!: number;
  kind!: OrderKind;
}

export class Delivery {
  article!: string;
  quantity!: number;
}

/** The answer to an order, and to a delivery. */
export class Receipt {
  id!: string;
  state!: string;
}

export class ReportRequest {
  run!: string;
}

export type OrderState = 'placed' | 'paid' | 'cancelled';

export class OrdersReport {
  orders!: Array<{ id: string; state: OrderState; reason: string }>;
  /** Ids the broker asked about. */
  checked!: string[];
  deadLetters!: string[];
}

export class StockReport {
  articles!: Array<{ article: string; delivered: number; onShelf: number; reserved: number; shipped: number }>;
  /** By order, in the order they were done. */
  steps!: Record<string, string[]>;
}

export class PaymentsReport {
  charged!: string[];
  /** Bills whose time is over, paid or not. */
  timedOut!: string[];
  /** Deliveries that were known already. */
  duplicates!: number;
}

export class NotificationsReport {
  /** `order event`, one entry for each mail. */
  mails!: string[];
  failedAttempts!: number;
}

export const isOf = (run: string, id: string): boolean => id.startsWith(`${run}-`);
