// A running DefaultLitePullConsumer [java DefaultLitePullConsumerImpl]: its queues, by subscription or as assigned, their loops and offsets.
// Must never commit what poll() gave last unless the application says so: it may not be done yet.
import { IllegalSubscriptionError } from '../../errors/index.js';
import {
  buildSubscriptionData,
  type MessageQueue,
  messageQueueKey,
  messageQueueText,
  SUBSCRIBE_ALL,
  type SubscriptionData,
} from '../../message/index.js';
import type { ConsumerData, ProcessQueueInfo } from '../../protocol/index.js';
import { BackgroundTasks } from '../background-tasks.js';
import { formatConsumeTimestamp } from '../consumer/consume-timestamp.js';
import type { ConsumerContext } from '../consumer/consumer-context.js';
import { activeRunningInfoOf } from '../consumer/introspection.js';
import type { OffsetStore } from '../consumer/offset-store.js';
import { PullTrouble } from '../consumer/pull-trouble.js';
import { Rebalancer } from '../consumer/rebalancer.js';
import { startOffsetOf } from '../consumer/start-offset.js';
import type { ClientInstance } from '../instance/client-instance.js';
import type { ConsumerIntrospection } from '../instance/client-requests.js';
import { QueueBounds } from '../instance/queue-bounds.js';
import { AssignedQueue } from './assigned-queue.js';
import { LitePullLoop, type LitePullLoopParts } from './lite-pull-loop.js';
import { PollBoard } from './poll-board.js';
import { pullFrom } from './pull-kernel.js';
import type { PullingMember } from './pull-lifecycle.js';
import type { LitePullConsumerSettings } from './pull-settings.js';
import { TopicWatch } from './topic-watch.js';

export interface LitePullMemberParts {
  readonly context: ConsumerContext<LitePullConsumerSettings>;
  /** Tag expressions of topics whose queues are assigned. */
  readonly assignExpressions: ReadonlyMap<string, string>;
  changed(topic: string, all: readonly MessageQueue[], mine: readonly MessageQueue[]): void;
}

const HALF_AN_HOUR_MS = 30 * 60 * 1000;
const BYTES_PER_MIB = 1024 * 1024;

export class LitePullMember implements PullingMember {
  readonly context: ConsumerContext<LitePullConsumerSettings>;
  readonly board: PollBoard;
  readonly bounds: QueueBounds;
  readonly topicWatch: TopicWatch;
  private readonly parts: LitePullMemberParts;
  private readonly rebalancer: Rebalancer;
  private readonly loops: BackgroundTasks;
  private readonly trouble: PullTrouble;
  private readonly startedAt: number;
  private readonly queues = new Map<string, AssignedQueue>();
  private nextAutoCommitMs = -Infinity;
  private stopped = false;

  constructor(parts: LitePullMemberParts) {
    const { context } = parts;
    const { clock, logger } = context.instance.ports;
    this.parts = parts;
    this.context = context;
    this.startedAt = clock.now();
    this.board = new PollBoard(clock);
    this.bounds = new QueueBounds(context.instance);
    this.topicWatch = new TopicWatch(context.instance);
    this.loops = new BackgroundTasks(logger);
    this.trouble = new PullTrouble(clock, logger, context.consumerGroup);
    this.rebalancer = new Rebalancer({
      context,
      startOffset: (queue) => this.startOffset(queue, () => context.offsets.fetch(queue)),
      taken: ({ queue }, offset) => this.add(queue, offset),
      leaving: (queue) => this.remove(queue),
      changed: (topic, all, mine) => parts.changed(topic, all, mine),
    });
  }

  get instance(): ClientInstance {
    return this.context.instance;
  }

  get offsets(): OffsetStore {
    return this.context.offsets;
  }

  get consumerGroup(): string {
    return this.context.consumerGroup;
  }

  get subscriptions(): Map<string, SubscriptionData> {
    return this.context.subscriptions;
  }

  heartbeatData(): ConsumerData {
    const { settings } = this.context;
    return {
      groupName: this.consumerGroup,
      consumeType: 'CONSUME_ACTIVELY',
      messageModel: settings.messageModel,
      consumeFromWhere: settings.consumeFromWhere,
      subscriptionDataSet: [...this.subscriptions.values()],
      unitMode: settings.unitMode,
    };
  }

  subscribedTopics(): Iterable<string> {
    return new Set([...this.subscriptions.keys(), ...this.assignedQueues().map(({ queue }) => queue.topic)]);
  }

  rebalance(): Promise<boolean> {
    return this.rebalancer.round();
  }

  async persistOffsets(): Promise<void> {
    await this.offsets.persist(this.assignedQueues().map(({ queue }) => queue));
  }

  get introspection(): ConsumerIntrospection {
    return {
      runningInfo: () => {
        const mqTable = new Map(this.assignedQueues().map((each) => [each.queue, this.queueInfoOf(each)]));
        return activeRunningInfoOf(this.context, this.startedAt, mqTable);
      },
      resetOffsets: async (offsets) => {
        for (const [queue, offset] of offsets) {
          const mine = this.queues.get(messageQueueKey(queue));
          if (mine === undefined) continue;
          mine.seek(offset);
          this.offsets.set(queue, offset);
        }
        await this.persistOffsets();
      },
    };
  }

  start(): void {
    this.topicWatch.start(this.context.settings.topicMetadataCheckIntervalMillis);
  }

  assignedQueues(): AssignedQueue[] {
    return [...this.queues.values()];
  }

  queueOf(queue: MessageQueue): AssignedQueue | undefined {
    return this.queues.get(messageQueueKey(queue));
  }

