// Gives a POP its messages: visits queues of the topic and of the group's retry topic, reads, stores a checkpoint of each queue, then
// moves the offset and hands out [java PopMessageProcessor]. Must never hand out a message before its checkpoint is stored: a consumer
// that dies would take it along.
import { Inject, Injectable } from '@nestjs/common';
import type { Clock, Random } from 'rocketmq-core/common';
import {
  joinEntries,
  messageOffsetEntry,
  ORDERLY_REVIVE_QUEUE,
  popRetryTopicOf,
  type PopTopicType,
  popTopicTypeOf,
  startOffsetEntry,
} from 'rocketmq-core/message';
import type { GetMessageStatus, MessageStore, TagCodeFilter } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import type { Refusal } from '../processor/refusal.js';
import { BROKER_CLOCK, BROKER_CONFIG, BROKER_RANDOM, MESSAGE_STORE } from '../tokens.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import type { Checkpoint } from './checkpoint.js';
import { OrderInfoTable } from './order-info-table.js';
import { PopOffsets } from './pop-offsets.js';
import { PopWaits } from './pop-waits.js';
import { QueueLocks } from './queue-locks.js';
import { type QueueRead, QueueReader } from './queue-reader.js';
import { ReviveLog } from './revive-log.js';
import { asNormalMessages } from './retried-records.js';

/** What a request wants, checked. */
export interface PopAsk {
  readonly topic: string;
  readonly readQueueNums: number;
  readonly group: string;
  /** -1: any queue. */
  readonly queueId: number;
  readonly maxMessages: number;
  readonly invisibleTime: number;
  readonly initMode: number;
  readonly order: boolean;
  readonly attemptId: string | undefined;
  readonly filter: TagCodeFilter | undefined;
}

export interface PopResult {
  readonly popTime: number;
  readonly reviveQueueId: number;
  /** Messages left in the queues looked at. */
  readonly restNum: number;
  readonly startOffsetInfo: string;
  readonly msgOffsetInfo: string;
  readonly orderCountInfo: string | undefined;
  /** Empty: nothing was found. */
  readonly records: Uint8Array;
  /** Nothing was found, but a queue was read past what the filter leaves out: looking again brings it further. */
  readonly goOn: boolean;
}

/** One queue's part of an answer. */
interface Taken {
  readonly topic: string;
  readonly type: PopTopicType;
  readonly queueId: number;
  readonly startOffset: number;
  readonly read: QueueRead;
  readonly orderCounts: readonly string[];
}

/** A POP under way. */
interface Visit {
  readonly ask: PopAsk;
  readonly popTime: number;
  readonly reviveQueueId: number;
  readonly taken: Taken[];
  count: number;
  restNum: number;
  goOn: boolean;
}

/** The place asked for does not exist: the store says where to go on. */
const MISPLACED: ReadonlySet<GetMessageStatus> = new Set(['OFFSET_TOO_SMALL', 'OFFSET_OVERFLOW_BADLY', 'OFFSET_FOUND_NULL']);
/** Everything up to the next offset is of no interest to this group. */
const PASSED_OVER: ReadonlySet<GetMessageStatus> = new Set(['NO_MATCHED_MESSAGE', 'OFFSET_FOUND_NULL', 'MESSAGE_WAS_REMOVING']);

