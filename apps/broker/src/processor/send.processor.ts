// Serves sends off the hot path: SEND_MESSAGE in both header forms and SEND_BATCH_MESSAGE, with every check.
// Must never answer before the store has kept the message as configured.
import { Inject, Injectable } from '@nestjs/common';
import { Handles } from 'nest-rocketmq/server';
import type { Clock, Random } from 'rocketmq-core/common';
import {
  decodeBatch,
  decodeProperties,
  encodeHost,
  encodeOffsetMessageId,
  encodeRecallHandle,
  PROPERTY,
  RETRY_PREFIX,
  SYS_FLAG,
} from 'rocketmq-core/message';
import { SEND_BATCH_MESSAGE, SEND_MESSAGE, SEND_MESSAGE_V2, type TopicConfig } from 'rocketmq-core/protocol';
import type { Reply, ServedRequest } from 'rocketmq-core/remoting';
import type { MessageStore, PutMessageResult } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { BrokerAddress } from '../lifecycle/broker-address.js';
import {
  delayLevelOf,
  delayLevelProblem,
  type DraftMessage,
  isPrepared,
  isTimerMessage,
  isTransactional,
  withHostFlags,
} from '../message/broker-message.js';
import { MessageIntake } from '../message/message-intake.js';
import { UniqueIds } from '../message/unique-ids.js';
import { StateSettled } from '../lifecycle/state-settled.js';
import { BROKER_CLOCK, BROKER_CONFIG, BROKER_RANDOM, MESSAGE_STORE } from '../tokens.js';
import { TIMER_TOPIC } from '../topic/system-topics.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { TransactionService } from '../transaction/transaction-service.js';
import { PUT_ANSWERS } from './put-status.js';
import { isRefusal, refuse, type Refusal } from './refusal.js';
import { RetryRedirect } from './retry-redirect.js';
import { admitSend, checkAccepting } from './send-checks.js';

type SendRow = typeof SEND_MESSAGE;
type SendRequest = ServedRequest<SendRow>;

/** Longest topic of a batch, in characters: its records are written in the short form. */
const MAX_BATCH_TOPIC_LENGTH = 127;

