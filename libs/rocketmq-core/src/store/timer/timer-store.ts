// Messages that wait for their moment: takes entries, hands out the entries of a slot, and keeps how far both went. Apache's files, so
// that a Java broker goes on with them. Knows places and moments, never messages.
import { join } from 'node:path';
import { assert, type Clock, type Logger } from '../../common/index.js';
import { StoreIoError } from '../../errors/index.js';
import type { Disk } from '../disk/disk.js';
import { HandleCache } from '../file/handle-cache.js';
import { TimerCheckpoint } from './timer-checkpoint.js';
import { TIMER_MAGIC, TimerLog, type TimerUnit } from './timer-log.js';
import { recoverTimers } from './timer-recovery.js';
import { TimerWheel } from './timer-wheel.js';

/** Slots of one round at a tick of a second: seven days [java TimerMessageStore#TIMER_WHEEL_TTL_DAY]. */
export const TIMER_SLOTS_TOTAL = 7 * 24 * 3600;
/** Slots that stay free in front of the reading place. */
const BLANK_SLOTS = 60;
const OPEN_FILES_MAX = 8;

export interface TimerStoreOptions {
  readonly storePathRootDir: string;
  readonly mappedFileSizeTimerLog: number;
  readonly timerPrecisionMs: number;
  /** A message further away than this many ticks is put at that distance and comes round again. */
  readonly timerRollWindowSlot: number;
  /** Default TIMER_SLOTS_TOTAL: another number makes another file. */
  readonly slotsTotal?: number;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly commitLog: TimerCommitLog;
}

/** What the timer store has to know about the log that its messages are in. */
export interface TimerCommitLog {
  /** The log holds this record, of the timer topic. */
  isTimerRecord(physicalOffset: number, size: number): boolean;
  readonly endOffset: number;
  /** Durable up to here. */
  readonly flushedOffset: number;
}

/** A message on its way into the wheel. */
export interface TimerEntry {
  /** Slot it is due in, a whole tick: delivered when the tick is over. */
  readonly slotMs: number;
  /** The moment within the slot, ms since 1970; 0: the slot's end. */
  readonly dueMs: number;
  readonly physicalOffset: number;
  readonly size: number;
  readonly topicHash: number;
  readonly isRecall: boolean;
}

/** An entry as it waits. */
export interface WaitingEntry {
  readonly slotMs: number;
  readonly dueMs: number;
  readonly physicalOffset: number;
  readonly size: number;
  readonly topicHash: number;
  readonly writeTimeMs: number;
  /** Its moment has not come: it has to go round again. */
  readonly rolls: boolean;
  readonly isRecall: boolean;
}

export class TimerStore {
  private readonly options: TimerStoreOptions;
  private readonly handles: HandleCache;
  private readonly wheel: TimerWheel;
  private readonly log: TimerLog;
  private readonly checkpoint: TimerCheckpoint;
  private readonly rollWindowMs: number;
  private takenUp = new Set<number>();
  private newest: { unit: TimerUnit; pos: number } | undefined;
  private waiting = 0;
  private changed = false;
  private flushing: Promise<void> | undefined;
  private broken: unknown;
  /** Where the commit log ended when the newest slot that held something was done: what was delivered lies below. */
  private deliveredEnd = 0;
  /** Read time that is as durable as what was delivered before it. */
  private safeReadTimeMs = 0;
  private held: { readTimeMs: number; logEnd: number } | undefined;
  /** Slots before this moment are done. Moved by who delivers. */
  readTimeMs = 0;
  /** Next ordinal of the timer queue. Moved by who takes up. */
  queueOffset = 0;

