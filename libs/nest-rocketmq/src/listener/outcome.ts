// What a listener may say about a message besides "consumed" and "failed". Must never contain how it is carried out.
//
// The same table stands in docs/guides/listeners.md.
//
// | what happens | CLUSTERING | CLUSTERING, ORDERLY | BROADCASTING |
// |---|---|---|---|
// | the handler returns, resolves | consumed | consumed | consumed |
// | the handler throws, rejects | retried; the delay grows, or is delayLevelWhenNextConsume | its queue rests suspendCurrentQueueTimeMillis, then it comes again | logged, dropped |
// | ReconsumeLater(delayLevel?), thrown or returned | retried at that level; without one as a throw | as a throw | logged, dropped |
// | DeadLetter(reason), thrown or returned | moved to %DLQ%group at once | moved to %DLQ%group at once | logged, dropped |
// | Discard(reason), thrown or returned | consumed; the reason is logged | consumed; the reason is logged | consumed; the reason is logged |
// | onMessages returns an array | each message by its own result | each message by its own result; those that failed come again, in order | each message by its own result |
// | payload does not fit messageType, or a pipe refuses it with 400 or 422 | invalidMessage: DEAD_LETTER, RETRY, DISCARD | the same | the same; not consumed is dropped |
// | a guard refuses it with 401 or 403 | refusedMessage: RETRY, DEAD_LETTER, DISCARD | the same; RETRY holds up the queue | the same; not consumed is dropped |
// | no @OnMessage method takes it | unmatchedMessage: RETRY, DEAD_LETTER, DISCARD | the same; RETRY holds up the queue | the same; not consumed is dropped |
// | an exception filter returns something | consumed, or what the outcome it returned says | the same | the same |
// | an exception filter returns nothing, or throws | as if there were no filter; what it throws counts | the same | the same |
// | the handler runs longer than consumeTimeout | signal aborted, message sent back once; what the handler answers then is ignored | signal aborted; the queue waits for the answer | signal aborted; its answer counts |
// | failed more than maxReconsumeTimes times | moved to %DLQ%group; default 16 | moved to %DLQ%group; default: never | - |

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
