// A running push consumer: its parts put together, and its end in the right order. Made by the facade's start(), gone after stop().
// Must never let a member leave the group before its offsets are committed.
import type { MessageExt, MessageQueue } from '../../message/index.js';
import type { ConsumerData } from '../../protocol/index.js';
import { BackgroundTasks } from '../background-tasks.js';
import { callHooks, type FilterMessageContext } from '../hooks/message-hooks.js';
import type { ConsumerMember } from '../instance/client-instance.js';
import type { ConsumerIntrospection } from '../instance/client-requests.js';
import { QueueBounds } from '../instance/queue-bounds.js';
import { ConcurrentConsumeService } from './concurrent-consume-service.js';
import type { ConsumeOutcome, ConsumeService } from './consume-service.js';
import { ConsumeStats } from './consume-stats.js';
import { formatConsumeTimestamp } from './consume-timestamp.js';
import type { ConsumerContext } from './consumer-context.js';
import type { DrainLimit } from './idle-wait.js';
import type { OrderlyListenerFunction, PushListener } from './listener.js';
import { consumeDirectly, type InspectedConsumer, offsetsOf, runningInfoOf } from './introspection.js';
import { lockRequestsOf } from './lock-requests.js';
import { OrderlyConsumeService } from './orderly-consume-service.js';
import type { ProcessQueue } from './process-queue.js';
import { PullLoop, type PullLoopParts } from './pull-loop.js';
import { PullTrouble } from './pull-trouble.js';
import { QueueHandover } from './queue-handover.js';
import { QueueLocks } from './queue-locks.js';
import { Rebalancer } from './rebalancer.js';
import { SendBack, warnOfDrop } from './send-back.js';
import { startOffsetOf } from './start-offset.js';

const HALF_AN_HOUR_MS = 30 * 60 * 1000;

export class PushConsumerCore implements ConsumerMember {
  readonly context: ConsumerContext;
  readonly startedAt: number;
  readonly stats: ConsumeStats;
  readonly rebalancer: Rebalancer;
  private readonly sendBack: SendBack;
  private readonly service: ConsumeService;
  private readonly isOrderly: boolean;
  /** Of an orderly group that shares queues. */
  private readonly locks: QueueLocks | undefined;
  private readonly loops: BackgroundTasks;
  private readonly trouble: PullTrouble;
  private paused = false;

  constructor(context: ConsumerContext, listener: PushListener) {
    const { instance, settings } = context;
    const { clock, logger } = instance.ports;
    this.context = context;
    this.startedAt = clock.now();
    this.stats = new ConsumeStats(clock);
    this.loops = new BackgroundTasks(logger);
    this.trouble = new PullTrouble(clock, logger, context.consumerGroup);
    this.sendBack = new SendBack(context);
    this.isOrderly = listener.mode === 'ORDERLY';
    this.locks = this.isOrderly && settings.messageModel === 'CLUSTERING' ? this.createLocks() : undefined;
    let orderly: { locks: QueueLocks; handover: QueueHandover } | undefined;
    if (listener.mode === 'ORDERLY') {
      const service = this.createOrderlyService(listener.call);
      this.service = service;
      if (this.locks !== undefined) orderly = { locks: this.locks, handover: new QueueHandover({ context, locks: this.locks, service }) };
    } else {
      this.service = new ConcurrentConsumeService(context, listener.call, this.sendBack, this.stats);
    }
    const bounds = new QueueBounds(instance);
    const consumeTimestamp = settings.consumeTimestamp ?? formatConsumeTimestamp(this.startedAt - HALF_AN_HOUR_MS);
    this.rebalancer = new Rebalancer({
      context,
      startOffset: (queue) =>
        startOffsetOf(queue, {
          committed: (each) => context.offsets.fetch(each),
          bounds,
          consumeFromWhere: settings.consumeFromWhere,
          consumeTimestamp,
        }),
      taken: (queue, offset) => this.pull(queue, offset),
      orderly,
    });
  }

  get consumerGroup(): string {
    return this.context.consumerGroup;
  }

  get isPaused(): boolean {
    return this.paused;
  }

  start(): void {
    this.service.start(() => this.rebalancer.processQueues());
    this.locks?.start();
  }

  /** No more pulls while paused; what was pulled is still consumed. */
  setPaused(paused: boolean): void {
    this.paused = paused;
  }

  setConcurrency(concurrency: number): void {
    this.service.setConcurrency(concurrency);
  }

  heartbeatData(): ConsumerData {
    const { settings, subscriptions } = this.context;
    return {
      groupName: this.consumerGroup,
      consumeType: 'CONSUME_PASSIVELY',
      messageModel: settings.messageModel,
      consumeFromWhere: settings.consumeFromWhere,
      subscriptionDataSet: [...subscriptions.values()],
      unitMode: settings.unitMode,
    };
  }

  subscribedTopics(): Iterable<string> {
    return this.context.subscriptions.keys();
  }

  rebalance(): Promise<boolean> {
    return this.paused ? Promise.resolve(true) : this.rebalancer.round();
  }

  async persistOffsets(): Promise<void> {
    // Not those another member may have by now: ours would be a step back.
    const { locks } = this;
    const isOurs = (queue: ProcessQueue): boolean => locks === undefined || (locks.isHeld(queue) && !locks.isDoubted(queue));
    const ours = this.rebalancer.processQueues().filter(isOurs);
    await this.context.offsets.persist(ours.map((processQueue) => processQueue.queue));
  }