  constructor(options: TimerStoreOptions) {
    const { storePathRootDir: root, disk, timerPrecisionMs: precisionMs, slotsTotal = TIMER_SLOTS_TOTAL } = options;
    this.options = options;
    this.handles = new HandleCache(disk, OPEN_FILES_MAX);
    this.wheel = new TimerWheel({ path: join(root, 'timerwheel'), slotsTotal, precisionMs, disk });
    this.log = new TimerLog(join(root, 'timerlog'), options.mappedFileSizeTimerLog, { disk, handles: this.handles });
    this.checkpoint = new TimerCheckpoint(join(root, 'config', 'timercheck'), disk);
    const window = options.timerRollWindowSlot;
    const slots = window > slotsTotal - BLANK_SLOTS || window < 2 ? slotsTotal - BLANK_SLOTS : window;
    this.rollWindowMs = slots * precisionMs;
  }

  /** Opens and recovers. The message store must be open. */
  open(): void {
    const { wheel, log, options } = this;
    wheel.load();
    log.load();
    const { commitLog } = options;
    const { ahead, ...known } = this.checkpoint.load();
    const readTimeMs = commitLog.endOffset >= ahead.logEnd ? ahead.readTimeMs : known.readTimeMs;
    const isTimerRecord = (physicalOffset: number, size: number): boolean => commitLog.isTimerRecord(physicalOffset, size);
    const recovered = recoverTimers({ log, wheel, logPos: known.logPos, readTimeMs, isTimerRecord });
    const { takenUp, droppedUnits, repairedSlots, pending } = recovered;
    this.takenUp = takenUp;
    this.waiting = pending;
    this.queueOffset = known.queueOffset;
    this.readTimeMs = this.tickOf(readTimeMs === 0 ? options.clock.now() : readTimeMs);
    this.safeReadTimeMs = this.readTimeMs;
    this.changed = droppedUnits > 0 || repairedSlots > 0 || takenUp.size > 0;
    if (droppedUnits > 0 || repairedSlots > 0) options.logger.warn('timer store repaired', { droppedUnits, repairedSlots, pending });
  }

  get precisionMs(): number {
    return this.options.timerPrecisionMs;
  }

  /** Messages that wait, recalled ones taken off. */
  get pending(): number {
    return this.waiting;
  }

  /** Longest time before the present that slots are kept for. */
  get keptMs(): number {
    return ((this.options.slotsTotal ?? TIMER_SLOTS_TOTAL) - BLANK_SLOTS) * this.precisionMs;
  }

  tickOf(timeMs: number): number {
    return Math.floor(timeMs / this.precisionMs) * this.precisionMs;
  }

  /** Messages waiting in the slot of a moment. */
  countAt(timeMs: number): number {
    return this.wheel.at(timeMs)?.num ?? 0;
  }

  hasSlot(timeMs: number): boolean {
    return this.wheel.at(timeMs) !== undefined;
  }

  /** The message had an entry when the process ended. */
  wasTakenUp(physicalOffset: number): boolean {
    return this.takenUp.delete(physicalOffset);
  }

  /**
   * Puts an entry into its slot; the slot, a nearer one when the moment is too far away [java TimerMessageStore#doEnqueue]. What is due
   * in a slot that is done goes into the first one that is not.
   */
  add(entry: TimerEntry): number {
    const writeTimeMs = this.tickOf(this.options.clock.now());
    const away = entry.slotMs - writeTimeMs;
    const rolls = away >= this.rollWindowMs;
    const beyond = away - this.rollWindowMs;
    const window = this.rollWindowMs / this.precisionMs;
    const step = beyond < Math.floor(window / 3) * this.precisionMs ? Math.floor(window / 2) * this.precisionMs : this.rollWindowMs;
    const slotMs = Math.max(rolls ? writeTimeMs + step : entry.slotMs, this.readTimeMs);
    const magic = TIMER_MAGIC.DEFAULT | (rolls ? TIMER_MAGIC.ROLL : 0) | (entry.isRecall ? TIMER_MAGIC.DELETE : 0);
    const { physicalOffset, size, topicHash, dueMs } = entry;
    this.append({ magic, writeTimeMs, slotMs, physicalOffset, size, topicHash, dueMs });
    return slotMs;
  }

