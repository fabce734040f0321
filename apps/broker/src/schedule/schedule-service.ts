// Delivers delayed messages: one cursor per level over its queue of SCHEDULE_TOPIC_XXXX, each message put under its real topic when
// its time has come [java ScheduleMessageService]. Must never deliver early, and never move a cursor past a message that was not put.
import type { Clock, Logger, Timer } from 'rocketmq-core/common';
import { decodeMessages, encodeHost, type MessageExt, PROPERTY } from 'rocketmq-core/message';
import type { MessageStore, PutMessage, QueueRef } from 'rocketmq-core/store';
import { tagsCodeOfProperties, withHostFlags } from '../message/broker-message.js';
import { SCHEDULE_TOPIC, TRANS_HALF_TOPIC } from '../topic/system-topics.js';
import { ClockSetbacks } from './clock-setbacks.js';
import type { DelayLevels } from './delay-levels.js';
import type { DelayOffsets } from './delay-offsets.js';
import { DueReader } from './due-messages.js';

/** After a message could not be put. */
export const RETRY_DELAY_MS = 100;
/** After an error of ours. */
export const ERROR_DELAY_MS = 10_000;
/** Levels looked for beyond those of the table: an earlier table may have had them. */
const FORMER_LEVELS_MAX = 1024;
/** Longest sleep before looking at the clock again: wall time may jump. */
export const MAX_SLEEP_MS = 500;

export class ScheduleService {
  private readonly reader: DueReader;
  private readonly setbacks: ClockSetbacks;
  private readonly timers = new Map<number, Timer>();
  private readonly busy = new Map<number, Promise<void>>();
  private leaveStore: (() => void) | undefined;
  private running = false;
  private delivered = 0;
  /** The table's last level, or a higher one that an earlier table had and at which messages wait. */
  private highest = 0;

  constructor(
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly store: MessageStore,
    private readonly levels: DelayLevels,
    private readonly offsets: DelayOffsets,
  ) {
    this.reader = new DueReader(store);
    this.setbacks = new ClockSetbacks(clock);
  }

  start(): void {
    this.running = true;
    this.highest = this.highestWaiting();
    this.correctOffsets();
    this.leaveStore = this.store.onArrival((queue) => {
      if (queue.topic !== SCHEDULE_TOPIC) return;
      this.lookAtClock(queue);
      // A level with a timer looks again by itself: what arrives later is due later.
      if (!this.timers.has(queue.queueId + 1)) this.wake(queue.queueId + 1, 0);
    });
    for (let level = 1; level <= this.highest; level++) this.wake(level, 0);
  }

  /** Resolves when no delivery is under way any more. */
  async stop(): Promise<void> {
    this.running = false;
    this.leaveStore?.();
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
    await Promise.all(this.busy.values());
  }

  get deliveredMessages(): number {
    return this.delivered;
  }

  private wake(level: number, delayMs: number): void {
    if (!this.running || level > this.highest) return;
    this.timers.get(level)?.cancel();
    this.timers.set(
      level,
      this.clock.setTimer(() => {
        this.timers.delete(level);
        this.run(level);
      }, delayMs),
    );
  }

  private run(level: number): void {
    if (!this.running || this.busy.has(level)) return;
    const pass = this.deliver(level).then(
      (sleepMs) => this.finished(level, sleepMs),
      (error: unknown) => {
        this.logger.error('delayed delivery failed', { level, offset: this.offsets.get(level), error });
        this.finished(level, ERROR_DELAY_MS);
      },
    );
    this.busy.set(level, pass);
  }

  private finished(level: number, sleepMs: number | undefined): void {
    this.busy.delete(level);
    if (sleepMs !== undefined) this.wake(level, sleepMs);
  }

