// Calls the application's pull task once per queue of this member, again and again [java MQPullConsumerScheduleService].
// Must never run two tasks of one queue at once, nor go on when the queue has moved away.
import { reasonOf, sleep } from '../../common/index.js';
import { ConfigError, NotStartedError } from '../../errors/index.js';
import { type MessageQueue, messageQueueKey, messageQueueText } from '../../message/index.js';
import { BackgroundTasks } from '../background-tasks.js';
import type { MessageModel } from '../consumer/push-consumer-settings.js';
import { type ClientPorts, resolvePorts } from '../ports.js';
import { DefaultMQPullConsumer } from './default-mq-pull-consumer.js';
import type { PullConsumerOptions } from './pull-settings.js';

const NEXT_DELAY_MS = 200;
const DELAY_AFTER_ERROR_MS = 1000;
const AWAIT_TERMINATION_MS = 5000;

/** What a pull task gets besides its queue [java PullTaskContext]. */
export class PullTaskContext {
  readonly pullConsumer: DefaultMQPullConsumer;
  /** Aborted when the queue moves away or the service shuts down: give it to a pull that waits. */
  readonly signal: AbortSignal;
  /** Pause before the next task of this queue, ms. */
  pullNextDelayTimeMillis = NEXT_DELAY_MS;

  constructor(pullConsumer: DefaultMQPullConsumer, signal: AbortSignal) {
    this.pullConsumer = pullConsumer;
    this.signal = signal;
  }

  /** Java's setters and getters. */
  setPullNextDelayTimeMillis(pullNextDelayTimeMillis: number): void {
    this.pullNextDelayTimeMillis = pullNextDelayTimeMillis;
  }

  getMQPullConsumer(): DefaultMQPullConsumer {
    return this.pullConsumer;
  }
}

/** A task of one queue. One that throws is logged and called again after a second. */
export type PullTaskFunction = (queue: MessageQueue, context: PullTaskContext) => void | Promise<void>;
export interface PullTaskCallback {
  doPullTask(queue: MessageQueue, context: PullTaskContext): void | Promise<void>;
}

interface Task {
  readonly queue: MessageQueue;
  readonly ending: AbortController;
}

export class MQPullConsumerScheduleService {
  /** Set what is to be set before start. */
  readonly defaultMQPullConsumer: DefaultMQPullConsumer;
  /** Kept for Java's sake: a task that waits costs no thread here. */
  pullThreadNums = 20;
  private readonly callbacks = new Map<string, PullTaskFunction>();
  private readonly tasks = new Map<string, Task>();
  /** Last run of each queue, until it ends: a queue that comes back waits for it. */
  private readonly atWork = new Map<string, Promise<void>>();
  private running: { readonly ports: ClientPorts; readonly background: BackgroundTasks } | undefined;
  private ended = false;

  constructor(consumerGroup: string, options: PullConsumerOptions = {}) {
    this.defaultMQPullConsumer = new DefaultMQPullConsumer(consumerGroup, options);
  }

  get messageModel(): MessageModel {
    return this.defaultMQPullConsumer.messageModel;
  }

  set messageModel(messageModel: MessageModel) {
    this.defaultMQPullConsumer.messageModel = messageModel;
  }

  /** Java's getter. */
  getDefaultMQPullConsumer(): DefaultMQPullConsumer {
    return this.defaultMQPullConsumer;
  }

  /** The callback is called for each queue of the topic that is this member's. */
  registerPullTaskCallback(topic: string, callback: PullTaskFunction | PullTaskCallback): void {
    this.callbacks.set(topic, typeof callback === 'function' ? callback : (queue, context) => callback.doPullTask(queue, context));
    this.defaultMQPullConsumer.registerMessageQueueListener(topic, (changed, _all, mine) => this.shareOut(changed, mine));
  }

  async start(): Promise<void> {
    if (this.running !== undefined || this.ended) {
      throw new NotStartedError('the schedule service', this.ended ? 'shut down already' : 'running already');
    }
    const ports = resolvePorts(this.defaultMQPullConsumer);
    this.running = { ports, background: new BackgroundTasks(ports.logger) };
    try {
      await this.defaultMQPullConsumer.start();
    } catch (error) {
      this.running = undefined;
      throw error;
    }
  }

  /** Calls no more tasks, waits up to `awaitTerminationMillis` for those at work, commits, leaves the group. Shutting down again does nothing. */
  async shutdown(awaitTerminationMillis: number = AWAIT_TERMINATION_MS): Promise<void> {
    const { running } = this;
    this.running = undefined;
    this.ended = true;
    for (const key of this.tasks.keys()) this.cancel(key);
    if (running !== undefined) {
      const { clock, logger } = running.ports;
      const enough = new AbortController();
      const late = await Promise.race([
        running.background.settled().then(() => false),
        sleep(clock, awaitTerminationMillis, enough.signal).then(
          () => true,
          () => false,
        ),
      ]);
      enough.abort();
      if (late) logger.warn(`a pull task still works after ${awaitTerminationMillis} ms; what it does now is not committed`);
    }
    await this.defaultMQPullConsumer.shutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  private shareOut(topic: string, mine: readonly MessageQueue[]): void {
    const { running } = this;
    if (running === undefined) return;
    const kept = new Set(mine.map(messageQueueKey));
    for (const [key, { queue }] of this.tasks) if (queue.topic === topic && !kept.has(key)) this.cancel(key);
    for (const queue of mine) {
      const key = messageQueueKey(queue);
      if (this.tasks.has(key)) continue;
      const task: Task = { queue, ending: new AbortController() };
      this.tasks.set(key, task);
      running.background.run('pull task', () => this.after(key, () => this.run(task, running.ports)));
    }
  }

  private async after(key: string, work: () => Promise<void>): Promise<void> {
    const run = (this.atWork.get(key) ?? Promise.resolve()).then(work);
    this.atWork.set(key, run);
    await run;
    if (this.atWork.get(key) === run) this.atWork.delete(key);
  }

  private cancel(key: string): void {
    const task = this.tasks.get(key);
    this.tasks.delete(key);
    task?.ending.abort(new Error(`${messageQueueText(task.queue)} is no longer this member's`));
  }

  private async run({ queue, ending: { signal } }: Task, { clock, logger }: ClientPorts): Promise<void> {
    while (!signal.aborted) {
      const context = new PullTaskContext(this.defaultMQPullConsumer, signal);
      try {
        await this.callbacks.get(queue.topic)?.(queue, context);
        checkDelay(context.pullNextDelayTimeMillis);
      } catch (error) {
        if (signal.aborted) return;
        context.pullNextDelayTimeMillis = DELAY_AFTER_ERROR_MS;
        logger.error(
          `the pull task of ${messageQueueText(queue)} failed, it is called again in ${DELAY_AFTER_ERROR_MS} ms: ${reasonOf(error)}`,
        );
      }
      try {
        await sleep(clock, context.pullNextDelayTimeMillis, signal);
      } catch {
        return; // no longer ours
      }
    }
  }
}

function checkDelay(delay: number): void {
  if (Number.isFinite(delay) && delay >= 0) return;
  throw new ConfigError('PullTaskContext', [{ key: 'pullNextDelayTimeMillis', problem: `${delay} is no number of ms` }]);
}