  /** The entries of a slot, in the order they came. `after`: only those behind this place. */
  entriesOf(timeMs: number, after = -1): { entries: WaitingEntry[]; lastPos: number } {
    const slot = this.wheel.at(timeMs);
    const entries: WaitingEntry[] = [];
    if (slot === undefined) return { entries, lastPos: -1 };
    for (let pos = slot.lastPos; pos > after;) {
      const unit = this.log.read(pos);
      if (unit === undefined) {
        // The file is gone, and with it messages older than what is kept.
        this.options.logger.warn('timer log entry not readable, the rest of its slot is left out', { pos, slotMs: timeMs });
        break;
      }
      entries.push(waitingOf(unit));
      if (unit.prevPos >= pos) break;
      pos = unit.prevPos;
    }
    return { entries: entries.toReversed(), lastPos: slot.lastPos };
  }

  /** The slot is done: nothing in it is asked for again. */
  close(slotMs: number): void {
    const slot = this.wheel.at(slotMs);
    if (slot !== undefined) {
      this.waiting = Math.max(0, this.waiting - Math.max(0, slot.num));
      this.deliveredEnd = this.options.commitLog.endOffset;
      this.changed = true;
    }
    this.readTimeMs = slotMs + this.precisionMs;
  }

  /** Ends the slot being delivered before its time: what is left of it goes into the next one. */
  carryOver(slotMs: number, left: readonly WaitingEntry[]): void {
    const newest = this.newest;
    this.close(slotMs);
    if (left.length === 0) return;
    const nextMs = this.readTimeMs;
    const { entries: next } = this.entriesOf(nextMs);
    const moved = left.map((entry) => ({ ...entry, slotMs: nextMs }));
    // Java takes the last entry of the log for that of the newest message: it has to stay the last.
    const rewrite = newest !== undefined && next.length > 0 && newest.unit.slotMs === nextMs;
    if (rewrite) {
      this.waiting -= this.countAt(nextMs);
      this.wheel.clear(nextMs);
    }
    for (const entry of rewrite ? [...moved, ...next] : moved) this.append({ ...entry, magic: magicOf(entry) });
    if (newest === undefined || rewrite) return;
    const slot = this.wheel.at(newest.unit.slotMs);
    const pos = this.log.append(newest.unit);
    if (slot?.lastPos === newest.pos) this.wheel.put({ ...slot, lastPos: pos });
    this.newest = { unit: newest.unit, pos };
  }

  /** Slots before `untilMs` that hold something, oldest first: what a broker that was down for long has to see to. */
  overdueSlots(untilMs: number): number[] {
    const times: number[] = [];
    for (const { timeMs } of this.wheel.occupied(this.readTimeMs)) if (timeMs < untilMs) times.push(timeMs);
    return times.toSorted((a, b) => a - b);
  }

  /** Moves the reading place back: the clock was set back. What is done in between is made blank, so that it is not done again. */
  moveBack(readTimeMs: number): void {
    assert(readTimeMs <= this.readTimeMs, `timer read time ${this.readTimeMs} cannot move back to ${readTimeMs}`);
    const done = this.readTimeMs;
    for (const { timeMs } of this.wheel.occupied(readTimeMs)) if (timeMs < done) this.wheel.clear(timeMs);
    this.readTimeMs = readTimeMs;
    this.safeReadTimeMs = Math.min(this.safeReadTimeMs, readTimeMs);
    this.held = undefined;
    this.changed = true;
  }

  /** Everything before `queueOffset` has been taken up. */
  takenUpTo(queueOffset: number): void {
    if (queueOffset === this.queueOffset) return;
    this.queueOffset = queueOffset;
    this.changed = true;
  }

