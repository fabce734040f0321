// The slot whose tick is running: which of its messages wait, which are due, which were taken back. Must never name one twice.
import { decodeMessage, type MessageExt } from 'rocketmq-core/message';
import type { MessageStore, TimerStore, WaitingEntry } from 'rocketmq-core/store';
import { dueAtOf, isRecalled, recalledKeyOf } from './timer-message.js';

/** A slot with more messages than this is delivered at the end of its tick, without looking at each message before. */
const EXACT_MAX = 20_000;

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
    const exact = entries.length + this.pending.length <= EXACT_MAX;
    for (const entry of entries) this.take(entry, exact);
    this.pending = this.pending.toSorted((a, b) => a.dueAtMs - b.dueAtMs);
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

  private take(entry: WaitingEntry, exact: boolean): void {
    const { slotMs, timers } = this;
    const isRecall = entry.isRecall && !entry.rolls;
    if (!isRecall && (!exact || entry.rolls)) {
      this.pending.push({ entry, dueAtMs: entry.rolls ? slotMs : slotMs + timers.precisionMs });
      return;
    }
    const record = this.store.readRecord(entry.physicalOffset);
    const message = record === undefined ? undefined : decodeMessage(record, { decompress: false });
    if (isRecall) {
      const key = message === undefined ? undefined : recalledKeyOf(message);
      if (key !== undefined) this.recalled.add(key);
      this.recalls.push(entry);
      return;
    }
    const dueAtMs = message === undefined ? slotMs : dueAtOf(message, slotMs, timers.precisionMs);
    this.pending.push({ entry, dueAtMs });
  }
}
