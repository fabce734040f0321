// Marks an error as coming from before the handler: a guard or a pipe said no. Must never reach an application: the cause does.

const REFUSED_BRAND = Symbol.for('nest-rocketmq.delivery-refused');

export interface Refusal {
  readonly by: 'GUARD' | 'PIPE';
  readonly cause: unknown;
}

export class DeliveryRefused extends Error {
  readonly [REFUSED_BRAND]: Refusal;

  constructor(by: Refusal['by'], cause: unknown) {
    super(`refused by a ${by.toLowerCase()}`, { cause });
    this[REFUSED_BRAND] = { by, cause };
  }
}

export function refusalOf(error: unknown): Refusal | undefined {
  return typeof error === 'object' && error !== null && REFUSED_BRAND in error ? (error[REFUSED_BRAND] as Refusal) : undefined;
}
