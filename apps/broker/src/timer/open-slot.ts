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
  /** By due time. */
  private pending: Pending[] = [];
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
    for (const entry of entries) this.take(entry);
    this.pending.sort((a, b) => a.dueAtMs - b.dueAtMs);
  }

  get isEmpty(): boolean {
    return this.pending.length === 0;
  }

  /** When the next one is due, undefined when none waits. */
  get nextDueMs(): number | undefined {
    return this.pending[0]?.dueAtMs;
  }

  /** The first ones that are due, at most `max`; they stay until done(). */
  due(nowMs: number, max: number): WaitingEntry[] {
    const found: WaitingEntry[] = [];
    for (const { entry, dueAtMs } of this.pending) {
      if (dueAtMs > nowMs || found.length >= max) break;
      found.push(entry);
    }
    return found;
  }

  done(entries: ReadonlySet<WaitingEntry>): void {
    this.pending = this.pending.filter(({ entry }) => !entries.has(entry));
  }

  isRecalled(message: MessageExt): boolean {
    return this.recalled.size > 0 && isRecalled(message, this.recalled);
  }

  /** What is left, recalls included, for the slot that goes on with it. */
  rest(): WaitingEntry[] {
    return this.isEmpty ? [] : [...this.recalls, ...this.pending.map(({ entry }) => entry)];
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
