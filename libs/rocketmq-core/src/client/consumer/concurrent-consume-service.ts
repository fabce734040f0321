// Calls the listener, a bounded number of times at once, and does what it answered: offsets forward, failures back [java ConsumeMessageConcurrentlyService].
// Must never count a result of a queue that was given up meanwhile.
import { BoundedQueue, type Clock, type Logger, reasonOf, type Timer } from '../../common/index.js';
import { type MessageExt, type MessageQueue, PROPERTY } from '../../message/index.js';
import { BackgroundTasks } from '../background-tasks.js';
import { CallExpiry } from './call-expiry.js';
import type { ConsumeOutcome, ConsumeService } from './consume-service.js';
import type { ConsumeStats } from './consume-stats.js';
import type { ConsumerContext } from './consumer-context.js';
import { ConsumeConcurrentlyStatus, type ConcurrentListenerFunction, type ConsumeConcurrentlyContext } from './listener.js';
import { queueOnApplicationSide, toApplicationSide } from './message-sides.js';
import { type DrainLimit, limitText, waitForIdle } from './idle-wait.js';
import type { ProcessEntry, ProcessQueue } from './process-queue.js';
import { type SendBack, warnOfDrop } from './send-back.js';

interface ConsumeRequest {
  readonly queue: ProcessQueue;
  readonly entries: ProcessEntry[];
}

/** Pause before messages that could not be sent back are given to the listener again. */
const LOCAL_RETRY_MS = 5000;
/** Delay level of messages whose listener took too long. */
const TIMEOUT_DELAY_LEVEL = 3;
/** Messages of one queue sent back per look. */
const TIMEOUT_BATCH = 16;
const MINUTE_MS = 60_000;
/** Listener calls that wait: the flow control of each queue keeps their number far below. */
const WAITING_MAX = 10_000_000;

export class ConcurrentConsumeService implements ConsumeService {
  private readonly context: ConsumerContext;
  private readonly listener: ConcurrentListenerFunction;
  private readonly sendBack: SendBack;
  private readonly stats: ConsumeStats;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly waiting = new BoundedQueue<ConsumeRequest>(WAITING_MAX);
  private readonly retryTimers = new Set<Timer>();
  private readonly running: BackgroundTasks;
  private concurrency: number;
  private active = 0;
  private stopped = false;
  private timeoutTimer: Timer | undefined;
  private idleWaiters: Array<() => void> = [];

  constructor(context: ConsumerContext, listener: ConcurrentListenerFunction, sendBack: SendBack, stats: ConsumeStats) {
    this.context = context;
    this.listener = listener;
    this.sendBack = sendBack;
    this.stats = stats;
    this.clock = context.instance.ports.clock;
    this.logger = context.instance.ports.logger;
    this.running = new BackgroundTasks(this.logger);
    this.concurrency = context.settings.consumeThreadMin;
  }

  /** Watches for listeners that take too long. */
  start(queues: () => Iterable<ProcessQueue>): void {
    const periodMs = this.context.settings.consumeTimeout * MINUTE_MS;
    this.timeoutTimer = this.clock.setPeriodic(() => {
      this.running.run('sending back messages that took too long', () => this.sendBackExpired(queues()));
    }, periodMs);
  }

  setConcurrency(concurrency: number): void {
    this.concurrency = concurrency;
    this.pump();
  }

  submit(queue: ProcessQueue, entries: readonly ProcessEntry[]): void {
    const { consumeMessageBatchMaxSize } = this.context.settings;
    for (let at = 0; at < entries.length; at += consumeMessageBatchMaxSize) {
      this.waiting.push({ queue, entries: entries.slice(at, at + consumeMessageBatchMaxSize) });
    }
    this.pump();
  }

  async consumeDirectly(message: MessageExt): Promise<ConsumeOutcome> {
    const queue = { topic: message.topic, brokerName: message.brokerName, queueId: message.queueId };
    toApplicationSide(message, this.context.retryTopic, this.context.settings.namespace);
    return this.call([message], contextOf(queue, new CallExpiry()));
  }

