// Serves what members of a consumer group ask about each other: the list of members and the queue locks of orderly groups.
import { Injectable } from '@nestjs/common';
import { fail, Handles } from 'nest-rocketmq/server';
import {
  decodeLockBatchRequest,
  encodeConsumerList,
  encodeLockBatchResponse,
  GET_CONSUMER_LIST_BY_GROUP,
  LOCK_BATCH_MQ,
  UNLOCK_BATCH_MQ,
} from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import { ConsumerTable } from '../client/consumer-table.js';
import { RebalanceLockTable } from '../client/rebalance-lock-table.js';

@Injectable()
export class ConsumerProcessor {
  constructor(
    private readonly consumers: ConsumerTable,
    private readonly locks: RebalanceLockTable,
  ) {}

  @Handles(GET_CONSUMER_LIST_BY_GROUP)
  members({ header }: ServedRequest<typeof GET_CONSUMER_LIST_BY_GROUP>): Reply<typeof GET_CONSUMER_LIST_BY_GROUP> {
    const group = this.consumers.find(header.consumerGroup);
    if (group === undefined || group.channels.size === 0)
      return fail('SYSTEM_ERROR', `no consumer for this group, ${header.consumerGroup}`);
    const clientIds = new Set([...group.channels.values()].map((channel) => channel.clientId));
    return { code: 'SUCCESS', body: encodeConsumerList({ consumerIdList: [...clientIds] }) };
  }

  @Handles(LOCK_BATCH_MQ)
  lock({ body }: ServedRequest<typeof LOCK_BATCH_MQ>): Reply<typeof LOCK_BATCH_MQ> {
    const request = decodeLockBatchRequest(body);
    const held = this.locks.lock(request.consumerGroup, request.clientId, request.mqSet);
    return { code: 'SUCCESS', body: encodeLockBatchResponse({ lockOKMQSet: held }) };
  }

  @Handles(UNLOCK_BATCH_MQ)
  unlock({ body }: ServedRequest<typeof UNLOCK_BATCH_MQ>): Reply<typeof UNLOCK_BATCH_MQ> {
    const request = decodeLockBatchRequest(body);
    this.locks.unlock(request.consumerGroup, request.clientId, request.mqSet);
    return { code: 'SUCCESS' };
  }
}
