// One queue of the revive topic: checkpoints and the acknowledgements that cancel them, matched as they are read [java PopReviveService].
// A checkpoint is due when everything that could acknowledge it in time has been read. Must never pass over a checkpoint: the place up to
// which everything is settled moves only with the first open one.
import { type MessageExt, PROPERTY } from 'rocketmq-core/message';
import {
  ACK_TAG,
  type Acknowledgement,
  BATCH_ACK_TAG,
  type Checkpoint,
  CHECKPOINT_TAG,
  decodeAck,
  decodeCheckpoint,
  deliveryKeyText,
  indexOfOffset,
  reviveTimeOf,
} from './checkpoint.js';

/** So far beyond a checkpoint's time its queue must have been read [java PopReviveService#mergeAndRevive]. */
export const SETTLE_MS = 2000;
/** Checkpoints held while they wait; beyond, the queue is not read on. */
export const OPEN_CHECKPOINTS_MAX = 100_000;
/** Acknowledgements that came before their checkpoint; beyond, the oldest are dropped and their messages come again. */
export const EARLY_ACKS_MAX = 10_000;

export class ReviveQueue {
  /** The next message to read. */
  nextOffset = -1;
  /** Of malformed messages and acknowledgements of nothing, for the log. */
  ignored = 0;
  private readonly open: Checkpoint[] = [];
  private readonly byKey = new Map<string, Checkpoint>();
  private readonly early = new Map<string, number[]>();
  /** The latest moment of what has been read. */
  private readUpToMs = 0;

  constructor(
    readonly queueId: number,
    private readonly brokerName: string,
  ) {}

  /** Takes the next message of the queue. */
  take(message: MessageExt): void {
    this.nextOffset = message.queueOffset + 1;
    const tag = message.tags;
    if (tag === CHECKPOINT_TAG) this.takeCheckpoint(decodeCheckpoint(message.body, message.queueOffset, this.brokerName));
    else if (tag === ACK_TAG || tag === BATCH_ACK_TAG) this.takeAck(decodeAck(message.body, tag, this.brokerName));
    else this.ignored++;
    const dueMs = Number(message.properties.get(PROPERTY.TIMER_DELIVER_MS) ?? 0);
    if (dueMs > this.readUpToMs) this.readUpToMs = dueMs;
  }

  /** The queue has been read to its end, and the timer has put everything into it that was due before this moment. */
  readToEnd(upToMs: number): void {
    if (upToMs > this.readUpToMs) this.readUpToMs = upToMs;
  }

  get isFull(): boolean {
    return this.open.length >= OPEN_CHECKPOINTS_MAX;
  }

  get openCheckpoints(): number {
    return this.open.length;
  }

  /** The first checkpoints that are due, at most so many; they stay until settled. */
  due(count: number): Checkpoint[] {
    const due: Checkpoint[] = [];
    for (const checkpoint of this.open) {
      if (due.length >= count || this.readUpToMs - reviveTimeOf(checkpoint) <= SETTLE_MS) break;
      due.push(checkpoint);
    }
    return due;
  }

  /** The first `count` checkpoints have been dealt with; answers the place up to which everything is settled. */
  settle(count: number): number {
    const settled = this.open.splice(0, count);
    for (const checkpoint of settled) this.byKey.delete(deliveryKeyText(checkpoint));
    return settled.at(-1)!.reviveOffset;
  }

  private takeCheckpoint(checkpoint: Checkpoint | undefined): void {
    if (checkpoint === undefined) {
      this.ignored++;
      return;
    }
    const key = deliveryKeyText(checkpoint);
    // After a crash the timer may deliver again what it had delivered: one checkpoint, acknowledged once.
    if (this.byKey.has(key)) return;
    this.open.push(checkpoint);
    this.byKey.set(key, checkpoint);
    const early = this.early.get(key);
    if (early === undefined) return;
    this.early.delete(key);
    this.mark(checkpoint, early);
  }

  private takeAck(ack: Acknowledgement | undefined): void {
    if (ack === undefined) {
      this.ignored++;
      return;
    }
    const key = deliveryKeyText(ack);
    const checkpoint = this.byKey.get(key);
    if (checkpoint !== undefined) {
      this.mark(checkpoint, ack.offsets);
      return;
    }
    // Its checkpoint is settled, or still with the timer.
    this.early.set(key, [...(this.early.get(key) ?? []), ...ack.offsets]);
    if (this.early.size > EARLY_ACKS_MAX) this.early.delete(this.early.keys().next().value!);
  }

  private mark(checkpoint: Checkpoint, offsets: readonly number[]): void {
    for (const offset of offsets) {
      const index = indexOfOffset(checkpoint, offset);
      if (index < 0 || index >= checkpoint.count) this.ignored++;
      else checkpoint.bitMap |= 1 << index;
    }
  }
}