  get introspection(): ConsumerIntrospection {
    const { context, startedAt, stats, isOrderly } = this;
    const inspected: InspectedConsumer = {
      context,
      startedAt,
      stats,
      isOrderly,
      processQueues: () => this.rebalancer.processQueues(),
      isLocked: (queue) => this.locks?.isHeld(queue) ?? false,
      consumeDirectly: (message) => this.consumeDirectly(message),
    };
    return {
      runningInfo: () => runningInfoOf(inspected),
      consumeDirectly: (message) => consumeDirectly(inspected, message),
      offsetsOf: (topic) => offsetsOf(inspected, topic),
      resetOffsets: (offsets) => this.resetOffsets(offsets),
    };
  }

  consumeDirectly(message: MessageExt): Promise<ConsumeOutcome> {
    return this.service.consumeDirectly(message);
  }

  sendMessageBack(message: MessageExt, delayLevel: number): Promise<boolean> {
    return this.sendBack.send(message, delayLevel);
  }

  /** Sets the offset of queues that are ours; they begin again there. */
  async resetOffsets(offsets: ReadonlyMap<MessageQueue, number>): Promise<void> {
    for (const [queue, offset] of offsets) {
      const processQueue = this.rebalancer.processQueueOf(queue);
      if (processQueue === undefined) continue;
      processQueue.drop();
      this.context.offsets.set(queue, offset, true);
      await this.rebalancer.drop(processQueue);
    }
    this.context.instance.requestRebalance();
  }

  /** Stops pulling, waits for listeners, commits, gives locks back. */
  async stop(limit: DrainLimit): Promise<void> {
    this.paused = true;
    const halted = this.rebalancer.halt();
    await this.service.stop(limit);
    await halted;
    await this.locks?.stop();
    await this.persistOffsets();
    await this.rebalancer.stop();
    await this.loops.settled();
  }

  private createLocks(): QueueLocks {
    const { instance, consumerGroup } = this.context;
    const locks = new QueueLocks({
      clock: instance.ports.clock,
      logger: instance.ports.logger,
      requests: lockRequestsOf(instance, consumerGroup),
      lost: (queue) => {
        instance.tasks.run('giving up a queue that was lost', () => this.rebalancer.drop(queue));
        instance.requestRebalance();
      },
    });
    // The connections may outlive this consumer, and there is no way to stop listening to them.
    const reference = new WeakRef(locks);
    instance.remoting.onConnectionClosed((address) =>
      reference.deref()?.doubt((brokerName) => instance.brokers.masterOf(brokerName) === address),
    );
    return locks;
  }

  private createOrderlyService(listener: OrderlyListenerFunction): OrderlyConsumeService {
    const { context } = this;
    const { instance, settings } = context;
    return new OrderlyConsumeService({
      clock: instance.ports.clock,
      logger: instance.ports.logger,
      settings,
      consumerGroup: context.consumerGroup,
      retryTopic: context.retryTopic,
      listener,
      stats: this.stats,
      locks: this.locks,
      advance: (queue, offset) => context.offsets.advance(queue, offset),
      putAway: (message) => {
        if (settings.messageModel === 'CLUSTERING') return this.sendBack.sendToRetryTopic(message);
        warnOfDrop(context, message, `its listener failed ${message.reconsumeTimes + 1} times`);
        return Promise.resolve(true);
      },
    });
  }

  private pull(queue: ProcessQueue, offset: number): void {
    const parts: PullLoopParts = {
      context: this.context,
      service: this.service,
      sendBack: this.sendBack,
      stats: this.stats,
      trouble: this.trouble,
      isPaused: () => this.paused,
      isLocked: (each) => this.locks?.isValid(each) ?? true,
      limitsSpan: !this.isOrderly,
      thresholds: () => this.thresholds(queue),
      filter: (pulled, messages) => this.filter(pulled, messages),
      offsetMoved: (moved, next) => this.resetOffsets(new Map([[moved.queue, next]])),
    };
    this.loops.run('pull loop', () => new PullLoop(parts, queue, offset).run());
  }

  /** What the hooks take out counts as consumed, as what no tag matched. */
  private filter({ queue: messageQueue }: ProcessQueue, messages: MessageExt[]): MessageExt[] {
    const { settings, consumerGroup, instance } = this.context;
    if (settings.filterMessageHooks.length === 0 || messages.length === 0) return messages;
    const context: FilterMessageContext = { consumerGroup, messageQueue, unitMode: settings.unitMode, messages };
    callHooks(settings.filterMessageHooks, instance.ports.logger, (hook) => hook.filterMessage(context));
    return context.messages;
  }

  /** Limits of a topic are shared by the queues of it that are ours. */
  private thresholds(of: ProcessQueue): { messages: number; sizeMiB: number } {
    const { settings } = this.context;
    const { pullThresholdForQueue, pullThresholdSizeForQueue, pullThresholdForTopic, pullThresholdSizeForTopic } = settings;
    if (pullThresholdForTopic === -1 && pullThresholdSizeForTopic === -1) {
      return { messages: pullThresholdForQueue, sizeMiB: pullThresholdSizeForQueue };
    }
    const owned = Math.max(1, this.rebalancer.processQueues().filter((each) => each.queue.topic === of.queue.topic).length);
    const share = (ofTopic: number, ofQueue: number): number => (ofTopic === -1 ? ofQueue : Math.max(1, Math.floor(ofTopic / owned)));
    return {
      messages: share(pullThresholdForTopic, pullThresholdForQueue),
      sizeMiB: share(pullThresholdSizeForTopic, pullThresholdSizeForQueue),
    };
  }
}