  async stop(limit: DrainLimit): Promise<void> {
    this.stopped = true;
    this.timeoutTimer?.cancel();
    for (const timer of this.retryTimers) timer.cancel();
    this.retryTimers.clear();
    this.waiting.clear();
    if (this.active === 0) return;
    await waitForIdle(this.clock, limit, (wake) => this.idleWaiters.push(wake));
    if (this.active > 0 && limit.deadlineMs > 0) {
      this.logger.warn(`${this.active} listener calls did not end ${limitText(limit)}; their messages are delivered again`, {
        consumerGroup: this.context.consumerGroup,
      });
    }
  }

  private get isBroadcasting(): boolean {
    return this.context.settings.messageModel === 'BROADCASTING';
  }

  private pump(): void {
    while (!this.stopped && this.active < this.concurrency) {
      const request = this.waiting.shift();
      if (request === undefined) return;
      if (request.queue.dropped) continue;
      this.active++;
      this.running.run('consuming messages', () => this.consume(request));
    }
  }

  private async consume(request: ConsumeRequest): Promise<void> {
    try {
      await this.consumeRequest(request);
    } finally {
      this.active--;
      this.pump();
      if (this.active === 0) for (const wake of this.idleWaiters.splice(0)) wake();
    }
  }

  private async consumeRequest({ queue, entries }: ConsumeRequest): Promise<void> {
    const { settings, retryTopic } = this.context;
    const startedAtMs = this.clock.monotonic();
    const startedAt = this.clock.now();
    const expiry = new CallExpiry();
    const messages = entries.map((entry) => entry.message);
    for (const entry of entries) {
      toApplicationSide(entry.message, retryTopic, settings.namespace);
      entry.message.properties.set(PROPERTY.CONSUME_START_TIMESTAMP, String(startedAt));
      entry.consumeStartedAtMs = startedAtMs;
      entry.expiry = expiry;
    }
    queue.lastConsumeTimestamp = startedAt;
    const context = contextOf(queueOnApplicationSide(queue.queue, settings.namespace), expiry);
    const outcome = await this.call(messages, context);
    if (outcome.error !== undefined) this.logListenerError(outcome.error, messages);
    if (queue.dropped) {
      this.logger.warn('the queue was given up while its messages were consumed; another member gets them again', {
        topic: queue.queue.topic,
        queueId: queue.queue.queueId,
        brokerName: queue.queue.brokerName,
      });
      return;
    }
    const levels = failedLevels(entries, outcome.status, context);
    const tookMs = this.clock.monotonic() - startedAtMs;
    this.stats.consumed(queue.queue.topic, entries.length - levels.size, levels.size, tookMs);
    await this.settle(queue, entries, levels);
  }

  private async call(messages: MessageExt[], context: ConsumeConcurrentlyContext): Promise<ConsumeOutcome<ConsumeConcurrentlyStatus>> {
    try {
      const answer = await this.listener(messages, context);
      if (answer === ConsumeConcurrentlyStatus.CONSUME_SUCCESS) return { status: answer, answeredNothing: false };
      return { status: ConsumeConcurrentlyStatus.RECONSUME_LATER, answeredNothing: answer === undefined };
    } catch (error) {
      return {
        status: ConsumeConcurrentlyStatus.RECONSUME_LATER,
        error: error ?? new Error('the listener threw nothing'),
        answeredNothing: false,
      };
    }
  }

  /** Those without a level are done; the others go back to the broker, or are tried again here when that fails. Broadcasting has no second time. */
  private async settle(queue: ProcessQueue, entries: readonly ProcessEntry[], levels: FailedLevels): Promise<void> {
    this.tellOfLate(entries);
    if (this.isBroadcasting) {
      for (const { message } of levels.keys()) warnOfDrop(this.context, message, 'its listener failed');
      this.finish(queue, entries);
      return;
    }
    const finished: ProcessEntry[] = [];
    const stillOurs: ProcessEntry[] = [];
    for (const entry of entries) {
      const level = levels.get(entry);
      // What is done was sent back already, because it took too long.
      if (level === undefined || entry.done || (await this.sendBack.send(entry.message, level))) finished.push(entry);
      else stillOurs.push(entry);
    }
    if (stillOurs.length > 0) this.retryHere(queue, stillOurs);
    this.finish(queue, finished);
  }

