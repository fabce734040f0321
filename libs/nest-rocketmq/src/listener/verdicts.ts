// Turns what a handler returned or threw into what becomes of its message, and tells the log. Must never run a handler.
import { type Logger, reasonOf } from 'rocketmq-core/common';
import type { MessageExt } from 'rocketmq-core/message';
import { MessageConversionError } from '../messaging/index.js';
import type { Verdict } from './consume-interceptor.js';
import { refusalOf } from './delivery-refused.js';
import type { ListenerDefinition } from './listener-definition.js';
import type { UnhandledPolicy } from './listener-options.js';
import { isConsumeOutcome } from './outcome.js';

const CONSUMED: Verdict = { kind: 'CONSUMED' };
const DEAD_LETTER_LEVEL = -1;

const GUARD_HINT =
  'a guard made for HTTP lets messages pass with isRocketMQContext(context), and applyGlobalEnhancers: false leaves the global ones out';

/** Where an error comes from, with its cause. Must never quote a body. */
function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Of one about content, the parser's own error quotes the body.
  const cause = error instanceof MessageConversionError ? undefined : error.cause;
  const own = error.stack ?? error.message;
  return cause === undefined ? own : `${own}\nCaused by: ${cause instanceof Error ? (cause.stack ?? cause.message) : reasonOf(cause)}`;
}

export class Verdicts {
  constructor(
    private readonly definition: ListenerDefinition,
    private readonly logger: Logger,
  ) {}

  /** Of what the handler returned. */
  ofReturned(message: MessageExt, method: string, value: unknown): Verdict {
    return isConsumeOutcome(value) ? this.ofThrown(message, method, value) : CONSUMED;
  }

  /** Of what the handler, or something on the way to it, threw. */
  ofThrown(message: MessageExt, method: string, error: unknown): Verdict {
    if (isConsumeOutcome(error)) {
      if (error.action === 'DISCARD') {
        this.note('discarded', message, method, error.reason);
        return { kind: 'CONSUMED', reason: error.reason };
      }
      if (error.action === 'DEAD_LETTER') {
        this.note('dead-lettered', message, method, error.reason);
        return { kind: 'AGAIN', delayLevel: DEAD_LETTER_LEVEL, error };
      }
      return { kind: 'AGAIN', delayLevel: error.delayLevel ?? this.failureLevel, error };
    }
    const refusal = refusalOf(error);
    if (refusal?.by === 'PIPE') return this.ofInvalid(message, method, refusal.cause, true);
    if (refusal?.by === 'GUARD') {
      const { refusedMessage } = this.definition.options;
      return this.byPolicy(refusedMessage, message, method, 'refused by a guard', refusal.cause, GUARD_HINT);
    }
    this.note('failed', message, method, traceOf(error));
    return { kind: 'AGAIN', delayLevel: this.failureLevel, error };
  }

  /** Of what was thrown while the payload was read. */
  ofInvalid(message: MessageExt, method: string, error: unknown, byPipe = false): Verdict {
    // A converter that breaks for another reason than the message's content is an ordinary failure.
    const isContent = byPipe || error instanceof MessageConversionError;
    return this.byPolicy(isContent ? this.definition.options.invalidMessage : 'RETRY', message, method, 'payload refused', error);
  }

  /** Of a message no method is there for. */
  ofUnmatched(message: MessageExt): Verdict {
    const policy = this.definition.options.unmatchedMessage ?? 'RETRY';
    const what = `no @OnMessage method takes tag ${message.tags === undefined ? 'none' : `"${message.tags}"`} of topic ${message.topic}`;
    return this.byPolicy(policy, message, '@OnMessage', 'not matched', new Error(what));
  }

  note(what: string, message: MessageExt, method: string, reason: string): void {
    this.logger.warn(`${this.definition.className}.${method}: message ${what}: ${reason}`, {
      topic: message.topic,
      msgId: message.msgId,
      keys: message.keys,
      reconsumeTimes: message.reconsumeTimes,
      consumerGroup: this.definition.options.consumerGroup,
    });
  }

  /** An orderly listener's failures hold up their queue: a level that would skip them is not for it. */
  private get failureLevel(): number {
    const { consumeMode, delayLevelWhenNextConsume } = this.definition.options;
    return consumeMode === 'ORDERLY' ? 0 : delayLevelWhenNextConsume;
  }

  private byPolicy(policy: UnhandledPolicy, message: MessageExt, method: string, what: string, error: unknown, hint = ''): Verdict {
    const reason = reasonOf(error);
    this.note(`${what} (${policy})`, message, method, hint === '' ? reason : `${reason}; ${hint}`);
    if (policy === 'DISCARD') return { kind: 'CONSUMED', reason: what };
    return { kind: 'AGAIN', delayLevel: policy === 'DEAD_LETTER' ? DEAD_LETTER_LEVEL : this.failureLevel, error };
  }
}
