// What stands around the handling of one message: idempotency, metrics, tracing and what applications add. Must never decide the order: the
// connection sorts them.
import { tracedDelivery } from '../diagnostics/index.js';
import type { ConfigurationProblem } from '../options/index.js';
import type { ListenerDefinition } from './listener-definition.js';
import type { ResolvedListenerOptions } from './listener-options.js';
import type { MessageContext } from './listener.js';

/** `delayLevel` -1: dead letter; 0: the broker picks; above: that level. */
export type Verdict =
  | { readonly kind: 'CONSUMED'; /** Why it was discarded. */ readonly reason?: string | undefined }
  | { readonly kind: 'AGAIN'; readonly delayLevel: number; /** What the listener threw or said. */ readonly error?: unknown };

/** Attempts when maxReconsumeTimes is -1; an orderly listener has no limit then. */
const MAX_RECONSUME_TIMES = 16;

/** What becomes of a message, in a word. */
export type Outcome = 'consumed' | 'discarded' | 'retried' | 'dead_lettered';

type AttemptLimits = Pick<ResolvedListenerOptions, 'consumeMode' | 'messageModel' | 'maxReconsumeTimes'>;

/** A failure of the last attempt there is makes a dead letter; one of a broadcasting listener is dropped. */
export function outcomeOf(verdict: Verdict, limits: AttemptLimits, reconsumeTimes: number): Outcome {
  if (verdict.kind === 'CONSUMED') return verdict.reason === undefined ? 'consumed' : 'discarded';
  if (limits.messageModel === 'BROADCASTING') return 'discarded';
  return verdict.delayLevel < 0 || reconsumeTimes >= lastAttempt(limits) ? 'dead_lettered' : 'retried';
}

/** `reconsumeTimes` of a message that gets no further attempt. */
function lastAttempt({ maxReconsumeTimes, consumeMode }: AttemptLimits): number {
  if (maxReconsumeTimes !== -1) return maxReconsumeTimes;
  return consumeMode === 'ORDERLY' ? Infinity : MAX_RECONSUME_TIMES;
}

/** One message on its way to a listener. */
export interface Delivery {
  readonly listener: ListenerDefinition;
  /** Name of the method that takes it. */
  readonly handler: string;
  readonly context: MessageContext;
  /** What the listener gets; made once. Rejects with MessageConversionError when the body does not fit. */
  payload(): Promise<unknown>;
}

export interface ConsumeInterceptor {
  /**
   * Called for each delivered message, those of a batch one by one. `next()` runs what is further inside and never rejects: a failure is a
   * verdict. Not calling it keeps the message from the listener; what is thrown here counts as thrown by the listener.
   */
  interceptConsume(delivery: Delivery, next: () => Promise<Verdict>): Promise<Verdict>;
  /** Optional, called at boot for every listener: what keeps this one from standing around it. Any problem refuses the boot. */
  checkListener?(listener: ListenerDefinition): readonly ConfigurationProblem[];
}

/** The interceptors around `innermost`, the first outermost. `judge` turns what an interceptor throws into a verdict. */
export function interceptDelivery(
  interceptors: readonly ConsumeInterceptor[],
  delivery: Delivery,
  innermost: () => Promise<Verdict>,
  judge: (error: unknown) => Verdict,
): Promise<Verdict> {
  const from = (index: number): (() => Promise<Verdict>) => {
    const interceptor = interceptors[index];
    if (interceptor === undefined) return innermost;
    const next = from(index + 1);
    return async () => {
      try {
        return await interceptor.interceptConsume(delivery, next);
      } catch (error) {
        return judge(error);
      }
    };
  };
  return tracedDelivery(delivery, from(0));
}
