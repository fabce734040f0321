// The slot whose tick is running: which of its messages wait, which are due, which were taken back. Must never name one twice.
import { decodeMessage, type MessageExt } from 'rocketmq-core/message';
import type { MessageStore, TimerStore, WaitingEntry } from 'rocketmq-core/store';
import { isRecalled, recalledKeyOf } from './timer-message.js';

interface Pending {
  readonly entry: WaitingEntry;
  readonly dueAtMs: number;
}

export class OpenSlot {
  private readonly recalled = new Set<string>();
  private readonly recalls: WaitingEntry[] = [];
  /** By due time; those before `head` are done. */
  private pending: Pending[] = [];
  private head = 0;
  private lastPos = -1;

  constructor(
    readonly slotMs: number,
    private readonly timers: TimerStore,
    private readonly store: MessageStore,
  ) {}

  /** Takes in what came into the slot since the last look. */
  refresh(): void {
    const { entries, lastPos } = this.timers.entriesOf(this.slotMs, this.lastPos);
    if (lastPos === this.lastPos) return;
    this.lastPos = lastPos;
    this.forgetDone();
    for (const entry of entries) this.take(entry);
    this.pending.sort((a, b) => a.dueAtMs - b.dueAtMs);
  }

  get isEmpty(): boolean {
    return this.head === this.pending.length;
  }

  /** When the next one is due, undefined when none waits. */
  get nextDueMs(): number | undefined {
    return this.pending[this.head]?.dueAtMs;
  }

  /** The first ones that are due, at most `max`; they stay until done(). */
  due(nowMs: number, max: number): WaitingEntry[] {
    const found: WaitingEntry[] = [];
    for (let at = this.head; at < this.pending.length && found.length < max; at++) {
      const { entry, dueAtMs } = this.pending[at]!;
      if (dueAtMs > nowMs) break;
      found.push(entry);
    }
    return found;
  }

  /** Those of due() that were put: mostly all of them, which are the first. */
  done(entries: ReadonlySet<WaitingEntry>): void {
    let left = entries.size;
    while (left > 0 && entries.has(this.pending[this.head]!.entry)) {
      this.head++;
      left--;
    }
    if (left === 0) return;
    this.forgetDone();
    this.pending = this.pending.filter(({ entry }) => !entries.has(entry));
  }

  isRecalled(message: MessageExt): boolean {
    return this.recalled.size > 0 && isRecalled(message, this.recalled);
  }

  /** What is left, recalls included, for the slot that goes on with it. */
  rest(): WaitingEntry[] {
    this.forgetDone();
    return this.isEmpty ? [] : [...this.recalls, ...this.pending.map(({ entry }) => entry)];
  }

  private forgetDone(): void {
    if (this.head > 0) this.pending = this.pending.slice(this.head);
    this.head = 0;
  }

  private take(entry: WaitingEntry): void {
    if (!entry.isRecall || entry.rolls) {
      this.pending.push({ entry, dueAtMs: this.dueAtOf(entry) });
      return;
    }
    const record = this.store.readRecord(entry.physicalOffset);
    const key = record === undefined ? undefined : recalledKeyOf(decodeMessage(record, { decompress: false }));
    if (key !== undefined) this.recalled.add(key);
    this.recalls.push(entry);
  }

  /** Within the slot; what came into it late is due when it begins. */
  private dueAtOf({ rolls, dueMs }: WaitingEntry): number {
    const { slotMs } = this;
    if (rolls) return slotMs;
    return dueMs === 0 ? slotMs + this.timers.precisionMs : Math.max(slotMs, dueMs);
  }
}
