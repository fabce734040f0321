// Asks a producer group what became of a transaction (code 39): any live member may answer, in turn. Must never wait for the answer: it
// comes as an END_TRANSACTION of its own, or not at all.
import type { Logger } from 'rocketmq-core/common';
import { encodeOffsetMessageId, encodeHost, encodeProperties, encodeRecord, type MessageExt, PROPERTY } from 'rocketmq-core/message';
import { CHECK_TRANSACTION_STATE } from 'rocketmq-core/protocol';
import type { Connection, RemotingServer } from 'rocketmq-core/remoting';
import type { PutMessage, PutMessageResult } from 'rocketmq-core/store';
import type { ProducerTable } from '../client/producer-table.js';
import { TRANS_HALF_TOPIC } from '../topic/system-topics.js';

/** A member with more than this waiting to be sent is only asked when there is no other. */
const CONGESTED_BYTES = 64 * 1024;

export class ProducerQuestions {
  private turn = 0;

  constructor(
    private readonly server: RemotingServer,
    private readonly producers: ProducerTable,
    private readonly brokerName: string,
    private readonly logger: Logger,
  ) {}

  /** `copy` is the record that waits for the answer, `place` where it lies. Returns whether anybody was asked. */
  ask(half: MessageExt, copy: PutMessage, place: PutMessageResult['records'][number]): boolean {
    const group = half.properties.get(PROPERTY.PRODUCER_GROUP) ?? '';
    const connection = this.nextMember(group);
    if (connection === undefined) {
      this.logger.warn('transaction check not sent, no member of the producer group is connected', { group, msgId: half.msgId });
      return false;
    }
    const msgId = half.properties.get(PROPERTY.UNIQUE_KEY);
    const header = {
      topic: TRANS_HALF_TOPIC,
      tranStateTableOffset: place.queueOffset,
      commitLogOffset: place.physicalOffset,
      msgId,
      transactionId: msgId,
      offsetMsgId: encodeOffsetMessageId(encodeHost(half.storeHost), place.physicalOffset),
      brokerName: this.brokerName,
    };
    try {
      this.server.invokeOneWay(connection, CHECK_TRANSACTION_STATE, header, { body: recordFor(half, copy, place) });
      return true;
    } catch (error) {
      this.logger.warn('transaction check not sent', { group, address: connection.remoteAddress, error });
      return false;
    }
  }

  /** [java ProducerManager#getAvailableChannel], but over all members instead of three. */
  private nextMember(group: string): Connection | undefined {
    const members = this.producers.channelsOf(group).map(({ connection }) => connection);
    const first = this.turn++ % Math.max(1, members.length);
    const inTurn = [...members.slice(first), ...members.slice(0, first)].filter(({ closed }) => !closed);
    return inTurn.find(({ pendingBytes }) => pendingBytes <= CONGESTED_BYTES) ?? inTurn[0];
  }
}

/** The record a producer is shown: the copy's places, the real topic and queue. */
function recordFor(half: MessageExt, copy: PutMessage, place: PutMessageResult['records'][number]): Uint8Array {
  return encodeRecord({
    topic: half.properties.get(PROPERTY.REAL_TOPIC) ?? '',
    queueId: Number(half.properties.get(PROPERTY.REAL_QUEUE_ID) ?? 0),
    flag: half.flag,
    queueOffset: place.queueOffset,
    physicalOffset: place.physicalOffset,
    sysFlag: half.sysFlag,
    bornTimestamp: half.bornTimestamp,
    bornHost: half.bornHost,
    storeTimestamp: half.storeTimestamp,
    storeHost: half.storeHost,
    reconsumeTimes: half.reconsumeTimes,
    preparedTransactionOffset: half.preparedTransactionOffset,
    body: half.body,
    properties: encodeProperties(copy.properties),
  });
}
