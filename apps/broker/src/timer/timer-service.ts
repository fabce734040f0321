// Delivers messages at their moment: takes up what arrives in the timer topic, and puts each message under its real topic when its time
// has come [java TimerMessageStore]. Must never deliver early, nor move on past a message that was not put.
import type { Clock, Logger, Timer } from 'rocketmq-core/common';
import { javaStringHashCode } from 'rocketmq-core/common';
import { decodeMessage, decodeMessages, type MessageExt, PROPERTY } from 'rocketmq-core/message';
import { type GetMessageResult, type MessageStore, type PutMessage, TimerStore, type WaitingEntry } from 'rocketmq-core/store';
import type { Disk } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { GatherBuffer } from '../processor/gather-buffer.js';
import { TIMER_TOPIC } from '../topic/system-topics.js';
import { OpenSlot } from './open-slot.js';
import { deliveredMessage, dueMsOf, recalledKeyOf, rolledMessage, timerOutMsOf } from './timer-message.js';

/** Messages read off the timer topic in one go. */
const READ_BATCH = 32;
/** Messages taken up in one turn of the event loop. */
const TAKE_UP_MAX = 2048;
/** Messages put in one turn. */
const PUT_BATCH = 128;
/** After a message could not be put. */
const RETRY_DELAY_MS = 500;
/** After an error of ours. */
const ERROR_DELAY_MS = 10_000;
/** Longest sleep before looking at the clock again: wall time may jump. */
const MAX_SLEEP_MS = 500;
/** Period of looking for timer log files that are over. */
const CLEAN_PERIOD_MS = 30_000;

export interface TimerServiceParts {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly disk: Disk;
  readonly store: MessageStore;
}

export class TimerService {
  private readonly timers: TimerStore;
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
  private running = false;
  private open: OpenSlot | undefined;
  private wakeTimer: Timer | undefined;
  private periodic: Timer[] = [];
  private busy: Promise<void> | undefined;
  private leaveStore: (() => void) | undefined;
  private delivered = 0;
  private recalled = 0;

  constructor(private readonly parts: TimerServiceParts) {
    const { config, clock, logger, disk, store } = parts;
    this.timers = new TimerStore({
      storePathRootDir: config.storePathRootDir,
      mappedFileSizeTimerLog: config.mappedFileSizeTimerLog,
      timerPrecisionMs: config.timerPrecisionMs,
      timerRollWindowSlot: config.timerRollWindowSlot,
      disk,
      clock,
      logger,
      commitLog: commitLogOf(store),
    });
  }

  start(): void {
    const { config, clock, store } = this.parts;
    if (!config.timerWheelEnable) return;
    this.timers.open();
    this.running = true;
    this.correctOffset();
    this.leaveStore = store.onArrival((queue) => {
      if (queue.topic === TIMER_TOPIC) this.wake(0);
    });
    this.periodic = [
      clock.setPeriodic(() => void this.timers.flush(), config.timerFlushIntervalMs),
      clock.setPeriodic(() => this.removeExpired(), CLEAN_PERIOD_MS),
    ];
    this.wake(0);
  }

  /** Resolves when nothing is being delivered any more and everything is written. */
  async stop(): Promise<void> {
    if (!this.running) return;
    this.running = false;
    this.leaveStore?.();
    this.wakeTimer?.cancel();
    for (const timer of this.periodic.splice(0)) timer.cancel();
    await this.busy;
    if (this.open !== undefined) this.timers.carryOver(this.open.slotMs, this.open.rest());
    this.open = undefined;
    await this.timers.shutdown();
  }

  /** Messages waiting in the slot of a moment. */
  countAt(slotMs: number): number {
    return this.timers.countAt(slotMs);
  }

  get pendingMessages(): number {
    return this.timers.pending;
  }

  get deliveredMessages(): number {
    return this.delivered;
  }

  get recalledMessages(): number {
    return this.recalled;
  }

  /** Everything that was due before this moment has been put; 0 while that cannot be said. */
  get deliveredUpToMs(): number {
    const isTakenUp = this.timers.queueOffset >= (this.queue?.maxOffset ?? 0);
    return this.running && isTakenUp ? this.timers.readTimeMs : 0;
  }

  private wake(delayMs: number): void {
    if (!this.running) return;
    this.wakeTimer?.cancel();
    this.wakeTimer = this.parts.clock.setTimer(() => {
      this.wakeTimer = undefined;
      this.run();
    }, delayMs);
  }