@Injectable()
export class PopService {
  private readonly reader: QueueReader;
  private readonly locks: QueueLocks;

  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(BROKER_CLOCK) private readonly clock: Clock,
    @Inject(BROKER_RANDOM) private readonly random: Random,
    @Inject(MESSAGE_STORE) store: MessageStore,
    private readonly topics: TopicConfigTable,
    private readonly offsets: PopOffsets,
    private readonly orders: OrderInfoTable,
    private readonly log: ReviveLog,
    private readonly waits: PopWaits,
  ) {
    this.reader = new QueueReader(store);
    this.locks = new QueueLocks((topic, group, queueId) => waits.wakeQueue(topic, group, queueId));
  }

  /** Finds at once, or nothing: only what was found has to wait for its checkpoints. */
  pop(ask: PopAsk): PopResult | Promise<PopResult | Refusal> {
    const visit: Visit = {
      ask,
      popTime: this.clock.now(),
      reviveQueueId: ask.order ? ORDERLY_REVIVE_QUEUE : this.log.nextQueueId(),
      taken: [],
      count: 0,
      restNum: 0,
      goOn: false,
    };
    try {
      this.visitAll(visit);
    } catch (error) {
      if (!ask.order) for (const { topic, queueId } of visit.taken) this.locks.unlock(topic, ask.group, queueId);
      throw error;
    }
    if (visit.taken.length === 0 || ask.order) return this.resultOf(visit, visit.taken);
    return this.handOut(visit);
  }

  /** Records a POP would find; nothing moves. */
  peek(ask: Pick<PopAsk, 'topic' | 'readQueueNums' | 'group' | 'queueId' | 'maxMessages'>): { restNum: number; records: Uint8Array } {
    const retryTopic = popRetryTopicOf(ask.topic, ask.group, this.config.enableRetryTopicV2);
    const dice = this.random.int(100);
    const places = (topic: string, queues: number): Array<[string, number]> =>
      Array.from({ length: queues }, (_, i) => [topic, (dice + i) % queues]);
    const all: Array<[string, number]> = [
      ...(ask.queueId >= 0 ? ([[ask.topic, ask.queueId]] as Array<[string, number]>) : places(ask.topic, ask.readQueueNums)),
      ...places(retryTopic, this.topics.find(retryTopic)?.readQueueNums ?? 0),
    ];
    const records: Uint8Array[] = [];
    let count = 0;
    let restNum = 0;
    for (const [topic, queueId] of all) {
      const offset = this.offsets.peek(topic, ask.group, queueId);
      restNum += this.offsets.rest(topic, ask.group, queueId);
      if (count >= ask.maxMessages) continue;
      const read = this.readFrom(topic, queueId, offset, ask.maxMessages - count, undefined);
      records.push(read.records);
      count += read.offsets.length;
    }
    return { restNum, records: Buffer.concat(records) };
  }

  /** A POP would find something; what a filter leaves out counts too. */
  hasMessages(ask: Pick<PopAsk, 'topic' | 'readQueueNums' | 'group' | 'queueId' | 'order' | 'attemptId'>): boolean {
    const { topic, group } = ask;
    const has = (of: string, queueId: number): boolean =>
      !(ask.order && this.orders.blocks(of, group, queueId, ask.attemptId, 0)) && this.offsets.rest(of, group, queueId) > 0;
    const inTopic = (of: string, queues: number): boolean =>
      Array.from({ length: queues }, (_, queueId) => has(of, queueId)).includes(true);
    if (ask.queueId >= 0 ? has(topic, ask.queueId) : inTopic(topic, ask.readQueueNums)) return true;
    return this.retryTopics(topic, group).some((retryTopic) => inTopic(retryTopic, this.topics.find(retryTopic)?.readQueueNums ?? 0));
  }

  private visitAll(visit: Visit): void {
    const { ask } = visit;
    const dice = this.random.int(100);
    const retryFirst = dice < this.config.popFromRetryProbability;
    if (retryFirst) this.visitRetryTopic(visit, dice);
    if (ask.queueId >= 0) this.visitQueue(visit, ask.topic, ask.queueId);
    else this.visitTopic(visit, ask.topic, ask.readQueueNums, dice);
    if (!retryFirst && visit.count < ask.maxMessages) this.visitRetryTopic(visit, dice);
  }

  private retryTopics(topic: string, group: string): string[] {
    const { enableRetryTopicV2, retrieveMessageFromPopRetryTopicV1 } = this.config;
    const versions = enableRetryTopicV2 ? (retrieveMessageFromPopRetryTopicV1 ? [true, false] : [true]) : [false];
    return versions.map((v2) => popRetryTopicOf(topic, group, v2));
  }

  /** One of the two retry topics: an answer cannot tell their queues apart. */
  private visitRetryTopic(visit: Visit, dice: number): void {
    const { ask } = visit;
    // Orderly messages stay in their queue.
    if (ask.order) return;
    const topics = this.retryTopics(ask.topic, ask.group);
    const topic = topics[dice % topics.length]!;
    this.visitTopic(visit, topic, this.topics.find(topic)?.readQueueNums ?? 0, dice);
  }

  private visitTopic(visit: Visit, topic: string, queues: number, dice: number): void {
    for (let i = 0; i < queues; i++) this.visitQueue(visit, topic, (dice + i) % queues);
  }

  private visitQueue(visit: Visit, topic: string, queueId: number): void {
    const { ask } = visit;
    const { group } = ask;
    if (!this.locks.tryLock(topic, group, queueId)) {
      if (!ask.order) visit.restNum += this.offsets.rest(topic, group, queueId);
      return;
    }
    let taken = false;
    try {
      taken = this.takeFrom(visit, topic, queueId);
    } finally {
      // With messages taken, the lock stays until their checkpoint is stored.
      if (!taken) this.locks.unlock(topic, group, queueId);
    }
  }

  /** True when messages were taken whose checkpoint has to be stored. */
  private takeFrom(visit: Visit, topic: string, queueId: number): boolean {
    const { ask } = visit;
    const { group, order } = ask;
    const begin = this.offsets.begin(topic, group, queueId, ask.initMode);
    if (order && this.orders.blocks(topic, group, queueId, ask.attemptId, ask.invisibleTime)) return false;
    if (visit.count >= ask.maxMessages) {
      visit.restNum += this.offsets.rest(topic, group, queueId);
      return false;
    }
    let startOffset = begin;
    let read = this.reader.read(topic, queueId, startOffset, ask.maxMessages - visit.count, ask.filter);
    if (MISPLACED.has(read.status)) {
      this.offsets.commit(topic, group, queueId, read.nextOffset);
      startOffset = read.nextOffset;
      read = this.reader.read(topic, queueId, startOffset, ask.maxMessages - visit.count, ask.filter);
    }
    visit.restNum += Math.max(0, read.maxOffset - read.nextOffset);
    if (read.offsets.length === 0) {
      if (PASSED_OVER.has(read.status)) this.passOver(visit, topic, queueId, startOffset, read);
      return false;
    }
    visit.count += read.offsets.length;
    const type = popTopicTypeOf(topic);
    const orderCounts = order
      ? this.orders.deliver(topic, group, queueId, { ...ask, popTime: visit.popTime, offsets: read.offsets }, type)
      : [];
    visit.taken.push({ topic, type, queueId, startOffset, read, orderCounts });
    return !order;
  }

  private passOver(visit: Visit, topic: string, queueId: number, startOffset: number, read: QueueRead): void {
    if (read.nextOffset <= startOffset) return;
    this.offsets.commit(topic, visit.ask.group, queueId, read.nextOffset);
    if (read.nextOffset < read.maxOffset) visit.goOn = true;
  }

  /** Stores the checkpoints, then moves the offsets. What could not be stored is not handed out. */
  private async handOut(visit: Visit): Promise<PopResult | Refusal> {
    const { group } = visit.ask;
    const outcomes = await Promise.all(visit.taken.map((taken) => this.handOutQueue(visit, taken)));
    const handedOut = visit.taken.filter((_, index) => outcomes[index] === undefined);
    const refusal = outcomes.find((outcome) => outcome !== undefined);
    if (handedOut.length === 0 && refusal !== undefined) return refusal;
    const result = this.resultOf(visit, handedOut);
    if (result.restNum > 0) this.waits.wakeQueue(visit.ask.topic, group, visit.ask.queueId);
    return result;
  }

  private async handOutQueue(visit: Visit, taken: Taken): Promise<Refusal | undefined> {
    const { topic, queueId } = taken;
    const { group } = visit.ask;
    try {
      const refusal = await this.log.putCheckpoint(visit.reviveQueueId, checkpointOf(visit, taken, this.config.brokerName));
      if (refusal === undefined) this.offsets.commitUnlessReset(topic, group, queueId, taken.read.nextOffset);
      return refusal;
    } finally {
      this.locks.unlock(topic, group, queueId);
    }
  }

  private resultOf(visit: Visit, taken: readonly Taken[]): PopResult {
    const { ask, popTime, reviveQueueId } = visit;
    return {
      popTime,
      reviveQueueId,
      restNum: visit.restNum,
      startOffsetInfo: joinEntries(taken.map(({ type, queueId, startOffset }) => startOffsetEntry(type, queueId, startOffset))),
      msgOffsetInfo: joinEntries(taken.map(({ type, queueId, read }) => messageOffsetEntry(type, queueId, read.offsets))),
      orderCountInfo: ask.order ? joinEntries(taken.flatMap(({ orderCounts }) => orderCounts)) : undefined,
      records: Buffer.concat(taken.map((part) => this.recordsOf(visit, part))),
      goOn: visit.goOn,
    };
  }

  /** A consumer sees retried messages under the topic it asked for, each with its handle. */
  private recordsOf({ ask, popTime, reviveQueueId }: Visit, { topic, type, queueId, startOffset, read }: Taken): Uint8Array {
    if (topic === ask.topic || this.config.popResponseReturnActualRetryTopic) return read.records;
    const { invisibleTime } = ask;
    const { brokerName } = this.config;
    const handle = { startOffset, popTime, invisibleTime, reviveQueueId, topicType: type, brokerName, queueId };
    return asNormalMessages(read.records, ask.topic, handle);
  }

  private readFrom(topic: string, queueId: number, offset: number, count: number, filter: TagCodeFilter | undefined): QueueRead {
    const read = this.reader.read(topic, queueId, offset, count, filter);
    return MISPLACED.has(read.status) ? this.reader.read(topic, queueId, read.nextOffset, count, filter) : read;
  }
}

function checkpointOf({ ask, popTime }: Visit, { topic, queueId, startOffset, read }: Taken, brokerName: string): Checkpoint {
  return {
    topic,
    consumerGroup: ask.group,
    queueId,
    startOffset,
    popTime,
    brokerName,
    invisibleTime: ask.invisibleTime,
    bitMap: 0,
    count: read.offsets.length,
    distances: read.offsets.map((offset) => offset - startOffset),
    reviveOffset: 0,
    suspend: false,
    rePutTimes: 0,
  };
}