  /** Makes everything until now durable, log before wheel before checkpoint; nothing when nothing changed. */
  async flush(): Promise<void> {
    while (this.flushing !== undefined) await this.flushing;
    if (!this.changed || this.broken !== undefined) return;
    this.flushing = this.flushNow().finally(() => (this.flushing = undefined));
    await this.flushing;
  }

  /** Removes log files whose messages are gone from the commit log. */
  removeExpired(minPhysicalOffset: number): void {
    const removed = this.log.removeLeading((unit) => unit.physicalOffset < minPhysicalOffset);
    if (removed > 0) this.options.logger.info('timer log files removed', { removed, minPhysicalOffset });
  }

  /** For a last time, with the commit log about to be flushed as well. */
  async shutdown(): Promise<void> {
    try {
      if (this.wheel.hasFile || this.changed) {
        this.safeReadTimeMs = this.readTimeMs;
        this.deliveredEnd = 0;
        this.changed = true;
      }
      await this.flush();
    } finally {
      this.wheel.close();
      this.handles.closeAll();
    }
  }

  private append(unit: Omit<TimerUnit, 'prevPos'>): void {
    const slot = this.wheel.at(unit.slotMs);
    const whole = { ...unit, prevPos: slot?.lastPos ?? -1 };
    const pos = this.log.append(whole);
    const one = (unit.magic & TIMER_MAGIC.DELETE) === 0 ? 1 : -1;
    this.wheel.put({
      timeMs: unit.slotMs,
      firstPos: slot?.firstPos ?? pos,
      lastPos: pos,
      num: (slot?.num ?? 0) + one,
      magic: slot?.magic ?? 0,
    });
    this.newest = { unit: whole, pos };
    this.waiting = Math.max(0, this.waiting + one);
    this.changed = true;
  }

  /** After a failed flush the checkpoint stays where it is: the next start makes everything behind it again from the messages. */
  private async flushNow(): Promise<void> {
    const { clock, logger } = this.options;
    const ahead = { readTimeMs: this.readTimeMs, logEnd: this.deliveredEnd };
    const { queueOffset } = this;
    const logPos = this.log.end;
    this.changed = !this.settle(ahead);
    try {
      await this.log.flush();
      await this.wheel.flush();
      await this.checkpoint.write({ readTimeMs: this.safeReadTimeMs, logPos, queueOffset, ahead }, clock.now());
    } catch (error) {
      const isLost = error instanceof StoreIoError && error.context['operation'] === 'flush';
      if (isLost) this.broken = error;
      this.changed = true;
      const fate = isLost ? 'any more; timers go on, a restart will deliver some again' : 'now, will be tried again';
      logger.error(`timer store cannot be written ${fate}`, { error });
    }
  }

  /** A power cut must not take a delivered copy and leave the word that it was delivered. True: everything delivered is durable. */
  private settle(ahead: { readTimeMs: number; logEnd: number }): boolean {
    const { flushedOffset } = this.options.commitLog;
    if (flushedOffset >= ahead.logEnd) {
      this.safeReadTimeMs = ahead.readTimeMs;
      this.held = undefined;
      return true;
    }
    if (this.held !== undefined && flushedOffset >= this.held.logEnd) {
      this.safeReadTimeMs = this.held.readTimeMs;
      this.held = undefined;
    }
    this.held ??= ahead;
    return false;
  }
}

function waitingOf(unit: TimerUnit): WaitingEntry {
  const { slotMs, dueMs, physicalOffset, size, topicHash, writeTimeMs, magic } = unit;
  const rolls = (magic & TIMER_MAGIC.ROLL) !== 0;
  return { slotMs, dueMs, physicalOffset, size, topicHash, writeTimeMs, rolls, isRecall: (magic & TIMER_MAGIC.DELETE) !== 0 };
}

function magicOf(entry: WaitingEntry): number {
  return TIMER_MAGIC.DEFAULT | (entry.rolls ? TIMER_MAGIC.ROLL : 0) | (entry.isRecall ? TIMER_MAGIC.DELETE : 0);
}
