// Calls an orderly listener: one call at a time per queue, in the order of offsets, only under the queue's lock [java ConsumeMessageOrderlyService].
// Must never hand out a message after the lock may have ended, nor one before those in front of it are done.
import { BoundedQueue, type Clock, type Logger, reasonOf, type Timer } from '../../common/index.js';
import { type MessageExt, type MessageQueue, messageQueueText, PROPERTY } from '../../message/index.js';
import { BackgroundTasks } from '../background-tasks.js';
import { CallExpiry } from './call-expiry.js';
import type { ConsumeOutcome, ConsumeService } from './consume-service.js';
import type { ConsumeStats } from './consume-stats.js';
import { type ConsumeOrderlyContext, ConsumeOrderlyStatus, type OrderlyListenerFunction } from './listener.js';
import { queueOnApplicationSide, toApplicationSide } from './message-sides.js';
import { type DrainLimit, limitText, waitForIdle } from './idle-wait.js';
import type { ProcessEntry, ProcessQueue } from './process-queue.js';
import type { PushConsumerSettings } from './push-consumer-settings.js';
import type { QueueLocks } from './queue-locks.js';

/** A pause of the queue stays within these, whatever was asked for. */
const PAUSE_MIN_MS = 10;
const PAUSE_MAX_MS = 30_000;
/** Before a lock that ended is asked for again: the first time, and then. */
const LOCK_AGAIN_FIRST_MS = 100;
const LOCK_AGAIN_MS = 3000;
const MINUTE_MS = 60_000;
/** Queues that wait for a free place: far more than a member can own. */
const READY_MAX = 10_000_000;

export interface OrderlyParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: PushConsumerSettings;
  readonly consumerGroup: string;
  readonly retryTopic: string;
  readonly listener: OrderlyListenerFunction;
  readonly stats: Pick<ConsumeStats, 'consumed'>;
  /** Undefined for broadcasting: nobody shares the queues. */
  readonly locks: Pick<QueueLocks, 'isValid' | 'isHeld' | 'acquire'> | undefined;
  advance(queue: MessageQueue, offset: number): void;
  /** A message that failed too often; false: it could not be put away and must be tried again. */
  putAway(message: MessageExt): Promise<boolean>;
}

/** A queue with messages: waiting for a place, in its listener, or at rest until its timer. One that is in none has nothing to do. */
type Place =
  | { readonly kind: 'ready' }
  | { readonly kind: 'running'; readonly ended: Promise<void>; readonly sinceMs: number; readonly expiry: CallExpiry }
  | { readonly kind: 'resting'; readonly timer: Timer };

export class OrderlyConsumeService implements ConsumeService {
  private readonly parts: OrderlyParts;
  private readonly ready = new BoundedQueue<ProcessQueue>(READY_MAX);
  private readonly places = new Map<ProcessQueue, Place>();
  private readonly running: BackgroundTasks;
  private concurrency: number;
  private active = 0;
  private watch: Timer | undefined;
  private stopped = false;
  private idleWaiters: Array<() => void> = [];

  constructor(parts: OrderlyParts) {
    this.parts = parts;
    this.running = new BackgroundTasks(parts.logger);
    this.concurrency = parts.settings.consumeThreadMin;
  }

  /** Tells of listeners that take too long; their queues wait for them all the same, as anything else would break the order. */
  start(): void {
    const { clock, consumerGroup, logger, settings } = this.parts;
    const limitMs = settings.consumeTimeout * MINUTE_MS;
    this.watch = clock.setPeriodic(() => {
      for (const [queue, place] of this.places) {
        if (place.kind !== 'running' || clock.monotonic() - place.sinceMs < limitMs) continue;
        place.expiry.expire(settings.consumeTimeout);
        logger.warn(`${messageQueueText(queue.queue)} waits for its listener, which runs for longer than ${settings.consumeTimeout} min`, {
          consumerGroup,
        });
      }
    }, limitMs);
  }

  setConcurrency(concurrency: number): void {
    this.concurrency = concurrency;
    this.pump();
  }

  submit(queue: ProcessQueue): void {
    if (!this.places.has(queue)) this.enqueue(queue);
  }

  /** The queue's listener is being called now. */
  isRunning(queue: ProcessQueue): boolean {
    return this.places.get(queue)?.kind === 'running';
  }

  /** Resolves when the listener call under way, if any, has come back and its result counts. */
  async ended(queue: ProcessQueue): Promise<void> {
    const place = this.places.get(queue);
    if (place?.kind === 'running') await place.ended;
  }

  async consumeDirectly(message: MessageExt): Promise<ConsumeOutcome> {
    const { settings, retryTopic } = this.parts;
    const queue = { topic: message.topic, brokerName: message.brokerName, queueId: message.queueId };
    toApplicationSide(message, retryTopic, settings.namespace);
    return this.call([message], contextOf(queue, new CallExpiry()));
  }

