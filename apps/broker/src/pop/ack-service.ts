// What a consumer says of delivered messages: done, or invisible for another time [java AckMessageProcessor, ChangeInvisibleTimeProcessor].
// Must never answer "done" to what is not stored: the message would come back to somebody who believes it will not.
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from 'rocketmq-core/common';
import { decodePopHandle, ORDERLY_REVIVE_QUEUE, type PopHandle, popRealTopicOf, type PopTopicType } from 'rocketmq-core/message';
import type { BatchAck } from 'rocketmq-core/protocol';
import type { MessageStore } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { isRefusal, type Refusal, refuse } from '../processor/refusal.js';
import { BROKER_CLOCK, BROKER_CONFIG, MESSAGE_STORE } from '../tokens.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { CHECKPOINT_MESSAGES_MAX } from './checkpoint.js';
import { NotificationWaits } from './notification-waits.js';
import { OrderInfoTable } from './order-info-table.js';
import { PopOffsets } from './pop-offsets.js';
import { PopWaits } from './pop-waits.js';
import { ReviveLog } from './revive-log.js';

/** The message spoken of, and the handle it came with. */
export interface AckTarget {
  readonly consumerGroup: string;
  /** Where the message lies. */
  readonly topic: string;
  readonly queueId: number;
  readonly offset: number;
  readonly extraInfo: string;
}

/** What makes the new handle out of the old one. */
export interface ChangedInvisibility {
  readonly popTime: number;
  readonly invisibleTime: number;
  readonly reviveQid: number;
}

type Delivery = Pick<PopHandle, 'startOffset' | 'popTime' | 'invisibleTime' | 'reviveQueueId' | 'brokerName'>;
type Place = Pick<AckTarget, 'topic' | 'consumerGroup' | 'queueId'>;

