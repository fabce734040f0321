// Messages of one queue that were pulled and are not finished [java ProcessQueue]: what flow control measures and the offset is taken from.
// Must never give an offset above a message that is still unfinished.
import type { MessageExt, MessageQueue } from '../../message/index.js';
import type { CallExpiry } from './call-expiry.js';

export interface ProcessEntry {
  readonly message: MessageExt;
  done: boolean;
  /** Clock.monotonic() when the listener got it. */
  consumeStartedAtMs: number | undefined;
  /** Of the listener call that has it. */
  expiry?: CallExpiry | undefined;
}

/** Finished entries in front are dropped from memory when this many have gathered. */
const COMPACT_FROM = 1024;

export class ProcessQueue {
  readonly queue: MessageQueue;
  /** The broker asked next; brokers suggest one. */
  pullFromBrokerId = 0;
  /** Clock.now() of these, for the running info; 0: never. */
  lastPullTimestamp = 0;
  lastConsumeTimestamp = 0;
  /** Next offset the broker will write, as the last pull told it; undefined: none has been answered. */
  brokerMaxOffset: number | undefined;
  private readonly ending = new AbortController();
  private entries: ProcessEntry[] = [];
  private head = 0;
  /** Entries before this were taken for an orderly listener; those from `head` on among them are not committed. */
  private next = 0;
  private openMessages = 0;
  private openBytes = 0;
  private highestOffset = -1;

  constructor(queue: MessageQueue) {
    this.queue = queue;
  }

  /** The queue is no longer ours: results of messages under way do not count any more. */
  get dropped(): boolean {
    return this.ending.signal.aborted;
  }

  /** Ends waits and pulls when the queue is dropped. */
  get signal(): AbortSignal {
    return this.ending.signal;
  }

  get messageCount(): number {
    return this.openMessages;
  }

  /** Bytes of unfinished bodies. */
  get byteCount(): number {
    return this.openBytes;
  }

  /** Distance between the lowest unfinished and the highest offset. */
  get span(): number {
    return this.openMessages === 0 ? 0 : this.highestOffset - this.entries[this.head]!.message.queueOffset;
  }

  get lowestOffset(): number {
    return this.entries[this.head]?.message.queueOffset ?? 0;
  }

  get maxOffset(): number {
    return Math.max(0, this.highestOffset);
  }

  drop(): void {
    this.ending.abort(new Error(`queue ${this.queue.brokerName}/${this.queue.queueId} of ${this.queue.topic} was given up`));
  }

  /** Takes messages in the order of their offsets; those already seen are left out. */
  put(messages: readonly MessageExt[]): ProcessEntry[] {
    const added: ProcessEntry[] = [];
    for (const message of messages) {
      if (message.queueOffset <= this.highestOffset) continue;
      this.highestOffset = message.queueOffset;
      const entry: ProcessEntry = { message, done: false, consumeStartedAtMs: undefined };
      this.entries.push(entry);
      added.push(entry);
      this.openMessages++;
      this.openBytes += message.body.length;
    }
    return added;
  }

  /** Finishes entries; returns the offset to commit, undefined when nothing was open. */
  remove(finished: readonly ProcessEntry[]): number | undefined {
    if (this.openMessages === 0) return undefined;
    for (const entry of finished) {
      if (entry.done) continue;
      entry.done = true;
      this.openMessages--;
      this.openBytes -= entry.message.body.length;
    }
    while (this.head < this.entries.length && this.entries[this.head]!.done) this.head++;
    const offset = this.head === this.entries.length ? this.highestOffset + 1 : this.entries[this.head]!.message.queueOffset;
    if (this.head >= COMPACT_FROM || this.head === this.entries.length) {
      this.entries = this.entries.slice(this.head);
      this.next = Math.max(0, this.next - this.head);
      this.head = 0;
    }
    return offset;
  }

  /** The next entries for an orderly listener, in the order of their offsets; they stay unfinished until commitTaken(). */
  take(limit: number): ProcessEntry[] {
    const taken: ProcessEntry[] = [];
    this.next = Math.max(this.next, this.head);
    for (; this.next < this.entries.length && taken.length < limit; this.next++) {
      const entry = this.entries[this.next]!;
      if (!entry.done) taken.push(entry);
    }
    return taken;
  }

  /** Puts back what was taken last: it will be taken again. */
  putBack(entries: readonly ProcessEntry[]): void {
    if (entries.length > 0) this.next = this.entries.indexOf(entries[0]!, this.head);
  }

  /** Puts back everything that was taken and not committed. */
  rollback(): void {
    this.next = this.head;
  }

  /** Finishes everything that was taken; returns the offset to commit, undefined when nothing was open. */
  commitTaken(): number | undefined {
    return this.remove(this.entries.slice(this.head, this.next));
  }

  /** The first unfinished entries that the listener has had for longer than `timeoutMs`, up to `limit`. */
  expired(nowMs: number, timeoutMs: number, limit: number): ProcessEntry[] {
    const found: ProcessEntry[] = [];
    for (let i = this.head; i < this.entries.length && found.length < limit; i++) {
      const entry = this.entries[i]!;
      if (entry.done) continue;
      if (entry.consumeStartedAtMs === undefined || nowMs - entry.consumeStartedAtMs <= timeoutMs) break;
      found.push(entry);
    }
    return found;
  }
}
