// Sets a group's offsets on a topic to a time or to a place, online or not [java AdminBrokerProcessor#resetOffset]: the members are told by
// the answer to their next pull, or, where useServerSideResetOffset is off, by a request of ours. Must never leave a bound of the queue.
import { encodeResetOffsetBody, RESET_CONSUMER_CLIENT_OFFSET } from 'rocketmq-core/protocol';
import type { RemotingServer } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import type { ConsumerTable } from '../client/consumer-table.js';
import type { PullRequestHold } from '../longpolling/pull-request-hold.js';
import { type Refusal, refuse } from '../processor/refusal.js';
import type { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import type { TopicConfigTable } from '../topic/topic-config-table.js';
import type { ConsumerOffsetTable } from './consumer-offset-table.js';
import type { ResetOffsetTable } from './reset-offset-table.js';

export interface OffsetResetParts {
  brokerName: string;
  useServerSideResetOffset: boolean;
  store: MessageStore;
  topics: TopicConfigTable;
  groups: SubscriptionGroupTable;
  consumers: ConsumerTable;
  offsets: ConsumerOffsetTable;
  resets: ResetOffsetTable;
  holds: PullRequestHold;
  server: RemotingServer;
}

export interface ResetWish {
  topic: string;
  group: string;
  /** -1: every queue. */
  queueId: number;
  /** -1: by time. */
  offset: number;
  /** ms since 1970; -1: the end of the queue. */
  timestamp: number;
  isForce: boolean;
}

export class OffsetReset {
  constructor(private readonly parts: OffsetResetParts) {}

  /** queueId -> new offset. */
  reset(wish: ResetWish): ReadonlyMap<number, number> | Refusal {
    const { topics, groups, useServerSideResetOffset } = this.parts;
    const topic = topics.find(wish.topic);
    if (topic === undefined) return refuse('TOPIC_NOT_EXIST', `Topic ${wish.topic} does not exist`);
    if (groups.find(wish.group) === undefined) return refuse('SUBSCRIPTION_GROUP_NOT_EXIST', `Group ${wish.group} does not exist`);
    if (wish.queueId >= topic.readQueueNums) {
      return refuse('SYSTEM_ERROR', `Topic ${wish.topic} has no queue ${wish.queueId}, only 0..${topic.readQueueNums - 1}`);
    }
    const queueIds = wish.queueId >= 0 ? [wish.queueId] : Array.from({ length: topic.readQueueNums }, (_, queueId) => queueId);
    const offsets = new Map<number, number>();
    for (const queueId of queueIds) {
      const target = this.targetOf(wish, queueId);
      if (typeof target !== 'number') return target;
      offsets.set(queueId, target);
    }
    return useServerSideResetOffset ? this.onServer(wish, offsets) : this.onClients(wish, offsets);
  }

  private targetOf({ topic, queueId: only, offset, timestamp }: ResetWish, queueId: number): number | Refusal {
    const queue = this.parts.store.findQueue(topic, queueId);
    const min = queue?.minOffset ?? 0;
    const max = queue?.maxOffset ?? 0;
    if (only >= 0 && offset >= 0) {
      if (offset >= min && offset <= max) return offset;
      return refuse('SYSTEM_ERROR', `Target offset ${offset} is not in the range [${min}, ${max}] of queue ${queueId}`);
    }
    if (queue === undefined) return 0;
    return timestamp < 0 ? max : this.parts.store.searchOffset(queue, timestamp, 'LOWER');
  }

  private onServer({ topic, group }: ResetWish, targets: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
    const { offsets, resets, holds } = this.parts;
    for (const [queueId, offset] of targets) {
      offsets.commit(topic, group, queueId, offset);
      resets.set(topic, group, queueId, offset);
      // Members that wait for messages learn of it now.
      holds.wakeQueue(topic, queueId);
    }
    return targets;
  }

  private onClients(wish: ResetWish, targets: ReadonlyMap<number, number>): ReadonlyMap<number, number> | Refusal {
    const { topic, group, timestamp, isForce } = wish;
    const { consumers, offsets, server, brokerName } = this.parts;
    const members = [...(consumers.find(group)?.channels.values() ?? [])];
    if (members.length === 0) {
      const remark = `Consumer not online, so can not reset offset, Group: ${group} Topic: ${topic} Timestamp: ${timestamp}`;
      return refuse('CONSUMER_NOT_ONLINE', remark);
    }
    // Without force only backwards.
    const wanted = new Map([...targets].filter(([queueId, offset]) => isForce || offset < offsets.query(topic, group, queueId)));
    const body = encodeResetOffsetBody(new Map([...wanted].map(([queueId, offset]) => [{ topic, brokerName, queueId }, offset])));
    for (const { connection } of members) {
      server.invokeOneWay(connection, RESET_CONSUMER_CLIENT_OFFSET, { topic, group, timestamp, isForce }, { body });
    }
    return wanted;
  }
}