  private tellOfLate(entries: readonly ProcessEntry[]): void {
    const late = entries.filter(({ done }) => done);
    if (late.length === 0) return;
    this.logger.warn('the listener came back after its messages had been sent back: what it answered for them is ignored', {
      consumerGroup: this.context.consumerGroup,
      topic: late[0]!.message.topic,
      msgIds: late.map(({ message }) => message.msgId).join(','),
    });
  }

  private finish(queue: ProcessQueue, finished: readonly ProcessEntry[]): void {
    const offset = queue.remove(finished);
    if (offset !== undefined && !queue.dropped) this.context.offsets.advance(queue.queue, offset);
  }

  private retryHere(queue: ProcessQueue, entries: ProcessEntry[]): void {
    for (const entry of entries) {
      entry.message.reconsumeTimes++;
      entry.consumeStartedAtMs = undefined;
      entry.expiry = undefined;
    }
    if (this.stopped) return;
    const timer = this.clock.setTimer(() => {
      this.retryTimers.delete(timer);
      this.waiting.push({ queue, entries });
      this.pump();
    }, LOCAL_RETRY_MS);
    this.retryTimers.add(timer);
  }

  private async sendBackExpired(queues: Iterable<ProcessQueue>): Promise<void> {
    const timeoutMs = this.context.settings.consumeTimeout * MINUTE_MS;
    for (const queue of queues) {
      for (const entry of queue.expired(this.clock.monotonic(), timeoutMs, TIMEOUT_BATCH)) {
        entry.expiry?.expire(this.context.settings.consumeTimeout);
        // Broadcasting has nowhere to send it to: it waits for its listener.
        const sentBack = !this.isBroadcasting && (await this.sendBack.send(entry.message, TIMEOUT_DELAY_LEVEL));
        if (!sentBack && !this.isBroadcasting) continue;
        this.logger.warn(
          `the listener took longer than ${this.context.settings.consumeTimeout} min${sentBack ? ': message sent back' : ''}`,
          {
            topic: entry.message.topic,
            msgId: entry.message.msgId,
          },
        );
        if (sentBack) this.finish(queue, [entry]);
      }
    }
  }

  private logListenerError(error: unknown, messages: readonly MessageExt[]): void {
    this.logger.warn(`the listener failed: ${reasonOf(error)}`, {
      consumerGroup: this.context.consumerGroup,
      topic: messages[0]?.topic,
      msgIds: messages.map((message) => message.msgId).join(','),
    });
  }
}

/** The level of each entry that failed. */
type FailedLevels = ReadonlyMap<ProcessEntry, number>;

function failedLevels(
  entries: readonly ProcessEntry[],
  status: ConsumeConcurrentlyStatus,
  { ackIndex, failures, delayLevelWhenNextConsume }: ConsumeConcurrentlyContext,
): FailedLevels {
  const levels = new Map<ProcessEntry, number>();
  const success = status === ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
  for (const [index, entry] of entries.entries()) {
    if (success && failures !== undefined) {
      const level = failures.get(index);
      if (level !== undefined) levels.set(entry, level);
    } else if (!success || index > ackIndex) levels.set(entry, delayLevelWhenNextConsume);
  }
  return levels;
}

function contextOf(messageQueue: MessageQueue, expiry: CallExpiry): ConsumeConcurrentlyContext {
  return {
    messageQueue,
    delayLevelWhenNextConsume: 0,
    ackIndex: Number.MAX_SAFE_INTEGER,
    get signal() {
      return expiry.signal;
    },
  };
}
