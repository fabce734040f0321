// Serves clients announcing themselves: heartbeat, leaving, and the check of a subscription before a consumer starts.
// Must never fail a whole heartbeat because one of its groups may not exist: that group is left out, the others live.
import { Inject, Injectable } from '@nestjs/common';
import { fail, Handles } from 'nest-rocketmq/server';
import type { Clock } from 'rocketmq-core/common';
import { retryTopicOf } from 'rocketmq-core/message';
import {
  CHECK_CLIENT_CONFIG,
  type ConsumerData,
  decodeCheckClientRequest,
  decodeHeartbeatData,
  HEART_BEAT,
  UNREGISTER_CLIENT,
} from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import type { ClientChannel } from '../client/client-channel.js';
import { ConsumerTable } from '../client/consumer-table.js';
import { ProducerTable } from '../client/producer-table.js';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { ConsumerFilterTable, isTagType } from '../filter/consumer-filter-table.js';
import { isBroken } from '../filter/filter-compiler.js';
import { notSupportedText } from '../filter/message-filter.js';
import { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import { BROKER_CLOCK, BROKER_CONFIG } from '../tokens.js';
import { PERM_READ, PERM_WRITE } from '../topic/permission.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { UNIT_SUB_FLAG } from './send-checks.js';

/** Ours: groups one heartbeat may name. */
export const MAX_GROUPS_PER_HEARTBEAT = 1024;

@Injectable()
export class ClientProcessor {
  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(BROKER_CLOCK) private readonly clock: Clock,
    private readonly producers: ProducerTable,
    private readonly consumers: ConsumerTable,
    private readonly groups: SubscriptionGroupTable,
    private readonly topics: TopicConfigTable,
    private readonly filters: ConsumerFilterTable,
  ) {}

  @Handles(HEART_BEAT)
  heartbeat(request: ServedRequest<typeof HEART_BEAT>): Reply<typeof HEART_BEAT> {
    if (request.body.length === 0) return fail('SYSTEM_ERROR', 'heartbeat without body');
    const data = decodeHeartbeatData(request.body);
    const named = data.producerDataSet.length + data.consumerDataSet.length;
    if (named > MAX_GROUPS_PER_HEARTBEAT) {
      return fail('SYSTEM_ERROR', `heartbeat names ${named} groups, the limit is ${MAX_GROUPS_PER_HEARTBEAT}`);
    }
    const channel: ClientChannel = {
      connection: request.connection,
      clientId: data.clientID,
      language: request.language,
      version: request.version,
      lastHeartbeatMs: this.clock.monotonic(),
    };
    let subscriptionsChanged = data.heartbeatFingerprint === 0;
    for (const consumer of data.consumerDataSet) {
      subscriptionsChanged = this.registerConsumer(consumer, channel, data) || subscriptionsChanged;
    }
    for (const producer of data.producerDataSet) this.producers.register(producer.groupName, channel);
    return { code: 'SUCCESS', extFields: { IS_SUPPORT_HEART_BEAT_V2: 'true', IS_SUB_CHANGE: String(subscriptionsChanged) } };
  }

  @Handles(UNREGISTER_CLIENT)
  unregister({ header, connection }: ServedRequest<typeof UNREGISTER_CLIENT>): Reply<typeof UNREGISTER_CLIENT> {
    if (header.producerGroup !== undefined) this.producers.unregister(header.producerGroup, connection);
    if (header.consumerGroup !== undefined) this.consumers.unregister(header.consumerGroup, connection);
    return { code: 'SUCCESS', header: {} };
  }

  @Handles(CHECK_CLIENT_CONFIG)
  check({ body }: ServedRequest<typeof CHECK_CLIENT_CONFIG>): Reply<typeof CHECK_CLIENT_CONFIG> {
    const subscription = body.length === 0 ? undefined : decodeCheckClientRequest(body).subscriptionData;
    if (subscription === undefined || isTagType(subscription.expressionType)) return { code: 'SUCCESS' };
    const { expressionType, subString } = subscription;
    if (!this.config.enablePropertyFilter) return fail('SYSTEM_ERROR', notSupportedText(expressionType));
    const compiled = this.filters.compiler.compile(expressionType, subString);
    return isBroken(compiled) ? fail('SUBSCRIPTION_PARSE_FAILED', compiled.broken) : { code: 'SUCCESS' };
  }

  /** True when the client must send its subscriptions in full again. */
  private registerConsumer(
    consumer: ConsumerData,
    channel: ClientChannel,
    heartbeat: { heartbeatFingerprint: number; withoutSub: boolean },
  ): boolean {
    const group = this.groups.findOrCreate(consumer.groupName);
    if (group === undefined) return false;
    if (group.retryQueueNums > 0) {
      const topicSysFlag = consumer.unitMode ? UNIT_SUB_FLAG : 0;
      this.topics.createInternal(retryTopicOf(consumer.groupName), group.retryQueueNums, PERM_READ | PERM_WRITE, topicSysFlag);
    }
    const known = this.consumers.find(consumer.groupName);
    // A heartbeat without subscriptions keeps those stored; when none are (a restart), the client is told to send them [reference trap].
    const lost = heartbeat.withoutSub && (known === undefined || known.subscriptions.size === 0);
    const changed = lost || (known?.heartbeatFingerprint ?? 0) !== heartbeat.heartbeatFingerprint;
    this.consumers.register(consumer, channel, { fingerprint: heartbeat.heartbeatFingerprint, keepSubscriptions: heartbeat.withoutSub });
    if (!heartbeat.withoutSub) this.filters.register(consumer.groupName, consumer.subscriptionDataSet);
    return changed;
  }
}