  async stop(limit: DrainLimit): Promise<void> {
    this.stopped = true;
    this.watch?.cancel();
    this.ready.clear();
    for (const place of this.places.values()) if (place.kind === 'resting') place.timer.cancel();
    if (this.active === 0) return;
    const { clock, logger, consumerGroup } = this.parts;
    await waitForIdle(clock, limit, (wake) => this.idleWaiters.push(wake));
    if (this.active > 0 && limit.deadlineMs > 0) {
      logger.warn(`${this.active} listener calls did not end ${limitText(limit)}; their queues stay locked until the locks expire`, {
        consumerGroup,
      });
    }
  }

  private enqueue(queue: ProcessQueue): void {
    this.places.set(queue, { kind: 'ready' });
    this.ready.push(queue);
    this.pump();
  }

  /** Queues take turns after every call, so that a full one keeps no other waiting. */
  private pump(): void {
    while (!this.stopped && this.active < this.concurrency) {
      const queue = this.ready.shift();
      if (queue === undefined) return;
      this.active++;
      let end = (): void => {};
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      const expiry = new CallExpiry();
      this.places.set(queue, { kind: 'running', ended, sinceMs: this.parts.clock.monotonic(), expiry });
      this.running.run('consuming messages', () => this.runOnce(queue, expiry).finally(end));
    }
  }

  private async runOnce(queue: ProcessQueue, expiry: CallExpiry): Promise<void> {
    let pauseMs: number | undefined;
    try {
      pauseMs = await this.consumeNext(queue, expiry);
    } catch (error) {
      this.parts.logger.error(`consuming ${messageQueueText(queue.queue)} failed: ${reasonOf(error)}`, {
        consumerGroup: this.parts.consumerGroup,
      });
      queue.rollback();
      pauseMs = PAUSE_MAX_MS;
    }
    this.active--;
    this.places.delete(queue);
    if (pauseMs !== undefined && !this.stopped && !queue.dropped) this.goOn(queue, pauseMs);
    this.pump();
    if (this.active === 0) for (const wake of this.idleWaiters.splice(0)) wake();
  }

  private goOn(queue: ProcessQueue, pauseMs: number): void {
    if (!this.mayConsume(queue)) this.waitForLock(queue, LOCK_AGAIN_FIRST_MS);
    else if (pauseMs === 0) this.enqueue(queue);
    else this.rest(queue, pauseMs, () => this.enqueue(queue));
  }

  private mayConsume(queue: ProcessQueue): boolean {
    return this.parts.locks?.isValid(queue) ?? true;
  }

  private rest(queue: ProcessQueue, pauseMs: number, then: () => void): void {
    const timer = this.parts.clock.setTimer(() => {
      this.places.delete(queue);
      if (!this.stopped && !queue.dropped) then();
    }, pauseMs);
    this.places.set(queue, { kind: 'resting', timer });
  }

  /** The lock ended because no renewal came through. Held again without a gap: go on; with one, the locks have the queue given up. */
  private waitForLock(queue: ProcessQueue, pauseMs: number): void {
    this.rest(queue, pauseMs, () => {
      this.rest(queue, LOCK_AGAIN_MS, () => (this.mayConsume(queue) ? this.enqueue(queue) : this.waitForLock(queue, 0)));
      this.running.run('locking a queue again', async () => {
        await this.parts.locks?.acquire([queue]);
        const place = this.places.get(queue);
        if (this.stopped || queue.dropped || place?.kind !== 'resting' || !this.mayConsume(queue)) return;
        place.timer.cancel();
        this.enqueue(queue);
      });
    });
  }

  /** One listener call; returns the pause before the next in ms, undefined when there is nothing to consume. */
  private async consumeNext(queue: ProcessQueue, expiry: CallExpiry): Promise<number | undefined> {
    const { clock, locks, settings, stats } = this.parts;
    if (queue.dropped) return undefined;
    // Nothing may come between this look at the clock and the call.
    if (!this.mayConsume(queue)) return 0;
    const entries = queue.take(settings.consumeMessageBatchMaxSize);
    if (entries.length === 0) return undefined;
    const startedAtMs = clock.monotonic();
    const context = contextOf(queueOnApplicationSide(queue.queue, settings.namespace), expiry);
    const messages = this.prepare(queue, entries);
    const outcome = await this.call(messages, context);
    if (outcome.error !== undefined) this.warn(`the listener failed: ${reasonOf(outcome.error)}`, messages);
    if (!(locks?.isHeld(queue) ?? !queue.dropped)) {
      this.warn(
        `${messageQueueText(queue.queue)} was no longer ours when the listener came back; its messages are delivered again`,
        messages,
      );
      return 0;
    }
    const failed = failedEntries(entries, outcome.status, context);
    stats.consumed(queue.queue.topic, entries.length - failed.length, failed.length, clock.monotonic() - startedAtMs);
    return this.settle(queue, entries, failed, context, outcome.status);
  }

