// Serves those who want to know before they POP: whether there is something (held while there is not), and how many wait already.
// Must never take a message, nor promise one: somebody else may get it first.
import { Inject, Injectable } from '@nestjs/common';
import { Handles } from 'nest-rocketmq/server';
import type { Clock } from 'rocketmq-core/common';
import { NOTIFICATION, POLLING_INFO } from 'rocketmq-core/protocol';
import type { Held, HoldToken, Reply, ServedRequest } from 'rocketmq-core/remoting';
import { ConsumerTable } from '../client/consumer-table.js';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { ConsumerFilterTable } from '../filter/consumer-filter-table.js';
import { NotificationWaits } from '../pop/notification-waits.js';
import { pollDeadline } from '../pop/poll-deadline.js';
import { PopService } from '../pop/pop-service.js';
import { ANY_QUEUE, PopWaits } from '../pop/pop-waits.js';
import { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import { BROKER_CLOCK, BROKER_CONFIG } from '../tokens.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { checkPopAccess } from './pop-checks.js';
import type { PullFilterTables } from './pull-checks.js';
import { isRefusal } from './refusal.js';

type NotificationRow = typeof NOTIFICATION;
type InfoRow = typeof POLLING_INFO;
type Ask = Parameters<PopService['hasMessages']>[0];

@Injectable()
export class PopNotificationProcessor {
  private readonly tables: PullFilterTables;

  constructor(
    @Inject(BROKER_CONFIG) config: BrokerConfig,
    @Inject(BROKER_CLOCK) private readonly clock: Clock,
    topics: TopicConfigTable,
    groups: SubscriptionGroupTable,
    consumers: ConsumerTable,
    filters: ConsumerFilterTable,
    private readonly service: PopService,
    private readonly waits: NotificationWaits,
    private readonly pops: PopWaits,
  ) {
    this.tables = { config, topics, groups, consumers, filters };
  }

  @Handles(NOTIFICATION)
  notification(request: ServedRequest<NotificationRow>, hold: () => HoldToken<NotificationRow>): Reply<NotificationRow> | Held {
    const { header, connection } = request;
    const topic = checkPopAccess(this.tables, { ...header, remoteAddress: connection.remoteAddress }, 'peeking');
    if (isRefusal(topic)) return { code: topic.code, remark: topic.remark, header: { hasMsg: false, pollingFull: false } };
    const ask: Ask = {
      topic: header.topic,
      readQueueNums: topic.readQueueNums,
      group: header.consumerGroup,
      queueId: Math.max(header.queueId, ANY_QUEUE),
      order: header.order === true,
      attemptId: header.attemptId,
    };
    const deadlineMs = pollDeadline(this.clock, header.bornTime, header.pollTime);
    const held: { token?: HoldToken<NotificationRow> } = {};
    const look = (): Reply<NotificationRow> | Held => {
      if (this.service.hasMessages(ask)) return told(true);
      const outcome = this.waits.hold({ ...ask, connection, deadlineMs, filter: undefined, wake: () => lookAgain() });
      if (outcome !== 'HELD') return told(false, outcome === 'FULL');
      held.token ??= hold();
      return { held: true };
    };
    const lookAgain = (): void => {
      const reply = look();
      if (!('held' in reply)) held.token!.reply(reply);
    };
    return look();
  }

  @Handles(POLLING_INFO)
  pollingInfo({ header, connection }: ServedRequest<InfoRow>): Reply<InfoRow> {
    const { topic, consumerGroup, queueId } = header;
    const access = checkPopAccess(this.tables, { ...header, remoteAddress: connection.remoteAddress }, 'peeking');
    if (isRefusal(access)) return { code: access.code, remark: access.remark, header: { pollingNum: 0 } };
    return { code: 'SUCCESS', header: { pollingNum: this.pops.waiting(topic, consumerGroup, Math.max(queueId, ANY_QUEUE)) } };
  }
}

function told(hasMsg: boolean, pollingFull = false): Reply<NotificationRow> {
  return { code: 'SUCCESS', header: { hasMsg, pollingFull } };
}
