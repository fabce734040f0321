// Serves consumer offsets and queue bounds: codes 14, 15, 29, 30, 31, 32.
// Must never invent an offset: "not found" makes a new group start where its consumer wants, 0 makes it read everything.
import { Inject, Injectable } from '@nestjs/common';
import { fail, Handles } from 'nest-rocketmq/server';
import {
  GET_EARLIEST_MSG_STORETIME,
  GET_MAX_OFFSET,
  GET_MIN_OFFSET,
  QUERY_CONSUMER_OFFSET,
  SEARCH_OFFSET_BY_TIMESTAMP,
  UPDATE_CONSUMER_OFFSET,
} from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import { ConsumerOffsetTable, MAX_QUEUE_ID } from '../offset/consumer-offset-table.js';
import { ResetOffsetTable } from '../offset/reset-offset-table.js';
import { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import { MESSAGE_STORE } from '../tokens.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';

@Injectable()
export class OffsetProcessor {
  constructor(
    @Inject(MESSAGE_STORE) private readonly store: MessageStore,
    private readonly offsets: ConsumerOffsetTable,
    private readonly groups: SubscriptionGroupTable,
    private readonly topics: TopicConfigTable,
    private readonly resets: ResetOffsetTable,
  ) {}

  /** The three-way rule [java ConsumerManageProcessor#queryConsumerOffset]: committed, "start at 0", or not found. */
  @Handles(QUERY_CONSUMER_OFFSET)
  query({ header }: ServedRequest<typeof QUERY_CONSUMER_OFFSET>): Reply<typeof QUERY_CONSUMER_OFFSET> {
    const committed = this.offsets.query(header.topic, header.consumerGroup, header.queueId);
    if (committed >= 0) return { code: 'SUCCESS', header: { offset: committed } };
    if (header.setZeroIfNotFound === false) return fail('QUERY_NOT_FOUND', 'Not found, do not set to zero, maybe this group boot first');
    const queue = this.store.findQueue(header.topic, header.queueId);
    // A queue young enough to be in memory is read from its beginning, whatever the consumer's own rule. One without messages as well,
    // as in 4.9.7: 5.5.0 answers 22 there, and what arrives before the client's next question, for the end, is then never consumed.
    const isEmpty = queue === undefined || (queue.minOffset <= 0 && queue.maxOffset === 0);
    if (isEmpty ? this.topics.find(header.topic) !== undefined : queue.minOffset <= 0 && this.store.isInMemory(queue, 0)) {
      return { code: 'SUCCESS', header: { offset: 0 } };
    }
    return fail('QUERY_NOT_FOUND', 'Not found, maybe this group consumer boot first');
  }

  @Handles(UPDATE_CONSUMER_OFFSET)
  update({ header }: ServedRequest<typeof UPDATE_CONSUMER_OFFSET>): Reply<typeof UPDATE_CONSUMER_OFFSET> {
    if (this.groups.find(header.consumerGroup) === undefined) {
      return fail('SUBSCRIPTION_GROUP_NOT_EXIST', `Group ${header.consumerGroup} not exist!`);
    }
    if (this.topics.find(header.topic) === undefined) return fail('TOPIC_NOT_EXIST', `Topic ${header.topic} not exist!`);
    if (header.queueId < 0 || header.queueId > MAX_QUEUE_ID) {
      return fail('INVALID_PARAMETER', `queueId[${header.queueId}] is no queue: 0..${MAX_QUEUE_ID}`);
    }
    if (header.commitOffset < 0) return fail('INVALID_PARAMETER', `commitOffset[${header.commitOffset}] is negative`);
    // A member that has not heard of a reset yet must not undo it.
    if (this.resets.peek(header.topic, header.consumerGroup, header.queueId) !== undefined) return { code: 'SUCCESS', header: {} };
    this.offsets.commit(header.topic, header.consumerGroup, header.queueId, header.commitOffset);
    return { code: 'SUCCESS', header: {} };
  }

  @Handles(SEARCH_OFFSET_BY_TIMESTAMP)
  search({ header }: ServedRequest<typeof SEARCH_OFFSET_BY_TIMESTAMP>): Reply<typeof SEARCH_OFFSET_BY_TIMESTAMP> {
    const queue = this.store.findQueue(header.topic, header.queueId);
    const boundary = header.boundaryType?.toUpperCase() === 'UPPER' ? 'UPPER' : 'LOWER';
    return { code: 'SUCCESS', header: { offset: queue === undefined ? 0 : this.store.searchOffset(queue, header.timestamp, boundary) } };
  }

  @Handles(GET_MAX_OFFSET)
  max({ header }: ServedRequest<typeof GET_MAX_OFFSET>): Reply<typeof GET_MAX_OFFSET> {
    return { code: 'SUCCESS', header: { offset: this.store.findQueue(header.topic, header.queueId)?.maxOffset ?? 0 } };
  }

  @Handles(GET_MIN_OFFSET)
  min({ header }: ServedRequest<typeof GET_MIN_OFFSET>): Reply<typeof GET_MIN_OFFSET> {
    return { code: 'SUCCESS', header: { offset: this.store.findQueue(header.topic, header.queueId)?.minOffset ?? 0 } };
  }

  @Handles(GET_EARLIEST_MSG_STORETIME)
  earliest({ header }: ServedRequest<typeof GET_EARLIEST_MSG_STORETIME>): Reply<typeof GET_EARLIEST_MSG_STORETIME> {
    const queue = this.store.findQueue(header.topic, header.queueId);
    return { code: 'SUCCESS', header: { timestamp: queue === undefined ? -1 : this.store.storeTimeOf(queue, queue.minOffset) } };
  }
}
