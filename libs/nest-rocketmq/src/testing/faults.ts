// Faults that a test asks for, each for so many messages: sends that fail, deliveries that come twice, unacknowledged or in another order.
// Must never act on a message nobody asked for.
import type { Delivery, Verdict } from '../listener/index.js';
import type { Sending } from '../template/index.js';
import { type MessageFilter, matches } from './message-filter.js';

/** Deliveries that one reorder() may hold back. */
const REORDER_MAX = 1000;

export interface FaultOptions extends MessageFilter {
  /** So many messages; the others are left alone. Default 1. */
  times?: number | undefined;
}

interface Fault {
  readonly kind: 'duplicate' | 'dropAck' | 'failListener' | 'failSend';
  readonly filter: MessageFilter;
  readonly error: unknown;
  left: number;
}

interface Reorder {
  readonly filter: MessageFilter;
  readonly count: number;
  readonly held: Array<() => void>;
}

export class RocketMQFaults {
  private faults: Fault[] = [];
  private reorders: Reorder[] = [];

  /** The listener gets the message twice in a row, as after a rebalance. */
  duplicate(options: FaultOptions = {}): void {
    this.add('duplicate', options);
  }

  /** What the listener consumed is not acknowledged: it is delivered again after the shortest delay (1 s; orderly: at once). */
  dropAck(options: FaultOptions = {}): void {
    this.add('dropAck', options);
  }

  /** The message fails before the listener sees it. */
  failListener(options: FaultOptions & { error?: unknown } = {}): void {
    this.add('failListener', options, options.error ?? new Error('a fault of the test: the listener fails'));
  }

  /** The template's send fails before it reaches the broker. */
  failSend(options: FaultOptions & { error?: unknown } = {}): void {
    this.add('failSend', options, options.error ?? new Error('a fault of the test: the send fails'));
  }

  /** The next `count` deliveries that match are held back until all are there, then given in the opposite order. Not for ORDERLY. */
  reorder(options: MessageFilter & { count?: number | undefined } = {}): void {
    const { count = 2, ...filter } = options;
    if (!Number.isInteger(count) || count < 2 || count > REORDER_MAX) {
      throw new RangeError(`count ${count} is no integer within 2..${REORDER_MAX}`);
    }
    this.reorders.push({ filter, count, held: [] });
  }

  /** What has not happened yet will not; deliveries held back go on. */
  clear(): void {
    this.faults = [];
    for (const { held } of this.reorders.splice(0)) for (const release of held) release();
  }

  /** Innermost around a send. Throws the fault. */
  beforeSend({ messages }: Sending): void {
    for (const { topic, tags, keys } of messages) {
      const fault = this.take('failSend', { topic, tags, keys });
      if (fault !== undefined) throw fault.error;
    }
  }

  /** Innermost around a delivery. Throws the fault. */
  beforeListener({ context: { topic, tags, message } }: Delivery): void {
    const fault = this.take('failListener', { topic, tags, keys: message.keys });
    if (fault !== undefined) throw fault.error;
  }

  /** Outermost around a delivery: what comes twice does so for idempotency too. */
  async around({ context }: Delivery, next: () => Promise<Verdict>): Promise<Verdict> {
    const { topic, tags, message } = context;
    const facts = { topic, tags, keys: message.keys };
    await this.turnInLine(facts);
    const duplicate = this.take('duplicate', facts);
    const first = await next();
    const verdict = duplicate === undefined || first.kind !== 'CONSUMED' ? first : await next();
    if (verdict.kind === 'CONSUMED' && this.take('dropAck', facts) !== undefined) {
      return { kind: 'AGAIN', delayLevel: 1, error: new Error('a fault of the test: not acknowledged') };
    }
    return verdict;
  }

  private add(kind: Fault['kind'], { times = 1, ...filter }: FaultOptions, error?: unknown): void {
    if (!Number.isInteger(times) || times < 1) throw new RangeError(`times ${times} is no integer above 0`);
    this.faults.push({ kind, filter, error, left: times });
  }

  private take(kind: Fault['kind'], facts: Parameters<typeof matches>[1]): Fault | undefined {
    const fault = this.faults.find((each) => each.kind === kind && matches(each.filter, facts));
    if (fault === undefined) return undefined;
    fault.left--;
    if (fault.left === 0) this.faults = this.faults.filter((each) => each !== fault);
    return fault;
  }

  private async turnInLine(facts: Parameters<typeof matches>[1]): Promise<void> {
    const reorder = this.reorders.find(({ filter }) => matches(filter, facts));
    if (reorder === undefined) return;
    if (reorder.held.length + 1 < reorder.count) {
      await new Promise<void>((resolve) => reorder.held.push(resolve));
      return;
    }
    this.reorders = this.reorders.filter((each) => each !== reorder);
    // The last one to come goes first; the others follow when it has had its turn of the event loop.
    queueMicrotask(() => {
      for (const release of reorder.held.toReversed()) release();
    });
  }
}