  private prepare(queue: ProcessQueue, entries: readonly ProcessEntry[]): MessageExt[] {
    const { clock, retryTopic, settings } = this.parts;
    const now = clock.now();
    queue.lastConsumeTimestamp = now;
    return entries.map(({ message }) => {
      toApplicationSide(message, retryTopic, settings.namespace);
      message.properties.set(PROPERTY.CONSUME_START_TIMESTAMP, String(now));
      return message;
    });
  }

  private async call(messages: MessageExt[], context: ConsumeOrderlyContext): Promise<ConsumeOutcome<ConsumeOrderlyStatus>> {
    const status = ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
    try {
      const answer: unknown = await this.parts.listener(messages, context);
      if (isStatus(answer)) return { status: answer, answeredNothing: false };
      if (answer !== undefined) this.warn(`the listener answered ${String(answer)}, which is no ConsumeOrderlyStatus`, messages);
      return { status, answeredNothing: true };
    } catch (error) {
      return { status, error: error ?? new Error('the listener threw nothing'), answeredNothing: false };
    }
  }

  /** [java ConsumeMessageOrderlyService#processConsumeResult] Returns the pause before the next call in ms. */
  private async settle(
    queue: ProcessQueue,
    entries: readonly ProcessEntry[],
    failed: readonly ProcessEntry[],
    context: ConsumeOrderlyContext,
    status: ConsumeOrderlyStatus,
  ): Promise<number> {
    const pauseMs = this.pauseOf(context);
    if (failed.length > 0) {
      if (failed.length < entries.length) this.commit(queue, queue.remove(entries.filter((entry) => !failed.includes(entry))));
      return (await this.again(queue, failed, context.autoCommit)) ? pauseMs : 0;
    }
    if (context.autoCommit) {
      if (status !== ConsumeOrderlyStatus.SUCCESS)
        this.warn(
          `${status} means SUCCESS while autoCommit is on`,
          entries.map(({ message }) => message),
        );
      this.commit(queue, queue.commitTaken());
    } else if (status === ConsumeOrderlyStatus.COMMIT) {
      this.commit(queue, queue.commitTaken());
    } else if (status === ConsumeOrderlyStatus.ROLLBACK) {
      queue.rollback();
      return pauseMs;
    }
    return 0;
  }

  /** Those that failed too often are put away, the others will be taken again; false when none is left to wait for. */
  private async again(queue: ProcessQueue, entries: readonly ProcessEntry[], commits: boolean): Promise<boolean> {
    const { maxReconsumeTimes } = this.parts.settings;
    const limit = maxReconsumeTimes === -1 ? Infinity : maxReconsumeTimes;
    const finished: ProcessEntry[] = [];
    const left: ProcessEntry[] = [];
    for (const entry of entries) {
      if (entry.message.reconsumeTimes >= limit && (await this.parts.putAway(entry.message))) finished.push(entry);
      else left.push(entry);
    }
    for (const { message } of left) message.reconsumeTimes++;
    const offset = queue.remove(finished);
    if (commits && finished.length > 0) this.commit(queue, offset);
    queue.putBack(left);
    return left.length > 0;
  }

  private commit(queue: ProcessQueue, offset: number | undefined): void {
    if (offset !== undefined) this.parts.advance(queue.queue, offset);
  }

  private pauseOf(context: ConsumeOrderlyContext): number {
    const asked = context.suspendCurrentQueueTimeMillis;
    const pauseMs = asked === -1 ? this.parts.settings.suspendCurrentQueueTimeMillis : asked;
    return Math.min(PAUSE_MAX_MS, Math.max(PAUSE_MIN_MS, pauseMs));
  }

  private warn(what: string, messages: readonly MessageExt[]): void {
    this.parts.logger.warn(what, {
      consumerGroup: this.parts.consumerGroup,
      topic: messages[0]?.topic,
      msgIds: messages.map((message) => message.msgId).join(','),
    });
  }
}

/** Those that come again: all of a call that failed, or the ones it names. */
function failedEntries(
  entries: readonly ProcessEntry[],
  status: ConsumeOrderlyStatus,
  { autoCommit, failures }: ConsumeOrderlyContext,
): readonly ProcessEntry[] {
  if (status === ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT) return entries;
  if (failures === undefined || !autoCommit) return [];
  return entries.filter((_, index) => failures.has(index));
}

function contextOf(messageQueue: MessageQueue, expiry: CallExpiry): ConsumeOrderlyContext {
  return {
    messageQueue,
    autoCommit: true,
    suspendCurrentQueueTimeMillis: -1,
    get signal() {
      return expiry.signal;
    },
  };
}

const STATUSES: ReadonlySet<unknown> = new Set(Object.values(ConsumeOrderlyStatus));

function isStatus(answer: unknown): answer is ConsumeOrderlyStatus {
  return STATUSES.has(answer);
}
