// Sends to a retry topic that are out of retries go to the group's dead-letter topic [java SendMessageProcessor#handleRetryAndDLQ].
// Must never create a group: a retry topic of an unknown group is refused.
import { Injectable } from '@nestjs/common';
import { dlqTopicOf, PROPERTY, RETRY_PREFIX } from 'rocketmq-core/message';
import { RebalanceLockTable } from '../client/rebalance-lock-table.js';
import type { DraftMessage } from '../message/broker-message.js';
import { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import { PERM_READ, PERM_WRITE } from '../topic/permission.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { type Refusal, refuse } from './refusal.js';

/** From this client version on (V3_4_9) the request's own limit counts. */
export const VERSION_WITH_MAX_RECONSUME_TIMES = 121;

@Injectable()
export class RetryRedirect {
  constructor(
    private readonly groups: SubscriptionGroupTable,
    private readonly topics: TopicConfigTable,
    private readonly locks: RebalanceLockTable,
  ) {}

  /** Changes the draft's target when it is due for the dead-letter topic. */
  redirect(draft: DraftMessage, header: { maxReconsumeTimes?: number | undefined }, clientVersion: number): Refusal | undefined {
    if (!draft.topic.startsWith(RETRY_PREFIX)) return undefined;
    const groupName = draft.topic.slice(RETRY_PREFIX.length);
    const group = this.groups.findOrCreate(groupName);
    if (group === undefined) return refuse('SUBSCRIPTION_GROUP_NOT_EXIST', `subscription group not exist, ${groupName}`);
    const asked = clientVersion >= VERSION_WITH_MAX_RECONSUME_TIMES ? header.maxReconsumeTimes : undefined;
    const max = asked ?? group.retryMaxTimes;
    // An orderly group (it holds queue locks) sends to its retry topic only once its own retries are exhausted.
    if (draft.reconsumeTimes <= max && !this.locks.holdsAny(groupName)) return undefined;
    const target = this.topics.createInternal(dlqTopicOf(groupName), 1, PERM_READ | PERM_WRITE);
    draft.topic = target.topicName;
    draft.queueId = 0;
    draft.properties.set(PROPERTY.DELAY_TIME_LEVEL, '0');
    return undefined;
  }
}