@Injectable()
export class SendProcessor {
  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(BROKER_CLOCK) private readonly clock: Clock,
    @Inject(BROKER_RANDOM) private readonly random: Random,
    @Inject(MESSAGE_STORE) private readonly store: MessageStore,
    private readonly topics: TopicConfigTable,
    private readonly retries: RetryRedirect,
    private readonly intake: MessageIntake,
    private readonly uniqueIds: UniqueIds,
    private readonly address: BrokerAddress,
    private readonly settled: StateSettled,
    private readonly transactions: TransactionService,
  ) {}

  @Handles(SEND_MESSAGE)
  @Handles(SEND_MESSAGE_V2)
  async send(request: SendRequest): Promise<Reply<SendRow>> {
    return this.answer(await this.trySend(request));
  }

  @Handles(SEND_BATCH_MESSAGE)
  async sendBatch(request: ServedRequest<typeof SEND_BATCH_MESSAGE>): Promise<Reply<typeof SEND_BATCH_MESSAGE>> {
    return this.answer(await this.trySendBatch(request));
  }

  private async trySend(request: SendRequest): Promise<Reply<SendRow> | Refusal> {
    const { header } = request;
    if (request.body.length === 0) return refuse('SYSTEM_ERROR', `message body of topic[${header.topic}] is empty`);
    const topic = await this.admit(request);
    if (isRefusal(topic)) return topic;
    const draft = this.draft(request, topic);
    const refusal = checkLevel(draft) ?? this.retries.redirect(draft, header, request.version) ?? this.checkKind(draft);
    if (refusal !== undefined) return refusal;
    draft.properties.delete(PROPERTY.POP_CK);
    if (!draft.properties.has(PROPERTY.UNIQUE_KEY)) draft.properties.set(PROPERTY.UNIQUE_KEY, this.uniqueIds.next());
    draft.properties.set(PROPERTY.CLUSTER, this.config.brokerClusterName);
    draft.properties.set(PROPERTY.MSG_REGION, this.config.regionId);
    draft.properties.set(PROPERTY.TRACE_SWITCH, String(this.config.traceOn));
    const { queueId, topic: target } = draft;
    if (isPrepared(draft)) return this.reply(await this.prepare(draft, header), queueId, draft.properties.get(PROPERTY.UNIQUE_KEY));
    const result = await this.intake.put(draft, this.intake.askedBy(draft));
    if (isRefusal(result)) return result;
    const reply = this.reply(result, queueId, draft.properties.get(PROPERTY.UNIQUE_KEY));
    return isRefusal(reply) ? reply : this.withRecallHandle(reply, draft, target);
  }

  private async trySendBatch(request: SendRequest): Promise<Reply<SendRow> | Refusal> {
    const { header } = request;
    const topic = await this.admit(request);
    if (isRefusal(topic)) return topic;
    if (header.topic.length > MAX_BATCH_TOPIC_LENGTH) {
      return refuse('MESSAGE_ILLEGAL', `message topic length over length ${MAX_BATCH_TOPIC_LENGTH}: ${header.topic.length}`);
    }
    if (header.topic.startsWith(RETRY_PREFIX)) {
      return refuse('MESSAGE_ILLEGAL', `batch request does not support retry group ${header.topic.slice(RETRY_PREFIX.length)}`);
    }
    if (request.body.length > this.config.maxMessageSize) {
      return refuse('SYSTEM_ERROR', `batch of ${request.body.length} bytes is over maxMessageSize ${this.config.maxMessageSize}`);
    }
    const frame = this.draft(request, topic);
    const members = decodeBatch(request.body);
    if (members.length === 0) return refuse('MESSAGE_ILLEGAL', 'the batch holds no message');
    const drafts = members.map((member): DraftMessage => ({
      ...frame,
      flag: member.flag,
      body: member.body,
      properties: member.properties,
    }));
    const uniqueKey = frame.properties.get(PROPERTY.UNIQUE_KEY);
    for (const draft of drafts) {
      const refusal = checkLevel(draft);
      if (refusal !== undefined) return refusal;
      if (isTransactional(draft.sysFlag, draft.properties) || delayLevelOf(draft.properties) > 0 || isTimerMessage(draft.properties)) {
        return refuse('MESSAGE_ILLEGAL', 'a batch holds no delayed or transactional messages');
      }
    }
    return this.reply(await this.store.putBatch(drafts), frame.queueId, uniqueKey);
  }

  private async admit(request: SendRequest): Promise<TopicConfig | Refusal> {
    const { header } = request;
    const refusal = checkAccepting(this.config, this.clock.now());
    if (refusal !== undefined) return refusal;
    const isNew = this.topics.find(header.topic) === undefined;
    const topic = admitSend(this.config, this.topics, {
      topic: header.topic,
      queueId: header.queueId,
      defaultTopic: header.defaultTopic,
      defaultTopicQueueNums: header.defaultTopicQueueNums,
      unitMode: header.unitMode ?? false,
      remoteAddress: request.connection.remoteAddress,
    });
    // The answer to the first send of a topic means: it is on disk and routed.
    if (isNew && !isRefusal(topic)) await this.settled.topics();
    return topic;
  }

  private draft(request: SendRequest, topic: TopicConfig): DraftMessage {
    const { header } = request;
    const bornHost = encodeHost(request.connection.remoteAddress);
    const storeHost = this.address.storeHost;
    const sysFlag = topic.topicFilterType === 'MULTI_TAG' ? header.sysFlag | SYS_FLAG.MULTI_TAGS : header.sysFlag;
    return {
      topic: header.topic,
      queueId: header.queueId < 0 ? this.random.int(topic.writeQueueNums) : header.queueId,
      flag: header.flag,
      sysFlag: withHostFlags(sysFlag, bornHost, storeHost),
      bornTimestamp: header.bornTimestamp,
      bornHost,
      storeHost,
      reconsumeTimes: header.reconsumeTimes ?? 0,
      preparedTransactionOffset: 0,
      body: request.body,
      properties: new Map(decodeProperties(header.properties ?? '')),
    };
  }

  private prepare(draft: DraftMessage, header: SendRequest['header']): Promise<PutMessageResult> {
    // Without its group nobody could end it.
    if (!draft.properties.has(PROPERTY.PRODUCER_GROUP)) draft.properties.set(PROPERTY.PRODUCER_GROUP, header.producerGroup);
    return this.transactions.prepare(draft);
  }

  /** Kinds of messages that this broker does not serve are refused, never stored as something else. */
  private checkKind(draft: DraftMessage): Refusal | undefined {
    if (isPrepared(draft)) {
      if (this.config.rejectTransactionMessage) {
        return refuse('NO_PERMISSION', `the broker[${this.config.brokerIP1}] sending transaction message is forbidden`);
      }
      // Apache stores it where nothing ever delivers it.
      if (delayLevelOf(draft.properties) > 0 || isTimerMessage(draft.properties)) {
        return refuse('MESSAGE_ILLEGAL', 'Transactional messages do not support delayed delivery');
      }
      return undefined;
    }
    if (isTransactional(draft.sysFlag, draft.properties)) {
      // A message that was a transaction's and comes to its retry topic is one like any other.
      if (draft.reconsumeTimes > 0) draft.sysFlag &= ~SYS_FLAG.TRANSACTION_TYPE;
      else
        return refuse(
          'MESSAGE_ILLEGAL',
          `sysFlag ${draft.sysFlag} names a transaction, property TRAN_MSG=true does not: nobody would see it`,
        );
    }
    return undefined;
  }

  private reply(result: PutMessageResult, queueId: number, uniqueKey: string | undefined): Reply<SendRow> | Refusal {
    const answer = PUT_ANSWERS[result.status];
    const first = result.records[0];
    if (!answer.stored || first === undefined) {
      return refuse(answer.stored ? 'SYSTEM_ERROR' : answer.code, result.reason ?? `message not stored: ${result.status}`);
    }
    const storeHost = this.address.storeHost;
    return {
      code: answer.code,
      header: {
        msgId: result.records.map((record) => encodeOffsetMessageId(storeHost, record.physicalOffset)).join(','),
        queueId,
        queueOffset: first.queueOffset,
        transactionId: uniqueKey,
      },
    };
  }

  /** Whoever sent a message that waits for its moment can take it back [java SendMessageProcessor#attachRecallHandle]. */
  private withRecallHandle(reply: Reply<SendRow>, draft: DraftMessage, topic: string): Reply<SendRow> {
    if (reply.header === undefined || draft.topic !== TIMER_TOPIC || topic.startsWith(RETRY_PREFIX)) return reply;
    const messageId = draft.properties.get(PROPERTY.UNIQUE_KEY) ?? '';
    const timestamp = String(Number(draft.properties.get(PROPERTY.TIMER_OUT_MS)) + 1);
    const recallHandle = encodeRecallHandle({ topic, brokerName: this.config.brokerName, timestamp, messageId });
    return { ...reply, header: { ...reply.header, recallHandle } };
  }

  /** Every answer of a send names region and trace switch, refusals too: Java clients read them without looking. */
  private answer(outcome: Reply<SendRow> | Refusal): Reply<SendRow> {
    const extFields = { MSG_REGION: this.config.regionId, TRACE_ON: String(this.config.traceOn) };
    if (isRefusal(outcome)) return { code: outcome.code, remark: outcome.remark, extFields };
    return { ...outcome, extFields };
  }
}

/** Apache answers 1 with a NumberFormatException; delivered at once it would be early. */
function checkLevel({ properties }: DraftMessage): Refusal | undefined {
  const problem = delayLevelProblem(properties);
  return problem === undefined ? undefined : refuse('SYSTEM_ERROR', problem);
}
