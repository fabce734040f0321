// Brings back what was delivered and not acknowledged in time: reads the revive queues and puts such messages into the group's retry
// topic [java PopReviveService]. Must never settle a checkpoint before its messages are stored again, or stored to be tried again.
import type { Clock, Logger, Timer } from 'rocketmq-core/common';
import {
  decodeMessages,
  FIRST_POP_TIME,
  type MessageExt,
  ORIGIN_GROUP,
  popNormalTopicOf,
  popRetryTopicOf,
  RETRY_PREFIX,
} from 'rocketmq-core/message';
import type { MessageStore } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import type { BrokerAddress } from '../lifecycle/broker-address.js';
import { withHostFlags } from '../message/broker-message.js';
import type { ConsumerOffsetTable } from '../offset/consumer-offset-table.js';
import type { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import { PERM_READ, PERM_WRITE } from '../topic/permission.js';
import type { TopicConfigTable } from '../topic/topic-config-table.js';
import { type Checkpoint, isAcknowledged, offsetAt, REVIVE_GROUP, reviveTimeOf } from './checkpoint.js';
import { QueueReader } from './queue-reader.js';
import type { ReviveLog } from './revive-log.js';
import { ReviveQueue } from './revive-queue.js';

export interface ReviveParts {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: MessageStore;
  readonly topics: TopicConfigTable;
  readonly groups: SubscriptionGroupTable;
  readonly offsets: ConsumerOffsetTable;
  readonly address: BrokerAddress;
  readonly log: ReviveLog;
  /** The timer has delivered everything that was due before this moment. */
  readonly timerDeliveredUpToMs: () => number;
}

/** Messages of one read, and of one pass over a queue. */
const READ_BATCH = 32;
const READ_MAX = 8192;
/** Checkpoints revived at once. */
const REVIVE_BATCH = 32;
/** How much longer a message stays away that could not be retried, by how often [java PopReviveService]. */
const REPUT_AFTER_S = [10, 20, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 1200, 1800, 3600, 7200];
const RETRY_QUEUES = 1;

export class ReviveService {
  private readonly reader: QueueReader;
  private readonly queues = new Map<number, ReviveQueue>();
  private readonly busy = new Map<number, Promise<void>>();
  private timer: Timer | undefined;
  private readonly listeners: Array<() => void> = [];
  private revived = 0;

  constructor(private readonly parts: ReviveParts) {
    this.reader = new QueueReader(parts.store);
  }

  start(): void {
    this.timer = this.parts.clock.setPeriodic(() => this.startPass(), this.parts.config.reviveInterval);
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    await Promise.all(this.busy.values());
  }

  /** Told when messages have been brought back and their checkpoints settled: going over those again would bring them back twice. */
  onRevived(listener: () => void): void {
    this.listeners.push(listener);
  }

  get revivedMessages(): number {
    return this.revived;
  }

  /** Deliveries that nobody has settled yet and whose time is near. */
  get openCheckpoints(): number {
    return [...this.queues.values()].reduce((sum, queue) => sum + queue.openCheckpoints, 0);
  }

  private startPass(): void {
    for (let queueId = 0; queueId < this.parts.log.queueCount; queueId++) {
      if (this.busy.has(queueId)) continue;
      const pass = this.pass(queueId)
        .catch((error: unknown) => this.parts.logger.error('revive pass failed', { queueId, error }))
        .finally(() => this.busy.delete(queueId));
      this.busy.set(queueId, pass);
    }
  }

  private async pass(queueId: number): Promise<void> {
    const queue = this.queueOf(queueId);
    if (queue === undefined) return;
    // Asked before reading: what the timer delivers meanwhile is read by the next pass.
    const upToMs = this.parts.timerDeliveredUpToMs();
    if (this.readOn(queue)) queue.readToEnd(upToMs);
    for (let due = queue.due(REVIVE_BATCH); due.length > 0 && this.timer !== undefined; due = queue.due(REVIVE_BATCH)) {
      const before = this.revived;
      await Promise.all(due.map((checkpoint) => this.revive(checkpoint, queueId)));
      const settled = queue.settle(due.length);
      this.parts.offsets.commit(this.parts.log.topic, REVIVE_GROUP, queueId, settled);
      if (this.revived > before) for (const listener of this.listeners) listener();
    }
  }

  /** Undefined while nothing has ever been written to it. */
  private queueOf(queueId: number): ReviveQueue | undefined {
    const { store, offsets, log, config } = this.parts;
    const stored = store.findQueue(log.topic, queueId);
    if (stored === undefined) return undefined;
    let queue = this.queues.get(queueId);
    if (queue === undefined) this.queues.set(queueId, (queue = new ReviveQueue(queueId, config.brokerName)));
    if (queue.nextOffset < 0) {
      // The committed offset is that of the last checkpoint dealt with, not of the next message.
      queue.nextOffset = Math.min(offsets.query(log.topic, REVIVE_GROUP, queueId) + 1, stored.maxOffset);
    }
    queue.nextOffset = Math.max(queue.nextOffset, stored.minOffset);
    return queue;
  }

  /** True when the end of the queue was reached. */
  private readOn(queue: ReviveQueue): boolean {
    const { log, logger } = this.parts;
    const ignored = queue.ignored;
    let end = false;
    for (let count = 0; count < READ_MAX && !queue.isFull && !end;) {
      const read = this.reader.read(log.topic, queue.queueId, queue.nextOffset, READ_BATCH, undefined);
      for (const message of decodeMessages(read.records)) queue.take(message);
      count += Math.max(read.offsets.length, 1);
      if (read.offsets.length === 0 && read.nextOffset !== queue.nextOffset) {
        logger.warn('revive queue read on elsewhere', {
          queueId: queue.queueId,
          from: queue.nextOffset,
          to: read.nextOffset,
          why: read.status,
        });
        queue.nextOffset = read.nextOffset;
      } else end = read.offsets.length === 0;
    }
    if (queue.ignored > ignored) {
      logger.warn('revive messages without effect', { queueId: queue.queueId, count: queue.ignored - ignored, upTo: queue.nextOffset });
    }
    return end;
  }

  private async revive(checkpoint: Checkpoint, reviveQueueId: number): Promise<void> {
    const { topics, groups, logger } = this.parts;
    const { topic, consumerGroup } = checkpoint;
    // Nobody is left to get it.
    if (topics.find(popNormalTopicOf(topic, consumerGroup)) === undefined || groups.find(consumerGroup) === undefined) {
      logger.warn('checkpoint of an unknown topic or group dropped', { topic, consumerGroup, startOffset: checkpoint.startOffset });
      return;
    }
    const indexes = Array.from({ length: checkpoint.count }, (_, index) => index).filter((index) => !isAcknowledged(checkpoint, index));
    await Promise.all(
      indexes.map(async (index) => {
        await this.reviveMessage(checkpoint, offsetAt(checkpoint, index), reviveQueueId);
        // Should another one fail, this one is not brought back twice.
        checkpoint.bitMap |= 1 << index;
      }),
    );
  }

  private async reviveMessage(checkpoint: Checkpoint, offset: number, reviveQueueId: number): Promise<void> {
    const { topic, queueId } = checkpoint;
    const read = this.reader.read(topic, queueId, offset, 1, undefined);
    if (read.offsets[0] !== offset) {
      this.parts.logger.info('message to deliver again is gone', { topic, queueId, offset, why: read.status });
      return;
    }
    const [message] = decodeMessages(read.records, { decompress: false });
    const problem = await this.retry(checkpoint, message!);
    if (problem === undefined) {
      this.revived++;
      return;
    }
    this.parts.logger.warn('message to deliver again not stored, will be tried again', { topic, queueId, offset, problem });
    await this.putAgain(checkpoint, offset, reviveQueueId);
  }

  /** Why it was not stored. */
  private async retry(checkpoint: Checkpoint, message: MessageExt): Promise<string | undefined> {
    const { store, config, address } = this.parts;
    const { topic, consumerGroup, popTime, suspend } = checkpoint;
    const retryTopic = topic.startsWith(RETRY_PREFIX) ? topic : popRetryTopicOf(topic, consumerGroup, config.enableRetryTopicV2);
    this.makeRetryTopic(retryTopic, consumerGroup);
    const properties = new Map(message.properties);
    if (message.reconsumeTimes === 0 || !properties.has(FIRST_POP_TIME)) properties.set(FIRST_POP_TIME, String(popTime));
    properties.set(ORIGIN_GROUP, consumerGroup);
    const { storeHost } = address;
    const result = await store.put({
      topic: retryTopic,
      queueId: 0,
      flag: message.flag,
      sysFlag: withHostFlags(message.sysFlag, storeHost, storeHost),
      bornTimestamp: message.bornTimestamp,
      bornHost: storeHost,
      storeHost,
      reconsumeTimes: message.reconsumeTimes + (suspend ? 0 : 1),
      preparedTransactionOffset: 0,
      body: message.body,
      properties,
    });
    return result.records.length > 0 ? undefined : (result.reason ?? result.status);
  }

  private makeRetryTopic(retryTopic: string, consumerGroup: string): void {
    const { topics, offsets } = this.parts;
    if (topics.find(retryTopic) !== undefined) return;
    topics.createInternal(retryTopic, RETRY_QUEUES, PERM_READ | PERM_WRITE);
    // Whatever an initMode says: everything in it is for this group.
    if (offsets.query(retryTopic, consumerGroup, 0) < 0) offsets.commit(retryTopic, consumerGroup, 0, 0);
  }

  /** A checkpoint of this message alone, due after a while that grows. */
  private async putAgain(checkpoint: Checkpoint, offset: number, reviveQueueId: number): Promise<void> {
    const { rePutTimes } = checkpoint;
    const isPast = reviveTimeOf(checkpoint) <= this.parts.clock.now();
    const longerMs = isPast ? REPUT_AFTER_S[Math.min(rePutTimes, REPUT_AFTER_S.length - 1)]! * 1000 : 0;
    const refusal = await this.parts.log.putCheckpoint(reviveQueueId, {
      ...checkpoint,
      startOffset: offset,
      invisibleTime: checkpoint.invisibleTime + longerMs,
      bitMap: 0,
      count: 1,
      distances: [0],
      reviveOffset: 0,
      rePutTimes: rePutTimes + 1,
    });
    // The pass fails and comes back to this checkpoint: it must not be settled.
    if (refusal !== undefined) throw new Error(`checkpoint not stored again: ${refusal.remark}`);
  }
}
