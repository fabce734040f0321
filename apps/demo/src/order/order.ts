// The payload of the order story.

export class Order {
  /** Which run of the demo made it: on a shared cluster a topic outlives a run. */
  run!: string;
  id!: string;
  amount!: number;
}

export const ORDER_TOPIC = 'DemoOrders';
export const ORDER_STATES = ['created', 'paid', 'shipped'] as const;
export type OrderState = (typeof ORDER_STATES)[number];