  /** Throws for a queue that is not this member's. */
  requireQueue(queue: MessageQueue): AssignedQueue {
    const found = this.queueOf(queue);
    if (found !== undefined) return found;
    throw new IllegalSubscriptionError(
      `${messageQueueText(queue)} is not assigned to this member of group ${this.consumerGroup}; it may have moved to another one`,
    );
  }

  /** From now on exactly these. */
  assign(queues: readonly MessageQueue[]): void {
    const wanted = new Set(queues.map(messageQueueKey));
    for (const [key, { queue }] of this.queues) {
      if (wanted.has(key)) continue;
      this.remove(queue);
      this.instance.tasks.run('committing the offset of a queue that is no longer assigned', async () => {
        await this.offsets.persist([queue]);
        if (!this.queues.has(key)) this.offsets.forget(queue);
      });
    }
    for (const queue of queues) if (!this.queues.has(messageQueueKey(queue))) this.add(queue, undefined);
  }

  unsubscribe(topic: string): void {
    this.subscriptions.delete(topic);
    for (const queue of this.rebalancer.processQueues()) {
      if (queue.queue.topic === topic) this.instance.tasks.run('giving up a queue', () => this.rebalancer.drop(queue));
    }
  }

  /** The application calls poll(): what it was given before is done. */
  settle(): void {
    for (const queue of this.queues.values()) queue.settle();
    const now = this.instance.ports.clock.monotonic();
    const { autoCommit, autoCommitIntervalMillis } = this.context.settings;
    if (!autoCommit || now < this.nextAutoCommitMs) return;
    this.nextAutoCommitMs = now + autoCommitIntervalMillis;
    for (const queue of this.queues.values()) this.keepSettled(queue);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.topicWatch.stop();
    this.board.close();
    const halted = this.rebalancer.halt();
    for (const queue of this.queues.values()) {
      this.keepSettled(queue);
      queue.drop();
    }
    await halted;
    await this.offsets.persist(
      this.assignedQueues().map(({ queue }) => queue),
      { answered: true },
    );
    await this.rebalancer.stop();
    await this.loops.settled();
  }

  /** `offset` undefined: still to be asked for. */
  private add(queue: MessageQueue, offset: number | undefined): void {
    if (this.stopped) return;
    const { instance, settings } = this.context;
    const assigned = new AssignedQueue(queue);
    if (offset !== undefined) assigned.begin(offset);
    this.queues.set(messageQueueKey(queue), assigned);
    const { clock, logger } = instance.ports;
    const parts: LitePullLoopParts = {
      clock,
      logger,
      settings,
      consumerGroup: this.consumerGroup,
      trouble: this.trouble,
      subscription: (topic) => this.subscriptionTo(topic),
      startOffset: () => this.startOffset(queue, async () => this.offsets.get(queue) ?? this.offsets.fetch(queue)),
      pull: (each, subscription, position, signal) =>
        pullFrom(instance, each, {
          consumerGroup: this.consumerGroup,
          subscription,
          offset: position,
          maxNums: settings.pullBatchSize,
          suspendMs: settings.brokerSuspendMaxTimeMillis,
          timeoutMs: settings.consumerTimeoutMillisWhenSuspend,
          isLite: true,
          signal,
        }),
      waitingMessages: () => this.assignedQueues().reduce((sum, each) => sum + each.messageCount, 0),
      pulled: (each) => this.board.offer(each),
    };
    this.loops.run('pull loop', () => new LitePullLoop(parts, assigned).run());
  }

  private remove(queue: MessageQueue): void {
    const key = messageQueueKey(queue);
    const assigned = this.queues.get(key);
    if (assigned === undefined) return;
    this.keepSettled(assigned);
    assigned.drop();
    this.queues.delete(key);
  }

  private keepSettled({ queue, settled }: AssignedQueue): void {
    if (this.context.settings.autoCommit && settled !== undefined) this.offsets.set(queue, settled);
  }

  private subscriptionTo(topic: string): SubscriptionData | undefined {
    const subscribed = this.subscriptions.get(topic);
    if (subscribed !== undefined || this.subscriptions.size > 0) return subscribed;
    return buildSubscriptionData(topic, this.parts.assignExpressions.get(topic) ?? SUBSCRIBE_ALL, 'TAG', 0);
  }

  private startOffset(queue: MessageQueue, committed: () => Promise<number | undefined>): Promise<number> {
    const { consumeFromWhere, consumeTimestamp } = this.context.settings;
    return startOffsetOf(queue, {
      committed,
      bounds: this.bounds,
      consumeFromWhere,
      consumeTimestamp: consumeTimestamp ?? formatConsumeTimestamp(this.startedAt - HALF_AN_HOUR_MS),
    });
  }

  private queueInfoOf(queue: AssignedQueue): ProcessQueueInfo {
    return {
      commitOffset: this.offsets.get(queue.queue) ?? 0,
      cachedMsgMinOffset: queue.lowestOffset,
      cachedMsgMaxOffset: queue.highestOffset,
      cachedMsgCount: queue.messageCount,
      cachedMsgSizeInMiB: Math.floor(queue.byteCount / BYTES_PER_MIB),
      transactionMsgMinOffset: 0,
      transactionMsgMaxOffset: 0,
      transactionMsgCount: 0,
      locked: false,
      tryUnlockTimes: 0,
      lastLockTimestamp: 0,
      droped: queue.dropped,
      lastPullTimestamp: queue.lastPullTimestamp,
      lastConsumeTimestamp: queue.lastPollTimestamp,
    };
  }
}