@Injectable()
export class AckService {
  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(BROKER_CLOCK) private readonly clock: Clock,
    @Inject(MESSAGE_STORE) private readonly store: MessageStore,
    private readonly topics: TopicConfigTable,
    private readonly offsets: PopOffsets,
    private readonly orders: OrderInfoTable,
    private readonly log: ReviveLog,
    private readonly waits: PopWaits,
    private readonly notifications: NotificationWaits,
  ) {}

  /** Why it was not taken, or undefined. */
  async acknowledge(target: AckTarget): Promise<Refusal | undefined> {
    // One beyond the last message passes, as with Apache: it acknowledges nothing.
    const delivery = this.deliveryOf(target, (offset, maxOffset) => offset <= maxOffset);
    if (isRefusal(delivery)) return delivery;
    if (delivery.reviveQueueId === ORDERLY_REVIVE_QUEUE) return this.acknowledgeOrderly(target, target.offset, delivery);
    const { reviveQueueId, invisibleTime, ...key } = delivery;
    const { topic, consumerGroup, queueId } = target;
    return this.log.putAck(reviveQueueId, { ...key, topic, consumerGroup, queueId, offsets: [target.offset] }, invisibleTime);
  }

  /** One entry of a batch. Offsets that the queue does not have are left out, as with Apache. */
  async acknowledgeSeveral(ack: BatchAck, brokerName: string | undefined): Promise<Refusal | undefined> {
    const { consumerGroup, queueId, startOffset, popTime, invisibleTime, reviveQueueId } = ack;
    const type = topicTypeOf(ack.retry);
    if (type === undefined) return refuse('SYSTEM_ERROR', `retry ${JSON.stringify(ack.retry)} is none of 0, 1 and 2`);
    const topic = popRealTopicOf(ack.topic, consumerGroup, type);
    const queue = this.store.findQueue(topic, queueId);
    if (queue === undefined || this.topics.find(topic) === undefined) {
      return refuse('TOPIC_NOT_EXIST', `topic[${topic}] has no queue ${queueId}`);
    }
    const offsets = ack.distances.map((distance) => startOffset + distance);
    const known = offsets.filter((offset) => offset >= queue.minOffset && offset <= queue.maxOffset);
    if (known.length === 0) return undefined;
    if (known.length > CHECKPOINT_MESSAGES_MAX) {
      return refuse('MESSAGE_ILLEGAL', `${known.length} messages of one delivery, which has ${CHECKPOINT_MESSAGES_MAX} at most`);
    }
    const delivery = { startOffset, popTime, invisibleTime, reviveQueueId, brokerName: brokerName ?? this.config.brokerName };
    const problem = this.problemOf(delivery);
    if (problem !== undefined) return problem;
    const place = { topic, consumerGroup, queueId };
    if (reviveQueueId === ORDERLY_REVIVE_QUEUE) {
      const refusals = known.map((offset) => this.acknowledgeOrderly(place, offset, delivery));
      return refusals.find((refusal) => refusal !== undefined);
    }
    const key = { ...place, startOffset, popTime, brokerName: delivery.brokerName };
    return this.log.putBatchAck(reviveQueueId, { ...key, offsets: known }, invisibleTime);
  }

  /** The message comes back `invisibleTime` from now. */
  async changeInvisibility(target: AckTarget, invisibleTime: number, suspend: boolean): Promise<ChangedInvisibility | Refusal> {
    const delivery = this.deliveryOf(target, (offset, maxOffset) => offset < maxOffset);
    if (isRefusal(delivery)) return delivery;
    const { topic, consumerGroup, queueId, offset } = target;
    const { popTime, brokerName, reviveQueueId: reviveQid } = delivery;
    if (reviveQid === ORDERLY_REVIVE_QUEUE) return this.changeOrderly(target, delivery, invisibleTime);
    const now = this.clock.now();
    const key = { topic, consumerGroup, queueId, brokerName };
    const checkpoint = { ...key, startOffset: offset, popTime: now, invisibleTime, suspend };
    // The new checkpoint first: between the two the message has both, never none.
    const refusal =
      (await this.log.putCheckpoint(reviveQid, { ...checkpoint, bitMap: 0, count: 1, distances: [0], reviveOffset: 0, rePutTimes: 0 })) ??
      (await this.log.putAck(reviveQid, { ...key, startOffset: delivery.startOffset, popTime, offsets: [offset] }, delivery.invisibleTime));
    return refusal ?? { popTime: now, invisibleTime, reviveQid };
  }

  /** Topic, queue and offset in Apache's order, then the handle itself. */
  private deliveryOf(target: AckTarget, inQueue: (offset: number, maxOffset: number) => boolean): Delivery | Refusal {
    const { topic, queueId, offset } = target;
    const config = this.topics.find(topic);
    if (config === undefined) return refuse('TOPIC_NOT_EXIST', `topic[${topic}] not exist: create it or send to it first`);
    if (queueId < 0 || queueId >= config.readQueueNums) {
      return refuse(
        'MESSAGE_ILLEGAL',
        `queueId[${queueId}] is illegal, topic:[${topic}] topicConfig.readQueueNums:[${config.readQueueNums}]`,
      );
    }
    const { minOffset, maxOffset } = this.store.findQueue(topic, queueId) ?? { minOffset: 0, maxOffset: 0 };
    if (offset < minOffset || !inQueue(offset, maxOffset)) {
      return refuse('NO_MESSAGE', `offset is illegal, key:${topic}@${queueId}, commit:${offset}, store:${minOffset}~${maxOffset}`);
    }
    const handle = decodePopHandle(target.extraInfo);
    if (handle === undefined) return refuse('SYSTEM_ERROR', `extraInfo ${JSON.stringify(target.extraInfo.slice(0, 200))} is no POP handle`);
    return this.problemOf(handle) ?? handle;
  }

  /** What a handle of this broker cannot say. Apache takes it, and what it takes then has no effect. */
  private problemOf({ brokerName, reviveQueueId }: Delivery): Refusal | undefined {
    if (brokerName !== this.config.brokerName) {
      return refuse('MESSAGE_ILLEGAL', `the handle is of broker ${brokerName}, this is ${this.config.brokerName}`);
    }
    if (reviveQueueId !== ORDERLY_REVIVE_QUEUE && (reviveQueueId < 0 || reviveQueueId >= this.log.queueCount)) {
      return refuse('MESSAGE_ILLEGAL', `the handle names revive queue ${reviveQueueId} of ${this.log.queueCount}`);
    }
    return undefined;
  }

  private acknowledgeOrderly({ topic, consumerGroup, queueId }: Place, offset: number, delivery: Delivery): Refusal | undefined {
    const committed = this.offsets.committed(topic, consumerGroup, queueId);
    if (offset < committed) return undefined;
    const outcome = this.orders.acknowledge(topic, consumerGroup, queueId, offset, delivery.popTime);
    if (outcome === 'ILLEGAL') {
      return refuse(
        'MESSAGE_ILLEGAL',
        `offset is illegal, key:${topic}@${consumerGroup}@${queueId}, old:${committed}, commit:${offset}, next:-1`,
      );
    }
    // Without the delivery only the very next message may count: Apache would skip whatever lies before any other.
    const known = outcome === 'UNKNOWN' ? (offset === committed ? { nextOffset: offset + 1 } : 'NOTHING') : outcome;
    if (known === 'NOTHING') return undefined;
    this.offsets.commitUnlessReset(topic, consumerGroup, queueId, known.nextOffset);
    if (!this.orders.blocks(topic, consumerGroup, queueId, undefined, delivery.invisibleTime)) {
      for (const waits of [this.waits, this.notifications]) waits.wakeQueue(topic, consumerGroup, queueId);
    }
    return undefined;
  }

  private changeOrderly(target: AckTarget, { popTime, reviveQueueId }: Delivery, invisibleTime: number): ChangedInvisibility {
    const { topic, consumerGroup, queueId, offset } = target;
    // Done with already: there is nothing to change, and no new handle.
    if (offset < this.offsets.committed(topic, consumerGroup, queueId)) return { popTime: 0, invisibleTime: 0, reviveQid: 0 };
    const visibleAtMs = this.clock.now() + invisibleTime;
    this.orders.setVisibleAt(topic, consumerGroup, queueId, { offset, popTime, visibleAtMs });
    return { popTime, invisibleTime: visibleAtMs - popTime, reviveQid: reviveQueueId };
  }
}

function topicTypeOf(retry: string): PopTopicType | undefined {
  return ({ '0': 0, '1': 1, '2': 2 } as const)[retry as '0' | '1' | '2'];
}
