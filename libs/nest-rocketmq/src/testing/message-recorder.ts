// Notes what is sent and delivered while a test runs. Must never keep more than its limit, nor change what the application sees but for the
// faults a test asked for.
import type { Clock } from 'rocketmq-core/common';
import { RocketMQInterceptor } from '../interceptor/index.js';
import { type ConsumeInterceptor, type Delivery, type Outcome, outcomeOf, type Verdict } from '../listener/index.js';
import type { SendInterceptor, Sending, SendKind } from '../template/index.js';
import type { RocketMQFaults } from './faults.js';

/** Messages kept of either kind; the oldest go first. */
const RECORDS_MAX = 100_000;

export interface SentRecord {
  readonly kind: SendKind;
  readonly connection: string;
  readonly topic: string;
  readonly tags: string | undefined;
  readonly keys: string | undefined;
  readonly body: Buffer;
}

export interface DeliveryRecord {
  /** Id of the listener in its registry. */
  readonly listener: string;
  readonly className: string;
  readonly handler: string;
  readonly topic: string;
  readonly tags: string | undefined;
  readonly keys: string | undefined;
  readonly msgId: string;
  /** 0 for the first delivery. */
  readonly reconsumeTimes: number;
  readonly verdict: Verdict;
  /** What the verdict makes of the message: a failure of its last attempt is a dead letter. */
  readonly outcome: Outcome;
  /** Ms since 1970 by the test's clock, when the verdict fell. */
  readonly at: number;
}

/** Outermost: it sees what becomes of a message after everything else. */
@RocketMQInterceptor({ order: Number.MIN_SAFE_INTEGER })
export class MessageRecorder implements ConsumeInterceptor, SendInterceptor {
  readonly sent: SentRecord[] = [];
  readonly deliveries: DeliveryRecord[] = [];
  private underWay = 0;

  constructor(
    private readonly clock: Clock,
    private readonly faults: RocketMQFaults,
  ) {}

  /** Sends and deliveries that have begun and not ended. */
  get pending(): number {
    return this.underWay;
  }

  async interceptSend<R>(sending: Sending, next: () => Promise<R>): Promise<R> {
    return this.during(async () => {
      const result = await next();
      for (const { topic, tags, keys, body } of sending.messages) {
        const copy = Buffer.from(body);
        note(this.sent, { kind: sending.kind, connection: sending.connection, topic, tags, keys, body: copy });
      }
      return result;
    });
  }

  async interceptConsume(delivery: Delivery, next: () => Promise<Verdict>): Promise<Verdict> {
    return this.during(() => this.faults.around(delivery, () => this.deliver(delivery, next)));
  }

  clear(): void {
    this.sent.length = 0;
    this.deliveries.length = 0;
  }

  private async deliver({ listener, handler, context }: Delivery, next: () => Promise<Verdict>): Promise<Verdict> {
    const verdict = await next();
    const { topic, tags, msgId, reconsumeTimes, message } = context;
    const { id, className, options } = listener;
    const outcome = outcomeOf(verdict, options, reconsumeTimes);
    const at = this.clock.now();
    note(this.deliveries, {
      listener: id,
      className,
      handler,
      topic,
      tags,
      keys: message.keys,
      msgId,
      reconsumeTimes,
      verdict,
      outcome,
      at,
    });
    return verdict;
  }

  /** A clock that is sent ahead waits for it. */
  private async during<R>(work: () => Promise<R>): Promise<R> {
    const release = this.clock.hold?.();
    this.underWay++;
    try {
      return await work();
    } finally {
      this.underWay--;
      release?.();
    }
  }
}

function note<T>(records: T[], record: T): void {
  if (records.length >= RECORDS_MAX) records.shift();
  records.push(record);
}
