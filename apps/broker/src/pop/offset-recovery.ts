// After a crash the file of offsets is seconds old: checkpoints stored since then say how far each group was handed out, so that nothing
// is handed out again that is only waiting for its time, and a new group does not begin elsewhere. Must never move an offset back, nor
// believe a checkpoint older than the file: an administrator may have set the offset since.
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'rocketmq-core/common';
import { decodeMessages, PROPERTY } from 'rocketmq-core/message';
import type { Disk, MessageStore } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { ConsumerOffsetTable } from '../offset/consumer-offset-table.js';
import { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import { BROKER_CONFIG, BROKER_DISK, BROKER_LOGGER, MESSAGE_STORE } from '../tokens.js';
import { TIMER_TOPIC } from '../topic/system-topics.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { type Checkpoint, CHECKPOINT_TAG, decodeCheckpoint, offsetAt } from './checkpoint.js';
import { QueueReader } from './queue-reader.js';
import { ReviveLog } from './revive-log.js';

/** Between a checkpoint and the offset that goes with it lies one write; the file may have been made in between. */
const MARGIN_MS = 500;
const READ_BATCH = 32;
/** Messages looked at, at most: hours of them. */
const LOOK_MAX = 1_000_000;

@Injectable()
export class PopOffsetRecovery {
  private readonly reader: QueueReader;

  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(BROKER_LOGGER) private readonly logger: Logger,
    @Inject(BROKER_DISK) private readonly disk: Disk,
    @Inject(MESSAGE_STORE) private readonly store: MessageStore,
    private readonly topics: TopicConfigTable,
    private readonly groups: SubscriptionGroupTable,
    private readonly offsets: ConsumerOffsetTable,
    private readonly log: ReviveLog,
  ) {
    this.reader = new QueueReader(store);
  }

  /** Answers how many offsets moved. */
  run(): number {
    const path = join(this.config.storePathRootDir, 'config', 'consumerOffset.json');
    const sinceMs = (this.disk.stat(path)?.modifiedMs ?? 0) - MARGIN_MS;
    const reviveQueues = Array.from({ length: this.log.queueCount }, (_, queueId): [string, number] => [this.log.topic, queueId]);
    let moved = 0;
    for (const [topic, queueId] of [[TIMER_TOPIC, 0] as [string, number], ...reviveQueues]) {
      for (const checkpoint of this.checkpointsSince(topic, queueId, sinceMs)) if (this.move(checkpoint)) moved++;
    }
    if (moved > 0) this.logger.info('offsets of groups that pop brought up to their checkpoints', { moved, sinceMs });
    return moved;
  }

  private *checkpointsSince(topic: string, queueId: number, sinceMs: number): IterableIterator<Checkpoint> {
    const queue = this.store.findQueue(topic, queueId);
    if (queue === undefined || queue.maxOffset === queue.minOffset) return;
    let looked = 0;
    for (let next = this.store.searchOffset(queue, sinceMs, 'LOWER'); next < queue.maxOffset && looked < LOOK_MAX;) {
      const read = this.reader.read(topic, queueId, next, READ_BATCH, undefined);
      if (read.nextOffset <= next) return;
      next = read.nextOffset;
      looked += read.offsets.length;
      for (const message of decodeMessages(read.records)) {
        const target = message.properties.get(PROPERTY.REAL_TOPIC) ?? message.topic;
        if (target !== this.log.topic || message.tags !== CHECKPOINT_TAG) continue;
        const checkpoint = decodeCheckpoint(message.body, message.queueOffset, this.config.brokerName);
        // Others were only moved or written again since then.
        if (checkpoint !== undefined && checkpoint.popTime >= sinceMs && checkpoint.count > 0) yield checkpoint;
      }
    }
  }

  private move(checkpoint: Checkpoint): boolean {
    const { topic, consumerGroup, queueId } = checkpoint;
    const queues = this.topics.find(topic)?.readQueueNums ?? 0;
    if (queueId >= queues || this.groups.find(consumerGroup) === undefined) return false;
    const next = offsetAt(checkpoint, checkpoint.count - 1) + 1;
    if (next <= this.offsets.query(topic, consumerGroup, queueId)) return false;
    this.offsets.commit(topic, consumerGroup, queueId, next);
    return true;
  }
}
