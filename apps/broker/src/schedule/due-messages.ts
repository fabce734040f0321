// Reads the due messages of one delay level off its queue, through the store's ordinary read. Must never read past the first that is
// not due: the queue of a level is in deliver-time order.
import type { GetMessageResult, MessageStore, QueueRef, TagCodeFilter } from 'rocketmq-core/store';
import { GatherBuffer } from '../processor/gather-buffer.js';

export interface DueMessages {
  /** Records as stored, one after another; empty when nothing is due. */
  records: Uint8Array;
  count: number;
  /** Ordinal of the first record; the caller's one, or what the queue moved it to. */
  firstOffset: number;
  /** Deliver time of the first message that is not due, undefined when none was seen. */
  nextDeliverAtMs: number | undefined;
  /** Where to go on when nothing could be read here at all. */
  moveTo: number | undefined;
}

/** Messages read in one go. */
export const DUE_BATCH = 32;

/** Lets a prefix of entries pass: those whose deliver time, kept in the tag code, has come. */
class DueFilter implements TagCodeFilter {
  private closed = false;
  private seen = 0;
  nextDeliverAtMs: number | undefined;

  constructor(
    private readonly nowMs: number,
    /** Deliver times further away than the level's delay mean that the clock went back: such a message is due. */
    private readonly maxDelayMs: number,
    /** By how much earlier than it says the n-th entry read is due. */
    private readonly shiftOf: (index: number) => number,
  ) {}

  matches(tagsCodeHigh: number, tagsCodeLow: number): boolean {
    if (this.closed) return false;
    const deliverAtMs = tagsCodeHigh * 2 ** 32 + (tagsCodeLow >>> 0) - this.shiftOf(this.seen++);
    if (deliverAtMs <= this.nowMs || deliverAtMs > this.nowMs + this.maxDelayMs) return true;
    this.closed = true;
    this.nextDeliverAtMs = deliverAtMs;
    return false;
  }
}

export class DueReader {
  private readonly buffer = new GatherBuffer();
  private readonly result: GetMessageResult = {
    status: 'NO_MATCHED_LOGIC_QUEUE',
    nextBeginOffset: 0,
    minOffset: 0,
    maxOffset: 0,
    messageCount: 0,
    byteCount: 0,
    suggestPullingFromSlave: false,
  };

  constructor(private readonly store: MessageStore) {}

  read(
    queue: QueueRef,
    queueOffset: number,
    { nowMs, maxDelayMs, shiftOf }: { nowMs: number; maxDelayMs: number; shiftOf: (queueOffset: number) => number },
  ): DueMessages {
    const { buffer, result } = this;
    const filter = new DueFilter(nowMs, maxDelayMs, (index) => shiftOf(queueOffset + index));
    buffer.clear();
    this.store.get(queue, queueOffset, DUE_BATCH, filter, buffer, result);
    const found = result.status === 'FOUND';
    const due: DueMessages = {
      records: found ? buffer.take() : new Uint8Array(0),
      count: found ? result.messageCount : 0,
      firstOffset: queueOffset,
      nextDeliverAtMs: filter.nextDeliverAtMs,
      moveTo: undefined,
    };
    if (!found && filter.nextDeliverAtMs === undefined && result.nextBeginOffset > queueOffset) due.moveTo = result.nextBeginOffset;
    if (result.status === 'OFFSET_OVERFLOW_BADLY') due.moveTo = result.maxOffset;
    return due;
  }
}
