// The last orderly delivery of one queue to one group: which of its messages are acknowledged, and until when the others keep the queue
// closed [java ConsumerOrderInfoManager.OrderInfo]. Must never open a queue while an unacknowledged message of it is still invisible.

/** As in consumerOrderInfo.json. */
export interface OrderInfoRecord {
  /** attemptId of the request that got the messages. */
  a?: string | undefined;
  /** Bit i: message i is acknowledged. */
  cm: number;
  /** Invisible time. */
  i?: number | undefined;
  /** When it was delivered. */
  l: number;
  /** Offset of the first message, then the distances of the others from it. */
  o: number[];
  /** offset -> earlier deliveries; messages without any are not in it. */
  oc?: Map<number, number> | undefined;
  /** offset -> when it becomes visible, where that was changed. */
  ot?: Map<number, number> | undefined;
  popTime: number;
}

export interface Delivery {
  readonly attemptId: string | undefined;
  readonly popTime: number;
  readonly invisibleTime: number;
  /** At least one. */
  readonly offsets: readonly number[];
}

/** What an acknowledgement leads to: the next offset to commit, nothing to commit, or no message of this delivery. */
export type AckOutcome = { readonly nextOffset: number } | 'NOTHING' | 'ILLEGAL';

export class OrderInfo {
  private invisibleTime: number;
  private readonly acknowledged: boolean[];
  private readonly visibleAt = new Map<number, number>();

  private constructor(
    readonly attemptId: string | undefined,
    readonly popTime: number,
    invisibleTime: number,
    readonly offsets: readonly number[],
    readonly deliveredAt: number,
    /** offset -> earlier deliveries. */
    readonly deliveries: ReadonlyMap<number, number>,
  ) {
    this.invisibleTime = invisibleTime;
    this.acknowledged = offsets.map(() => false);
  }

  /** A delivery that follows another one of the same queue: messages that were in that too have been delivered once more. */
  static of(delivery: Delivery, nowMs: number, previous?: OrderInfo): OrderInfo {
    const { attemptId, popTime, invisibleTime, offsets } = delivery;
    return new OrderInfo(attemptId, popTime, invisibleTime, offsets, nowMs, deliveriesAfter(delivery, previous));
  }

  /** The queue gives nothing out now, except to who asks the same again. */
  blocks(attemptId: string | undefined, askedInvisibleTime: number, nowMs: number): boolean {
    if (this.attemptId !== undefined && this.attemptId === attemptId) return false;
    if (this.invisibleTime <= 0) this.invisibleTime = askedInvisibleTime;
    return this.firstVisibleLater(nowMs) !== undefined;
  }

  /** When the queue opens if nobody acknowledges; `nowMs` when it is open. */
  freeAt(nowMs: number): number {
    return this.firstVisibleLater(nowMs) ?? nowMs;
  }

  /** Marks a message as done. */
  acknowledge(offset: number, popTime: number): AckOutcome {
    // The handle of an earlier delivery: what it says is out of date, not wrong.
    if (popTime !== this.popTime) return 'NOTHING';
    const index = this.offsets.indexOf(offset);
    if (index < 0) return 'ILLEGAL';
    this.acknowledged[index] = true;
    const open = this.acknowledged.indexOf(false);
    return { nextOffset: open < 0 ? this.offsets.at(-1)! + 1 : this.offsets[open]! };
  }

  /** False: the handle is of an earlier delivery. */
  setVisibleAt(offset: number, popTime: number, visibleAtMs: number): boolean {
    if (popTime !== this.popTime) return false;
    // Other offsets would stay in the table for nothing.
    if (this.offsets.includes(offset)) this.visibleAt.set(offset, visibleAtMs);
    return true;
  }

  toRecord(): OrderInfoRecord {
    const [first] = this.offsets;
    return {
      a: this.attemptId,
      cm: this.acknowledged.reduce((bits, done, index) => (done ? bits + 2 ** index : bits), 0),
      i: this.invisibleTime,
      l: this.deliveredAt,
      o: this.offsets.map((offset, index) => (index === 0 ? offset : offset - first!)),
      oc: this.deliveries.size === 0 ? undefined : new Map(this.deliveries),
      ot: this.visibleAt.size === 0 ? undefined : this.visibleAt,
      popTime: this.popTime,
    };
  }

  /** Undefined: a record without messages, which says nothing. */
  static fromRecord(record: OrderInfoRecord): OrderInfo | undefined {
    const [first] = record.o;
    if (first === undefined) return undefined;
    const offsets = record.o.map((item, index) => (index === 0 ? first : first + item));
    const info = new OrderInfo(record.a, record.popTime, record.i ?? 0, offsets, record.l, record.oc ?? new Map());
    offsets.forEach((_, index) => (info.acknowledged[index] = Math.floor(record.cm / 2 ** index) % 2 === 1));
    for (const [offset, at] of record.ot ?? []) info.visibleAt.set(offset, at);
    return info;
  }

  private firstVisibleLater(nowMs: number): number | undefined {
    for (const [index, offset] of this.offsets.entries()) {
      if (this.acknowledged[index]) continue;
      const visibleAt = this.visibleAt.get(offset) ?? this.popTime + this.invisibleTime;
      if (nowMs < visibleAt) return visibleAt;
    }
    return undefined;
  }
}

function deliveriesAfter({ attemptId, offsets }: Delivery, previous: OrderInfo | undefined): ReadonlyMap<number, number> {
  if (previous === undefined) return new Map();
  // The same request again: the answer was lost, nothing was delivered.
  if (previous.attemptId !== undefined && previous.attemptId === attemptId) return previous.deliveries;
  const again = offsets.filter((offset) => previous.offsets.includes(offset));
  return new Map(again.map((offset) => [offset, (previous.deliveries.get(offset) ?? 0) + 1]));
}
