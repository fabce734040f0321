// Serves RECALL_MESSAGE: a message that waits for its moment is not delivered [java RecallMessageProcessor]. Must never touch the message:
// an entry in the same slot says that it is taken back.
import { Inject, Injectable } from '@nestjs/common';
import { Handles } from 'nest-rocketmq/server';
import type { Clock } from 'rocketmq-core/common';
import { decodeRecallHandle, encodeHost, PROPERTY, type RecallHandle } from 'rocketmq-core/message';
import { RECALL_MESSAGE } from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { BrokerAddress } from '../lifecycle/broker-address.js';
import { type DraftMessage, withHostFlags } from '../message/broker-message.js';
import { MessageIntake } from '../message/message-intake.js';
import { BROKER_CLOCK, BROKER_CONFIG } from '../tokens.js';
import { isWriteable } from '../topic/permission.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { PUT_ANSWERS } from './put-status.js';
import { isRefusal, refuse, type Refusal } from './refusal.js';

type RecallRow = typeof RECALL_MESSAGE;

const RECALL_TAG = '_RECALL_TAG_';
const RECALL_BODY = Buffer.from('0');

@Injectable()
export class RecallProcessor {
  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(BROKER_CLOCK) private readonly clock: Clock,
    private readonly topics: TopicConfigTable,
    private readonly intake: MessageIntake,
    private readonly address: BrokerAddress,
  ) {}

  @Handles(RECALL_MESSAGE)
  async recall(request: ServedRequest<RecallRow>): Promise<Reply<RecallRow>> {
    const { regionId, traceOn } = this.config;
    const extFields = { MSG_REGION: regionId, ...(traceOn ? {} : { TRACE_ON: 'false' }) };
    const handle = this.admit(request);
    if (isRefusal(handle)) return { code: handle.code, remark: handle.remark, extFields };
    const draft = this.recallOf(handle, request);
    const result = await this.intake.put(draft, this.intake.askedBy(draft));
    if (isRefusal(result) || !PUT_ANSWERS[result.status].stored) {
      return { code: 'SYSTEM_ERROR', remark: 'recall failed, execute error', extFields };
    }
    return { code: 'SUCCESS', header: { msgId: handle.messageId }, extFields };
  }

  private admit({ header }: ServedRequest<RecallRow>): RecallHandle | Refusal {
    const { config } = this;
    const now = this.clock.now();
    if (!config.recallMessageEnable) return refuse('NO_PERMISSION', 'recall failed, operation is forbidden');
    const mayWrite = isWriteable(config.brokerPermission) || config.allowRecallWhenBrokerNotWriteable;
    if (now < config.startAcceptSendRequestTimeStamp || !mayWrite) {
      return refuse('SERVICE_NOT_AVAILABLE', 'recall failed, broker service not available');
    }
    if (this.topics.find(header.topic) === undefined) {
      return refuse('TOPIC_NOT_EXIST', `recall failed, the topic[${header.topic}] not exist`);
    }
    const handle = decodeRecallHandle(header.recallHandle);
    if (handle === undefined) return refuse('ILLEGAL_OPERATION', 'recall handle is invalid');
    if (handle.topic !== header.topic) return refuse('ILLEGAL_OPERATION', 'recall failed, topic not match');
    if (handle.brokerName !== config.brokerName) return refuse('ILLEGAL_OPERATION', 'recall failed, broker service not available');
    const leftMs = /^\d{1,15}$/.test(handle.timestamp) ? Number(handle.timestamp) - now : -1;
    if (leftMs <= 0 || leftMs >= config.timerMaxDelaySec * 1000) {
      return refuse('ILLEGAL_OPERATION', 'recall failed, timestamp invalid');
    }
    return handle;
  }

  private recallOf({ topic, messageId, timestamp }: RecallHandle, { header, connection }: ServedRequest<RecallRow>): DraftMessage {
    const bornHost = encodeHost(connection.remoteAddress);
    const { storeHost } = this.address;
    const now = this.clock.now();
    const key = this.config.appendTopicForTimerDeleteKey ? `${topic}+${messageId}` : messageId;
    const properties = new Map<string, string>([
      [PROPERTY.TAGS, RECALL_TAG],
      [PROPERTY.TIMER_DELETE_UNIQUE_KEY, key],
      [PROPERTY.UNIQUE_KEY, messageId],
      [PROPERTY.TIMER_DELIVER_MS, timestamp],
      [PROPERTY.BORN_TIMESTAMP, String(now)],
    ]);
    if (header.producerGroup !== undefined) properties.set(PROPERTY.PRODUCER_GROUP, header.producerGroup);
    return {
      topic,
      queueId: 0,
      flag: 0,
      sysFlag: withHostFlags(0, bornHost, storeHost),
      bornTimestamp: now,
      bornHost,
      storeHost,
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      body: RECALL_BODY,
      properties,
    };
  }
}
