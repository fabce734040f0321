// What handlers say about a message to what becomes of it. Must never talk to a broker: the consumer carries the verdict out.
import { type ConsumeAction, isConsumeOutcome, type Verdict } from '../listener/index.js';
import { MessageConversionError } from '../messaging/index.js';
import type { ResolvedServerOptions } from './server-options.js';

export const CONSUMED: Verdict = { kind: 'CONSUMED' };
const DEAD_LETTER_LEVEL = -1;
export const DEAD_LETTERED: Verdict = { kind: 'AGAIN', delayLevel: DEAD_LETTER_LEVEL };

type Policy = 'DEAD_LETTER' | 'DISCARD' | 'RETRY';

/** How one handler came out. `invalid`: it was not called, as the payload does not fit it. */
export type Result =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: unknown }
  | { readonly kind: 'invalid'; readonly error: unknown };

/** An orderly queue rests after a failure: a level that would skip the message is not for it. */
const failureLevel = ({ consumeMode, delayLevelWhenNextConsume }: ResolvedServerOptions): number =>
  consumeMode === 'ORDERLY' ? 0 : delayLevelWhenNextConsume;

export function verdictOf(policy: Policy, options: ResolvedServerOptions): Verdict {
  if (policy === 'DISCARD') return CONSUMED;
  return policy === 'DEAD_LETTER' ? DEAD_LETTERED : { kind: 'AGAIN', delayLevel: failureLevel(options) };
}

/** The outcome a handler returned or threw, itself or as the error of an RpcException. */
export function outcomeOf(result: Result): { action: ConsumeAction; reason: string; delayLevel?: number | undefined } | undefined {
  const said = result.kind === 'value' ? result.value : result.error;
  return isConsumeOutcome(said) ? said : undefined;
}

export function judge(result: Result, options: ResolvedServerOptions): Verdict {
  const outcome = outcomeOf(result);
  if (outcome !== undefined) {
    if (outcome.action === 'DISCARD') return CONSUMED;
    if (outcome.action === 'DEAD_LETTER') return DEAD_LETTERED;
    return { kind: 'AGAIN', delayLevel: outcome.delayLevel ?? failureLevel(options) };
  }
  if (result.kind === 'value') return CONSUMED;
  return verdictOf(result.kind === 'invalid' ? invalidPolicy(result.error, options) : 'RETRY', options);
}

/** A converter that breaks for another reason than the message's content is an ordinary failure. */
export const invalidPolicy = (error: unknown, { invalidMessage }: ResolvedServerOptions): Policy =>
  error instanceof MessageConversionError ? invalidMessage : 'RETRY';

/** Several handlers of one message: again as soon as one asks for it, else dead letter as soon as one does. */
export function join(verdicts: readonly Verdict[]): Verdict {
  const again = verdicts.filter((verdict) => verdict.kind === 'AGAIN');
  return again.find(({ delayLevel }) => delayLevel !== DEAD_LETTER_LEVEL) ?? again[0] ?? CONSUMED;
}
