// What the driver orders, and what has to come of it. Must never look at what has come of it.
import type { Delivery, Order, OrderKind, OrderState } from '../contracts.js';

export interface PlannedKind {
  readonly kind: OrderKind;
  readonly count: number;
  /** Undefined: it never becomes an order. */
  readonly ends: Exclude<OrderState, 'placed'> | undefined;
  readonly reason: string;
  /** What stock has done for it, in order. */
  readonly steps: readonly string[];
}

const EACH = 2;
const DELIVERED = { tea: 100, truffle: 1 };
const TOO_MANY_TRUFFLES = 5;

export const PLAN: readonly PlannedKind[] = [
  { kind: 'plain', count: 6, ends: 'paid', reason: '', steps: ['reserved', 'shipped'] },
  { kind: 'told-twice', count: 4, ends: 'paid', reason: '', steps: ['reserved', 'shipped'] },
  { kind: 'unsure', count: 2, ends: 'paid', reason: '', steps: ['reserved', 'shipped'] },
  { kind: 'forgotten', count: 3, ends: 'cancelled', reason: 'not paid in time', steps: ['reserved', 'released'] },
  { kind: 'too-large', count: 3, ends: 'cancelled', reason: 'out of stock', steps: ['short'] },
  { kind: 'poison', count: 2, ends: 'cancelled', reason: 'stock gave it up', steps: [] },
  { kind: 'refused', count: 2, ends: undefined, reason: '', steps: [] },
];

/** Articles belong to the run, as a cluster may hold those of earlier ones. */
export const deliveriesOf = (run: string): Delivery[] =>
  Object.entries(DELIVERED).map(([name, quantity]) => ({ article: `${run}-${name}`, quantity }));

export function ordersOf(run: string): Order[] {
  return PLAN.flatMap(({ kind, count }) => Array.from({ length: count }, (_, index) => orderOf(run, kind, index + 1)));
}

function orderOf(run: string, kind: OrderKind, number: number): Order {
  const id = idOf(run, kind, number);
  if (kind === 'poison') return { id, kind, article: `${run}-unicorn`, quantity: 1 };
  if (kind === 'too-large') return { id, kind, article: `${run}-truffle`, quantity: TOO_MANY_TRUFFLES };
  return { id, kind, article: `${run}-tea`, quantity: EACH };
}

const idOf = (run: string, kind: OrderKind, number: number): string => `${run}-${kind}-${number}`;

export const idsOf = (run: string, { kind, count }: PlannedKind): string[] =>
  Array.from({ length: count }, (_, index) => idOf(run, kind, index + 1));
