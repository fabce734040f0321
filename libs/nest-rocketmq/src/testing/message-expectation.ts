// What a test expects of messages, waited for and told in full when it does not come. Must never decide by a fixed pause.
import { reasonOf } from 'rocketmq-core/common';
import type { ListenerReference } from '../listener/index.js';
import type { Duration } from '../options/index.js';
import { durationMs } from './duration.js';
import { describeFilter, matches, type MessageFilter } from './message-filter.js';
import type { DeliveryRecord, MessageRecorder, SentRecord } from './message-recorder.js';

/** Real time an expectation may take to come true. */
const DEFAULT_WITHIN_MS = 5000;
/** Deliveries a failed expectation lists. */
const LISTED_MAX = 20;

export interface ExpectationOptions {
  /** Exactly so many. Default: one or more. */
  times?: number | undefined;
  /** Real time it may take; virtual time does not go on by itself. Default 5 s. */
  within?: Duration | undefined;
}

export interface ExpectationServices {
  readonly recorder: MessageRecorder;
  /** Id of a listener in its registry; throws for an unknown one. */
  readonly listenerId: (reference: ListenerReference) => string;
  /** Resolves when the condition holds; to false when it does not within so many real ms. */
  readonly waitFor: (condition: () => boolean, limitMs: number) => Promise<boolean>;
  /** Resolves when nothing is left to deliver; to false when that takes longer. */
  readonly settle: (limitMs: number) => Promise<boolean>;
}

type Expected = 'consumed' | 'retried' | 'dead-lettered';

export class MessageExpectation {
  constructor(
    private readonly filter: MessageFilter,
    private readonly services: ExpectationServices,
  ) {}

  /** The listener has consumed it. Resolves to the deliveries. */
  toBeConsumedBy(listener: ListenerReference, options?: ExpectationOptions): Promise<DeliveryRecord[]> {
    return this.expect('consumed', listener, options);
  }

  /** The listener has failed, or asked for it again. */
  toBeRetriedBy(listener: ListenerReference, options?: ExpectationOptions): Promise<DeliveryRecord[]> {
    return this.expect('retried', listener, options);
  }

  /** The listener has given it to the dead-letter queue, or failed at its last attempt, or its payload did not fit. */
  toBeDeadLetteredBy(listener: ListenerReference, options?: ExpectationOptions): Promise<DeliveryRecord[]> {
    return this.expect('dead-lettered', listener, options);
  }

  /** The listener was not given it, nor will be, once everything has settled. */
  async notToBeDeliveredTo(listener: ListenerReference, options: Pick<ExpectationOptions, 'within'> = {}): Promise<void> {
    const id = this.services.listenerId(listener);
    await this.services.settle(durationMs(options.within ?? DEFAULT_WITHIN_MS));
    const found = this.deliveries(id);
    if (found.length > 0) throw this.failure(`not to be delivered to ${id}`, found.length);
  }

  /** A template of the application has sent it. */
  async toBeSent(options: ExpectationOptions = {}): Promise<SentRecord[]> {
    const found = (): SentRecord[] => this.services.recorder.sent.filter((record) => matches(this.filter, record));
    await this.come(() => found().length, options, 'to be sent');
    return found();
  }

  private async expect(outcome: Expected, listener: ListenerReference, options: ExpectationOptions = {}): Promise<DeliveryRecord[]> {
    const id = this.services.listenerId(listener);
    const found = (): DeliveryRecord[] => this.deliveries(id).filter((record) => seenAs(record) === outcome);
    await this.come(() => found().length, options, `to be ${outcome} by ${id}`);
    return found();
  }

  private async come(count: () => number, { times, within = DEFAULT_WITHIN_MS }: ExpectationOptions, what: string): Promise<void> {
    const wanted = times ?? 1;
    const limitMs = durationMs(within);
    const came = await this.services.waitFor(() => count() >= wanted, limitMs);
    // One too many may be on its way.
    if (came && times !== undefined) await this.services.settle(limitMs);
    if (!came || (times !== undefined && count() !== times)) {
      throw this.failure(`${what} ${times === undefined ? 'at least once' : `${times} times`} within ${limitMs} ms`, count());
    }
  }

  private deliveries(id: string): DeliveryRecord[] {
    return this.services.recorder.deliveries.filter((record) => record.listener === id && matches(this.filter, record));
  }

  private failure(expected: string, count: number): Error {
    const { sent, deliveries } = this.services.recorder;
    const sentCount = sent.filter((record) => matches(this.filter, record)).length;
    const seen = deliveries.filter((record) => matches(this.filter, record));
    const lines = seen.slice(-LISTED_MAX).map((record) => {
      const { listener, handler, msgId, reconsumeTimes, verdict } = record;
      const error = verdict.kind === 'AGAIN' && verdict.error !== undefined ? `: ${reasonOf(verdict.error)}` : '';
      return `  ${listener}.${handler} msgId=${msgId} reconsumeTimes=${reconsumeTimes} ${seenAs(record)}${error}`;
    });
    return new Error(
      [
        `expected a message of ${describeFilter(this.filter)} ${expected}, found ${count}`,
        `sent by templates of this application: ${sentCount}; delivered: ${seen.length}${seen.length > LISTED_MAX ? `, the last ${LISTED_MAX}` : ''}`,
        ...lines,
      ].join('\n'),
    );
  }
}

/** Discarded on purpose is consumed; a failure of a broadcasting listener is one, though there is no other attempt. */
function seenAs({ verdict, outcome }: DeliveryRecord): Expected {
  if (verdict.kind === 'CONSUMED') return 'consumed';
  return outcome === 'dead_lettered' ? 'dead-lettered' : 'retried';
}
