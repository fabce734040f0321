// Serves CONSUMER_SEND_MSG_BACK: a message a consumer could not process goes to the group's retry topic, after a delay, or, out of
// retries, to its dead-letter topic. Must never change the stored message: the log gets a copy.
import { Inject, Injectable } from '@nestjs/common';
import { fail, Handles } from 'nest-rocketmq/server';
import type { Random } from 'rocketmq-core/common';
import {
  decodeMessage,
  dlqTopicOf,
  encodeHost,
  encodeOffsetMessageId,
  type MessageExt,
  PROPERTY,
  retryTopicOf,
} from 'rocketmq-core/message';
import { CONSUMER_SEND_MSG_BACK, type SubscriptionGroupConfig } from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { BrokerAddress } from '../lifecycle/broker-address.js';
import { type DraftMessage, withHostFlags } from '../message/broker-message.js';
import { afterLevel, DELIVER_NOW, type Delivery } from '../message/delivery.js';
import { MessageIntake } from '../message/message-intake.js';
import { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import { BROKER_CONFIG, BROKER_RANDOM, MESSAGE_STORE } from '../tokens.js';
import { isWriteable, PERM_READ, PERM_WRITE } from '../topic/permission.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { isRefusal } from './refusal.js';
import { VERSION_WITH_MAX_RECONSUME_TIMES } from './retry-redirect.js';
import { UNIT_SUB_FLAG } from './send-checks.js';

type SendBackRow = typeof CONSUMER_SEND_MSG_BACK;

/** Level of the first automatic retry: 10 s with Apache's table. */
const FIRST_RETRY_LEVEL = 3;

@Injectable()
export class SendBackProcessor {
  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(BROKER_RANDOM) private readonly random: Random,
    @Inject(MESSAGE_STORE) private readonly store: MessageStore,
    private readonly topics: TopicConfigTable,
    private readonly groups: SubscriptionGroupTable,
    private readonly intake: MessageIntake,
    private readonly address: BrokerAddress,
  ) {}

  @Handles(CONSUMER_SEND_MSG_BACK)
  async sendBack(request: ServedRequest<SendBackRow>): Promise<Reply<SendBackRow>> {
    const { header } = request;
    const group = this.groups.findOrCreate(header.group);
    if (group === undefined) return fail('SUBSCRIPTION_GROUP_NOT_EXIST', `subscription group not exist, ${header.group}`);
    if (!isWriteable(this.config.brokerPermission)) {
      return fail('NO_PERMISSION', `the broker[${this.config.brokerIP1}] sending message is forbidden`);
    }
    if (group.retryQueueNums <= 0) return { code: 'SUCCESS' };
    const sysFlag = header.unitMode ? UNIT_SUB_FLAG : 0;
    const retryTopic = this.topics.createInternal(retryTopicOf(header.group), group.retryQueueNums, PERM_READ | PERM_WRITE, sysFlag);
    if (!isWriteable(retryTopic.perm)) return fail('NO_PERMISSION', `the topic[${retryTopic.topicName}] sending message is forbidden`);
    const record = header.offset < 0 ? undefined : this.store.readRecord(header.offset);
    if (record === undefined) return fail('SYSTEM_ERROR', `look message by offset failed, ${header.offset}`);
    const message = decodeMessage(record, { decompress: false });
    const asked = request.version >= VERSION_WITH_MAX_RECONSUME_TIMES ? header.maxReconsumeTimes : undefined;
    const draft = this.copy(message, retryTopic.topicName);
    const delivery = this.aim(draft, group, { delayLevel: header.delayLevel, maxReconsumeTimes: asked ?? group.retryMaxTimes });
    const result = await this.intake.put(draft, delivery);
    if (isRefusal(result)) return fail(result.code, result.remark);
    return result.status === 'PUT_OK' ? { code: 'SUCCESS' } : fail('SYSTEM_ERROR', result.reason ?? result.status);
  }

  private copy(message: MessageExt, topic: string): DraftMessage {
    const properties = new Map(message.properties);
    if (!properties.has(PROPERTY.RETRY_TOPIC)) properties.set(PROPERTY.RETRY_TOPIC, message.topic);
    if (!properties.has(PROPERTY.ORIGIN_MESSAGE_ID)) {
      properties.set(PROPERTY.ORIGIN_MESSAGE_ID, encodeOffsetMessageId(encodeHost(message.storeHost), message.commitLogOffset));
    }
    properties.set(PROPERTY.WAIT, 'false');
    const bornHost = encodeHost(message.bornHost);
    const { storeHost } = this.address;
    return {
      topic,
      queueId: 0,
      flag: message.flag,
      sysFlag: withHostFlags(message.sysFlag, bornHost, storeHost),
      bornTimestamp: message.bornTimestamp,
      bornHost,
      storeHost,
      reconsumeTimes: message.reconsumeTimes + 1,
      preparedTransactionOffset: 0,
      body: message.body,
      properties,
    };
  }

  /** Retry or dead letter, and when [java AbstractSendMessageProcessor#consumerSendMsgBack]. */
  private aim(draft: DraftMessage, group: SubscriptionGroupConfig, wish: { delayLevel: number; maxReconsumeTimes: number }): Delivery {
    const earlierTimes = draft.reconsumeTimes - 1;
    if (earlierTimes >= wish.maxReconsumeTimes || wish.delayLevel < 0) {
      draft.topic = this.topics.createInternal(dlqTopicOf(group.groupName), 1, PERM_READ | PERM_WRITE).topicName;
      draft.properties.set(PROPERTY.DELAY_TIME_LEVEL, '0');
      return DELIVER_NOW;
    }
    draft.queueId = this.random.int(group.retryQueueNums);
    return afterLevel(wish.delayLevel === 0 ? FIRST_RETRY_LEVEL + earlierTimes : wish.delayLevel);
  }
}
