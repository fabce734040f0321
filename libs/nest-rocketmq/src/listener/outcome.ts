// What a listener may say about a message besides "consumed" and "failed". Must never contain how it is carried out.
//
// | the listener                      | CLUSTERING                                         | CLUSTERING, ORDERLY                        | BROADCASTING            |
// |-----------------------------------|----------------------------------------------------|--------------------------------------------|-------------------------|
// | returns, resolves                 | consumed                                           | consumed                                   | consumed                |
// | throws, rejects                   | retried; delay from delayLevelWhenNextConsume      | queue rests suspendCurrentQueueTimeMillis, | logged, dropped         |
// |                                   |                                                    | then the same message again                |                         |
// | ReconsumeLater(delayLevel?)       | retried at that level (absent: as a throw)         | as a throw                                 | logged, dropped         |
// | DeadLetter(reason)                | moved to %DLQ%group at once                        | moved to %DLQ%group at once                | logged, dropped         |
// | Discard(reason)                   | consumed, reason logged                            | consumed, reason logged                    | consumed, reason logged |
// | payload does not fit messageType  | option invalidMessage: DEAD_LETTER, RETRY, DISCARD | the same                                   | logged, dropped         |
// | maxReconsumeTimes exceeded        | moved to %DLQ%group by the broker                  | moved to %DLQ%group; default: never        | -                       |

const OUTCOME_BRAND = Symbol.for('nest-rocketmq.consume-outcome');

export type ConsumeAction = 'RECONSUME_LATER' | 'DEAD_LETTER' | 'DISCARD';

/** Thrown or returned by `onMessage`. */
export abstract class ConsumeOutcome extends Error {
  readonly [OUTCOME_BRAND] = true;
  abstract readonly action: ConsumeAction;

  constructor(readonly reason: string) {
    super(reason);
    this.name = new.target.name;
  }
}

class ReconsumeLaterOutcome extends ConsumeOutcome {
  readonly action = 'RECONSUME_LATER';

  /** `delayLevel` 1..18; absent: as a failed message. */
  constructor(
    readonly delayLevel?: number,
    reason = 'the listener asked for it again',
  ) {
    super(reason);
    if (delayLevel !== undefined && !(Number.isInteger(delayLevel) && delayLevel >= 1 && delayLevel <= 18)) {
      throw new RangeError(`delayLevel ${delayLevel} is no integer within 1..18`);
    }
    this.name = 'ReconsumeLater';
  }
}

class DeadLetterOutcome extends ConsumeOutcome {
  readonly action = 'DEAD_LETTER';

  constructor(reason: string) {
    super(reason);
    this.name = 'DeadLetter';
  }
}

class DiscardOutcome extends ConsumeOutcome {
  readonly action = 'DISCARD';

  constructor(reason: string) {
    super(reason);
    this.name = 'Discard';
  }
}

type Callable<C extends new (...args: never[]) => unknown> = C & ((...args: ConstructorParameters<C>) => InstanceType<C>);

/** Lets a class be called with and without `new`. */
function callable<C extends new (...args: never[]) => object>(type: C): Callable<C> {
  return new Proxy(type, { apply: (target, _this, args) => Reflect.construct(target, args) as object }) as Callable<C>;
}

export const ReconsumeLater = callable(ReconsumeLaterOutcome);
export type ReconsumeLater = ReconsumeLaterOutcome;
export const DeadLetter = callable(DeadLetterOutcome);
export type DeadLetter = DeadLetterOutcome;
export const Discard = callable(DiscardOutcome);
export type Discard = DiscardOutcome;

/** By brand, as two copies of this package may be loaded. */
export function isConsumeOutcome(value: unknown): value is ReconsumeLater | DeadLetter | Discard {
  return typeof value === 'object' && value !== null && OUTCOME_BRAND in value;
}