  private run(): void {
    if (!this.running || this.busy !== undefined) return;
    this.busy = this.pass().then(
      (sleepMs) => this.finished(sleepMs),
      (error: unknown) => {
        this.parts.logger.error('timer delivery failed', { readTimeMs: this.timers.readTimeMs, error });
        this.finished(ERROR_DELAY_MS);
      },
    );
  }

  private finished(sleepMs: number): void {
    this.busy = undefined;
    const { maxOffset } = this.queue ?? { maxOffset: 0 };
    this.wake(maxOffset > this.timers.queueOffset ? Math.min(sleepMs, 1) : sleepMs);
  }

  /** Takes up what arrived, delivers what is due; how long to sleep then. */
  private async pass(): Promise<number> {
    const { clock } = this.parts;
    this.followClock();
    while (this.running) {
      // Not before the open slot is closed: closing it moves the reading place to behind it, years back if the clock was set forward.
      if (this.open === undefined) await this.deliverOld();
      if (!this.running) break;
      // A slot is not begun before its recalls are known.
      if (!this.takeUp()) return 0;
      const slot = this.openSlot();
      if (slot === undefined) break;
      slot.refresh();
      const due = slot.due(clock.now(), PUT_BATCH);
      if (due.length > 0 && !(await this.putAll(slot, due))) return RETRY_DELAY_MS;
      if (due.length === 0 && !this.closeWhenOver(slot)) break;
    }
    const now = clock.now();
    const next = this.open?.nextDueMs ?? this.timers.readTimeMs + (this.open === undefined ? 0 : this.timers.precisionMs);
    return Math.min(Math.max(next - now, 1), MAX_SLEEP_MS);
  }

  /** The slot of now, or the oldest that is not done. Undefined: none has begun. */
  private openSlot(): OpenSlot | undefined {
    const { timers } = this;
    const { precisionMs } = timers;
    const now = this.parts.clock.now();
    if (this.open !== undefined) return this.open;
    while (timers.readTimeMs + precisionMs <= now && !timers.hasSlot(timers.readTimeMs)) timers.close(timers.readTimeMs);
    if (timers.readTimeMs > now) return undefined;
    this.open = new OpenSlot(timers.readTimeMs, timers, this.parts.store);
    return this.open;
  }

  private closeWhenOver(slot: OpenSlot): boolean {
    if (!slot.isEmpty || slot.slotMs + this.timers.precisionMs > this.parts.clock.now()) return false;
    this.timers.close(slot.slotMs);
    this.open = undefined;
    return true;
  }

  /** Slots from before the wheel's last round: Apache forgets them, here they are late. */
  private async deliverOld(): Promise<void> {
    const { timers } = this;
    const keptMs = timers.tickOf(this.parts.clock.now()) - timers.keptMs;
    if (timers.readTimeMs >= keptMs) return;
    for (const slotMs of timers.overdueSlots(keptMs)) {
      const slot = new OpenSlot(slotMs, timers, this.parts.store);
      slot.refresh();
      while (this.running && !slot.isEmpty) {
        if (!(await this.putAll(slot, slot.due(Infinity, PUT_BATCH)))) throw new Error(`a message of slot ${slotMs} cannot be put`);
      }
      if (!this.running) return;
      timers.close(slotMs);
    }
    timers.close(keptMs - timers.precisionMs);
  }

  /** The clock was set back: what waits for the time in between waits for it. */
  private followClock(): void {
    const { timers } = this;
    const now = timers.tickOf(this.parts.clock.now());
    if (timers.readTimeMs <= now + timers.precisionMs) return;
    this.parts.logger.warn('the clock was set back, timers go back with it', { fromMs: timers.readTimeMs, toMs: now });
    if (this.open !== undefined) timers.carryOver(this.open.slotMs, this.open.rest());
    this.open = undefined;
    timers.moveBack(now);
  }

  /** False: there is more. */
  private takeUp(): boolean {
    const { timers } = this;
    const until = timers.queueOffset + TAKE_UP_MAX;
    for (let queue = this.queue; queue !== undefined && timers.queueOffset < queue.maxOffset; queue = this.queue) {
      if (timers.queueOffset >= until) return false;
      this.buffer.clear();
      this.parts.store.get(queue, timers.queueOffset, READ_BATCH, undefined, this.buffer, this.result);
      if (this.result.status === 'FOUND') {
        for (const message of decodeMessages(this.buffer.take(), { decompress: false })) {
          this.takeUpOne(message);
          timers.takenUpTo(message.queueOffset + 1);
        }
      }
      if (this.result.nextBeginOffset <= timers.queueOffset) break;
      timers.takenUpTo(this.result.nextBeginOffset);
    }
    return true;
  }

