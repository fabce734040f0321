// Writes checkpoints and acknowledgements: timer messages to a queue of the revive topic, due when they are needed there
// [java PopMessageProcessor#buildCkMsg, AckMessageProcessor#appendAck]. Must never say stored before the store has.
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from 'rocketmq-core/common';
import { PROPERTY } from 'rocketmq-core/message';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { BrokerAddress } from '../lifecycle/broker-address.js';
import { withHostFlags } from '../message/broker-message.js';
import { deliverAt } from '../message/delivery.js';
import { MessageIntake } from '../message/message-intake.js';
import { isRefusal, type Refusal, refuse } from '../processor/refusal.js';
import { BROKER_CLOCK, BROKER_CONFIG } from '../tokens.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import {
  ACK_TAG,
  type Acknowledgement,
  BATCH_ACK_TAG,
  type Checkpoint,
  CHECKPOINT_TAG,
  encodeAck,
  encodeBatchAckMessage,
  encodeCheckpoint,
  reviveTimeOf,
  reviveTopicOf,
  reviveUniqueKey,
} from './checkpoint.js';

/** A checkpoint is in the revive queue so much before its acknowledgements are due. */
export const ACK_INTERVAL_MS = 1000;

@Injectable()
export class ReviveLog {
  readonly topic: string;
  private next = 0;

  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(BROKER_CLOCK) private readonly clock: Clock,
    private readonly topics: TopicConfigTable,
    private readonly intake: MessageIntake,
    private readonly address: BrokerAddress,
  ) {
    this.topic = reviveTopicOf(config.brokerClusterName);
  }

  /** Queues to read: those of the setting, and those of an earlier, larger one. */
  get queueCount(): number {
    return Math.max(this.config.reviveQueueNum, this.topics.find(this.topic)?.readQueueNums ?? 0);
  }

  /** The queue for the next POP, in turn. */
  nextQueueId(): number {
    return this.next++ % this.config.reviveQueueNum;
  }

  /** Why it was not stored, or undefined. */
  putCheckpoint(reviveQueueId: number, checkpoint: Checkpoint): Promise<Refusal | undefined> {
    return this.put(reviveQueueId, {
      tag: CHECKPOINT_TAG,
      uniqueKey: reviveUniqueKey(checkpoint, checkpoint.startOffset, 'ck'),
      body: encodeCheckpoint(checkpoint),
      deliverAtMs: reviveTimeOf(checkpoint) - ACK_INTERVAL_MS,
    });
  }

  putAck(reviveQueueId: number, ack: Acknowledgement, invisibleTime: number): Promise<Refusal | undefined> {
    return this.put(reviveQueueId, {
      tag: ACK_TAG,
      uniqueKey: reviveUniqueKey(ack, ack.offsets[0]!, 'ack'),
      body: encodeAck(ack),
      deliverAtMs: ack.popTime + invisibleTime,
    });
  }

  putBatchAck(reviveQueueId: number, ack: Acknowledgement, invisibleTime: number): Promise<Refusal | undefined> {
    return this.put(reviveQueueId, {
      tag: BATCH_ACK_TAG,
      uniqueKey: reviveUniqueKey(ack, -1, 'ack'),
      body: encodeBatchAckMessage(ack),
      deliverAtMs: ack.popTime + invisibleTime,
    });
  }

  private async put(
    queueId: number,
    message: { tag: string; uniqueKey: string; body: Uint8Array; deliverAtMs: number },
  ): Promise<Refusal | undefined> {
    const { storeHost } = this.address;
    const draft = {
      topic: this.topic,
      queueId,
      flag: 0,
      sysFlag: withHostFlags(0, storeHost, storeHost),
      bornTimestamp: this.clock.now(),
      bornHost: storeHost,
      storeHost,
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      body: message.body,
      properties: new Map([
        [PROPERTY.TAGS, message.tag],
        [PROPERTY.TIMER_DELIVER_MS, String(message.deliverAtMs)],
        [PROPERTY.UNIQUE_KEY, message.uniqueKey],
      ]),
    };
    const result = await this.intake.put(draft, deliverAt(message.deliverAtMs));
    if (isRefusal(result)) return result;
    // Stored is stored, however safely: the flush that is late is not the consumer's to know.
    return result.records.length > 0
      ? undefined
      : refuse('SYSTEM_ERROR', `${message.tag} message of the revive topic not stored: ${result.reason ?? result.status}`);
  }
}
