// What one listener has done so far, counted message by message. Must never grow with the number of messages.
import { type Clock, reasonOf } from 'rocketmq-core/common';
import type { MessageExt } from 'rocketmq-core/message';
import { outcomeOf, type Verdict } from './consume-interceptor.js';
import type { ResolvedListenerOptions } from './listener-options.js';
import { isConsumeOutcome } from './outcome.js';

/** The last handler times that mean and p99 are taken from. */
const TIMES_KEPT = 1024;
const COUNTED = { consumed: 'consumed', discarded: 'discarded', retried: 'retried', dead_lettered: 'deadLettered' } as const;

export interface ListenerError {
  readonly message: string;
  readonly msgId: string;
  /** Ms since 1970. */
  readonly at: number;
}

/** Counters since the application began; they go on over a stop and a start. */
export interface ListenerCounts {
  /** Handled without a failure. */
  readonly consumed: number;
  /** Attempts that ended with an exception or a payload that does not fit. */
  readonly failed: number;
  /** Attempts after which the message comes again: sent back to the broker, or its orderly queue held up. */
  readonly retried: number;
  /** Given to the group's dead-letter queue, as the listener said or as the attempts are used up. */
  readonly deadLettered: number;
  /** Consumed with `Discard`, or dropped because a broadcasting listener failed. */
  readonly discarded: number;
  /** When the last message came to the handler, ms since 1970; undefined: none yet. */
  readonly lastMessageAt: number | undefined;
  readonly lastError: ListenerError | undefined;
  /** Ms, of the last 1024 attempts; undefined: none yet. */
  readonly consumeTimes: { readonly mean: number; readonly p99: number } | undefined;
}

type Counted = 'consumed' | 'failed' | 'retried' | 'deadLettered' | 'discarded';

export class ListenerRecord {
  private readonly counters: Record<Counted, number> = { consumed: 0, failed: 0, retried: 0, deadLettered: 0, discarded: 0 };
  private readonly times: number[] = [];
  private nextTime = 0;
  private lastMessageAt: number | undefined;
  private lastError: ListenerError | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly options: Pick<ResolvedListenerOptions, 'consumeMode' | 'messageModel' | 'maxReconsumeTimes'>,
  ) {}

  /** Notes a message that goes to its handler; call what is returned with what became of it: it says whether that is a dead letter. */
  begin(message: MessageExt): (verdict: Verdict) => boolean {
    const startedAtMs = this.clock.monotonic();
    this.lastMessageAt = this.clock.now();
    return (verdict) => {
      this.times[this.nextTime] = this.clock.monotonic() - startedAtMs;
      this.nextTime = (this.nextTime + 1) % TIMES_KEPT;
      return this.count(message, verdict);
    };
  }

  get counts(): ListenerCounts {
    return { ...this.counters, lastMessageAt: this.lastMessageAt, lastError: this.lastError, consumeTimes: this.consumeTimes() };
  }

  private count(message: MessageExt, verdict: Verdict): boolean {
    const outcome = outcomeOf(verdict, this.options, message.reconsumeTimes);
    this.counters[COUNTED[outcome]]++;
    if (verdict.kind === 'AGAIN' && verdict.error !== undefined && !isConsumeOutcome(verdict.error)) {
      this.counters.failed++;
      this.lastError = { message: reasonOf(verdict.error), msgId: message.msgId, at: this.clock.now() };
    }
    return outcome === 'dead_lettered';
  }

  private consumeTimes(): ListenerCounts['consumeTimes'] {
    if (this.times.length === 0) return undefined;
    const sorted = this.times.toSorted((a, b) => a - b);
    const mean = sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length;
    return { mean, p99: sorted[Math.ceil(sorted.length * 0.99) - 1]! };
  }
}