  private takeUpOne(message: MessageExt): void {
    const { timers, parts } = this;
    const physicalOffset = message.commitLogOffset;
    if (timers.wasTakenUp(physicalOffset)) return;
    const outMs = timerOutMsOf(message);
    if (outMs === undefined) {
      parts.logger.warn('timer message dropped: it does not say when', { queueOffset: message.queueOffset });
      return;
    }
    const slotMs = timers.tickOf(outMs);
    timers.add({
      slotMs,
      dueMs: dueMsOf(message, slotMs, timers.precisionMs, parts.clock.now()),
      physicalOffset,
      size: message.storeSize,
      topicHash: javaStringHashCode(message.properties.get(PROPERTY.REAL_TOPIC) ?? ''),
      isRecall: recalledKeyOf(message) !== undefined,
    });
  }

  /** False when one could not be put; those that were are done. */
  private async putAll(slot: OpenSlot, entries: readonly WaitingEntry[]): Promise<boolean> {
    const outcomes = await Promise.all(entries.map((entry) => this.putOne(slot, entry)));
    slot.done(new Set(entries.filter((_, index) => outcomes[index])));
    return outcomes.every(Boolean);
  }

  private async putOne(slot: OpenSlot, entry: WaitingEntry): Promise<boolean> {
    const { logger, store, clock } = this.parts;
    const record = store.readRecord(entry.physicalOffset);
    const message = record === undefined ? undefined : decodeMessage(record, { decompress: false });
    if (message === undefined || message.topic !== TIMER_TOPIC) {
      logger.warn('timer message gone: older than what the commit log keeps', { physicalOffset: entry.physicalOffset });
      return true;
    }
    if (!entry.rolls && slot.isRecalled(message)) {
      this.recalled++;
      return true;
    }
    const put = entry.rolls ? rolledMessage(message, entry, clock.now()) : deliveredMessage(message, entry, clock.now());
    if (put === undefined) {
      logger.warn('timer message dropped: it does not say where it belongs', { queueOffset: message.queueOffset });
      return true;
    }
    return this.putNow(put, message);
  }

  private async putNow(put: PutMessage, { queueOffset }: MessageExt): Promise<boolean> {
    const { status, records, reason } = await this.parts.store.put(put);
    if (records.length > 0) {
      if (put.topic !== TIMER_TOPIC) this.delivered++;
      return true;
    }
    const isHopeless = status === 'MESSAGE_ILLEGAL' || status === 'PROPERTIES_SIZE_EXCEEDED';
    const fate = isHopeless ? 'dropped: it can never be put' : 'not delivered, will be tried again';
    this.parts.logger.warn(`timer message ${fate}`, { topic: put.topic, queueOffset, status, reason });
    return isHopeless;
  }

  private get queue() {
    return this.parts.store.findQueue(TIMER_TOPIC, 0);
  }

  private removeExpired(): void {
    try {
      this.timers.removeExpired(this.parts.store.minPhysicalOffset);
    } catch (error) {
      this.parts.logger.error('timer log files cannot be removed', { error });
    }
  }

  /** An offset outside of its queue (files deleted, log cut) goes to the nearest end [java TimerMessageStore#recover]. */
  private correctOffset(): void {
    const { timers } = this;
    const corrected = this.queue === undefined ? 0 : Math.min(Math.max(timers.queueOffset, this.queue.minOffset), this.queue.maxOffset);
    if (corrected === timers.queueOffset) return;
    this.parts.logger.warn('timer queue offset corrected', { from: timers.queueOffset, to: corrected });
    timers.takenUpTo(corrected);
  }
}

function commitLogOf(store: MessageStore) {
  return {
    isTimerRecord(physicalOffset: number, size: number): boolean {
      if (physicalOffset < store.minPhysicalOffset) return true;
      const record = store.readRecord(physicalOffset);
      return record?.length === size && decodeMessage(record, { decompress: false }).topic === TIMER_TOPIC;
    },
    get endOffset(): number {
      return store.maxPhysicalOffset;
    },
    get flushedOffset(): number {
      return store.counters()['commitLogFlushedOffset'] ?? 0;
    },
  };
}
