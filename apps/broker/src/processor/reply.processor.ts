// Serves SEND_REPLY_MESSAGE in both header forms: the reply goes at once to the client that asked, over its own connection, and is kept
// in the reply topic. Must never say success for a reply its requester did not take.
import { Inject, Injectable } from '@nestjs/common';
import { Handles, InjectRemotingServer } from 'nest-rocketmq/server';
import type { Clock, Logger, Random } from 'rocketmq-core/common';
import { decodeProperties, encodeHost, encodeOffsetMessageId, encodeProperties, PROPERTY } from 'rocketmq-core/message';
import { PUSH_REPLY_MESSAGE_TO_CLIENT, SEND_REPLY_MESSAGE, SEND_REPLY_MESSAGE_V2, type TopicConfig } from 'rocketmq-core/protocol';
import type { RemotingServer, Reply, ServedRequest } from 'rocketmq-core/remoting';
import type { MessageStore } from 'rocketmq-core/store';
import { ProducerTable } from '../client/producer-table.js';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { BrokerAddress } from '../lifecycle/broker-address.js';
import { type DraftMessage, withHostFlags } from '../message/broker-message.js';
import { BROKER_CLOCK, BROKER_CONFIG, BROKER_LOGGER, BROKER_RANDOM, MESSAGE_STORE } from '../tokens.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { PUT_ANSWERS } from './put-status.js';
import { isRefusal, refuse, type Refusal } from './refusal.js';
import { admitSend, checkAccepting } from './send-checks.js';

type ReplyRow = typeof SEND_REPLY_MESSAGE;
type ReplyRequest = ServedRequest<ReplyRow>;

/** How long a requester may take to say that it has the reply [java Broker2Client#callClient]. */
const PUSH_TIMEOUT_MS = 10_000;

@Injectable()
export class ReplyProcessor {
  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(BROKER_CLOCK) private readonly clock: Clock,
    @Inject(BROKER_LOGGER) private readonly logger: Logger,
    @Inject(BROKER_RANDOM) private readonly random: Random,
    @Inject(MESSAGE_STORE) private readonly store: MessageStore,
    @InjectRemotingServer() private readonly server: RemotingServer,
    private readonly topics: TopicConfigTable,
    private readonly producers: ProducerTable,
    private readonly address: BrokerAddress,
  ) {}

  @Handles(SEND_REPLY_MESSAGE)
  @Handles(SEND_REPLY_MESSAGE_V2)
  async reply(request: ReplyRequest): Promise<Reply<ReplyRow>> {
    const extFields = { MSG_REGION: this.config.regionId, TRACE_ON: String(this.config.traceOn) };
    const topic = this.admit(request);
    if (isRefusal(topic)) return { code: topic.code, remark: topic.remark, extFields };
    const draft = this.draft(request, topic);
    const pushed = await this.push(request, draft);
    const place = await this.keep(draft);
    const header = { msgId: '0', queueId: draft.queueId, queueOffset: 0, ...place };
    if (pushed !== undefined) return { code: pushed.code, remark: pushed.remark, header, extFields };
    return { code: 'SUCCESS', header, extFields };
  }

  private admit(request: ReplyRequest): TopicConfig | Refusal {
    const { header } = request;
    return (
      checkAccepting(this.config, this.clock.now()) ??
      admitSend(this.config, this.topics, {
        topic: header.topic,
        queueId: header.queueId,
        defaultTopic: header.defaultTopic,
        defaultTopicQueueNums: header.defaultTopicQueueNums,
        unitMode: header.unitMode ?? false,
        remoteAddress: request.connection.remoteAddress,
      })
    );
  }

  private draft({ header, body, connection }: ReplyRequest, topic: TopicConfig): DraftMessage {
    const bornHost = encodeHost(connection.remoteAddress);
    const { storeHost } = this.address;
    const properties = new Map(decodeProperties(header.properties ?? ''));
    properties.set(PROPERTY.MSG_REGION, this.config.regionId);
    properties.set(PROPERTY.TRACE_SWITCH, String(this.config.traceOn));
    return {
      topic: header.topic,
      queueId: header.queueId < 0 ? this.random.int(topic.writeQueueNums) : header.queueId,
      flag: header.flag,
      sysFlag: withHostFlags(header.sysFlag, bornHost, storeHost),
      bornTimestamp: header.bornTimestamp,
      bornHost,
      storeHost,
      reconsumeTimes: header.reconsumeTimes ?? 0,
      preparedTransactionOffset: 0,
      body,
      properties,
      tagsCode: 0n,
    };
  }

  /** To the client whose id the request carried: it must be known here by a producer's heartbeat. */
  private async push({ header, connection }: ReplyRequest, { body, properties }: DraftMessage): Promise<Refusal | undefined> {
    const clientId = properties.get(PROPERTY.REPLY_TO_CLIENT);
    if (clientId === undefined) return refuse('SYSTEM_ERROR', `reply message properties[${PROPERTY.REPLY_TO_CLIENT}] is null`);
    const channel = this.producers.findClient(clientId);
    if (channel === undefined) return refuse('SYSTEM_ERROR', `push reply message fail, channel of <${clientId}> not found.`);
    const now = this.clock.now();
    properties.set(PROPERTY.PUSH_REPLY_TIME, String(now));
    const push = {
      ...header,
      properties: encodeProperties(properties),
      bornHost: connection.remoteAddress,
      storeHost: this.address.brokerAddr,
      storeTimestamp: now,
    };
    try {
      const answer = await this.server.invoke(channel.connection, PUSH_REPLY_MESSAGE_TO_CLIENT, push, { timeoutMs: PUSH_TIMEOUT_MS, body });
      if (answer.code === 0) return undefined;
      this.logger.warn('a reply was not taken by the client that asked', { clientId, code: answer.code, remark: answer.remark });
    } catch (error) {
      this.logger.warn('a reply did not reach the client that asked', { clientId, error });
    }
    return refuse('SYSTEM_ERROR', `push reply message to ${clientId} fail.`);
  }

  /** Whether the reply was kept does not decide the answer: it is for those who look later. */
  private async keep(draft: DraftMessage): Promise<{ msgId: string; queueOffset: number } | undefined> {
    if (!this.config.storeReplyMessageEnable) return undefined;
    const result = await this.store.put(draft);
    const record = result.records[0];
    if (!PUT_ANSWERS[result.status].stored || record === undefined) {
      this.logger.warn('a reply was not stored', { topic: draft.topic, status: result.status, reason: result.reason });
      return undefined;
    }
    return { msgId: encodeOffsetMessageId(this.address.storeHost, record.physicalOffset), queueOffset: record.queueOffset };
  }
}