  /** One pass over a level; the wait until the next one, or undefined when only an arrival can bring work. */
  private async deliver(level: number): Promise<number | undefined> {
    const queue = this.store.findQueue(SCHEDULE_TOPIC, level - 1);
    if (queue === undefined) return undefined;
    while (this.running) {
      this.lookAtClock(queue);
      const due = this.reader.read(queue, this.offsets.get(level), {
        nowMs: this.clock.now(),
        // What an earlier table put here waits as that one said.
        maxDelayMs: level > this.levels.max ? Number.MAX_SAFE_INTEGER : this.levels.delayMsOf(level),
        shiftOf: (queueOffset) => this.setbacks.shiftOf(level, queueOffset),
      });
      if (due.moveTo !== undefined) {
        this.logger.warn('delay cursor moved', { level, from: due.firstOffset, to: due.moveTo });
        this.offsets.set(level, due.moveTo);
        continue;
      }
      if (due.count > 0 && !(await this.putAll(level, due.records))) return RETRY_DELAY_MS;
      if (due.nextDeliverAtMs !== undefined) return Math.min(Math.max(due.nextDeliverAtMs - this.clock.now(), 1), MAX_SLEEP_MS);
      if (due.count === 0) return this.offsets.get(level) < queue.maxOffset ? RETRY_DELAY_MS : undefined;
    }
    return undefined;
  }

  private lookAtClock({ queueId, maxOffset }: QueueRef): void {
    const level = queueId + 1;
    const byMs = this.setbacks.look(level, maxOffset);
    if (byMs > 0) this.logger.warn('the clock was set back, delayed messages go back with it', { byMs });
    this.setbacks.forget(level, this.offsets.get(level));
  }

  private async putAll(level: number, records: Uint8Array): Promise<boolean> {
    const messages = decodeMessages(records, { decompress: false });
    const statuses = await Promise.all(messages.map((message) => this.put(message)));
    for (const [index, message] of messages.entries()) {
      if (statuses[index] !== 'PUT_OK') {
        const { queueOffset } = message;
        this.logger.warn('delayed message not delivered, will be tried again', { level, queueOffset, status: statuses[index] });
        return false;
      }
      this.delivered++;
      this.offsets.set(level, message.queueOffset + 1);
    }
    return true;
  }

  private async put(message: MessageExt): Promise<string> {
    const topic = message.properties.get(PROPERTY.REAL_TOPIC);
    const queueId = Number(message.properties.get(PROPERTY.REAL_QUEUE_ID));
    if (topic === undefined || !Number.isInteger(queueId) || queueId < 0 || topic === TRANS_HALF_TOPIC) {
      this.logger.warn('delayed message dropped: it does not say where it belongs', { queueOffset: message.queueOffset, topic });
      return 'PUT_OK';
    }
    const bornHost = encodeHost(message.bornHost);
    const storeHost = encodeHost(message.storeHost);
    // DELAY, REAL_TOPIC and REAL_QID stay in the delivered copy, as with Apache; nothing here reads them again.
    const put: PutMessage = {
      topic,
      queueId,
      flag: message.flag,
      sysFlag: withHostFlags(message.sysFlag, bornHost, storeHost),
      bornTimestamp: message.bornTimestamp,
      bornHost,
      storeHost,
      reconsumeTimes: message.reconsumeTimes,
      preparedTransactionOffset: 0,
      body: message.body,
      properties: message.properties,
      tagsCode: tagsCodeOfProperties(message.properties),
    };
    const result = await this.store.put(put);
    return result.records.length > 0 ? 'PUT_OK' : result.status;
  }

  /** Apache leaves messages of levels that a shorter table has not got where they are. */
  private highestWaiting(): number {
    for (let level = FORMER_LEVELS_MAX; level > this.levels.max; level--) {
      const queue = this.store.findQueue(SCHEDULE_TOPIC, level - 1);
      if (queue === undefined || queue.maxOffset <= this.offsets.get(level)) continue;
      this.logger.warn('messages wait at delay levels that messageDelayLevel has not got: they are delivered at the time they were given', {
        highest: level,
        levels: this.levels.max,
      });
      return level;
    }
    return this.levels.max;
  }

  /** A cursor outside its queue (files deleted, store replaced) goes to the nearest end [java ScheduleMessageService#correctDelayOffset]. */
  private correctOffsets(): void {
    for (let level = 1; level <= this.highest; level++) {
      const queue: QueueRef | undefined = this.store.findQueue(SCHEDULE_TOPIC, level - 1);
      const offset = this.offsets.get(level);
      const corrected = queue === undefined ? 0 : Math.min(Math.max(offset, queue.minOffset), queue.maxOffset);
      if (corrected === offset) continue;
      this.logger.warn('delay cursor corrected', { level, from: offset, to: corrected });
      this.offsets.set(level, corrected);
    }
  }
}
