// Serves pulls off the hot path: every check, every outcome, and the hold of those that find nothing.
// Must never suspend a pull twice: what a hold woke is answered with whatever there is.
import { Inject, Injectable } from '@nestjs/common';
import { Handles } from 'nest-rocketmq/server';
import type { Clock } from 'rocketmq-core/common';
import { LITE_PULL_MESSAGE, PULL_MESSAGE, type ResponseCodeName } from 'rocketmq-core/protocol';
import type { Held, HoldToken, Reply, ServedRequest } from 'rocketmq-core/remoting';
import type { GetMessageResult, GetMessageStatus, MessageStore, TagCodeFilter } from 'rocketmq-core/store';
import { ConsumerTable } from '../client/consumer-table.js';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { PullRequestHold } from '../longpolling/pull-request-hold.js';
import { ConsumerFilterTable } from '../filter/consumer-filter-table.js';
import { ConsumerOffsetTable } from '../offset/consumer-offset-table.js';
import { ResetOffsetTable } from '../offset/reset-offset-table.js';
import { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import { BROKER_CLOCK, BROKER_CONFIG, MESSAGE_STORE } from '../tokens.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { GatherBuffer } from './gather-buffer.js';
import { type AdmittedPull, admitPull, PULL_COMMIT_OFFSET, PULL_SUBSCRIPTION, PULL_SUSPEND, type PullFilterTables } from './pull-checks.js';
import { isRefusal } from './refusal.js';

type PullRow = typeof PULL_MESSAGE;
type PullRequest = ServedRequest<PullRow>;

/** Longest a client may ask to be held. */
export const MAX_SUSPEND_MS = 60_000;

const ANSWERS: Readonly<Record<GetMessageStatus, ResponseCodeName>> = {
  FOUND: 'SUCCESS',
  NO_MATCHED_MESSAGE: 'PULL_RETRY_IMMEDIATELY',
  MESSAGE_WAS_REMOVING: 'PULL_RETRY_IMMEDIATELY',
  OFFSET_FOUND_NULL: 'PULL_NOT_FOUND',
  OFFSET_OVERFLOW_ONE: 'PULL_NOT_FOUND',
  OFFSET_OVERFLOW_BADLY: 'PULL_OFFSET_MOVED',
  OFFSET_TOO_SMALL: 'PULL_OFFSET_MOVED',
  // These two depend on the offset asked for: see answerCode.
  NO_MATCHED_LOGIC_QUEUE: 'PULL_NOT_FOUND',
  NO_MESSAGE_IN_QUEUE: 'PULL_NOT_FOUND',
};

@Injectable()
export class PullProcessor {
  private readonly tables: PullFilterTables;
  private readonly gathered = new GatherBuffer();
  private readonly result = emptyResult();
  private readonly probe = emptyResult();

  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(BROKER_CLOCK) private readonly clock: Clock,
    @Inject(MESSAGE_STORE) private readonly store: MessageStore,
    topics: TopicConfigTable,
    groups: SubscriptionGroupTable,
    consumers: ConsumerTable,
    filters: ConsumerFilterTable,
    private readonly offsets: ConsumerOffsetTable,
    private readonly resets: ResetOffsetTable,
    private readonly holds: PullRequestHold,
  ) {
    this.tables = { config, topics, groups, consumers, filters };
  }

  @Handles(PULL_MESSAGE)
  @Handles(LITE_PULL_MESSAGE)
  pull(request: PullRequest, hold: () => HoldToken<PullRow>): Reply<PullRow> | Held {
    return this.serve(request, hold);
  }

  /** One pass. `hold` is absent on the second pass of a held pull: it is answered then. */
  private serve(request: PullRequest, hold: (() => HoldToken<PullRow>) | undefined): Reply<PullRow> | Held {
    const { header } = request;
    const admitted = admitPull(
      this.tables,
      {
        consumerGroup: header.consumerGroup,
        topic: header.topic,
        queueId: header.queueId,
        isLitePull: request.row.code === LITE_PULL_MESSAGE.code,
        remoteAddress: request.connection.remoteAddress,
      },
      {
        ownSubscription: (header.sysFlag & PULL_SUBSCRIPTION) !== 0,
        subscription: header.subscription,
        expressionType: header.expressionType,
        subVersion: header.subVersion,
      },
    );
    if (isRefusal(admitted)) return { code: admitted.code, remark: admitted.remark, extFields: admitted.extFields ?? {} };
    const reset = this.resets.take(header.topic, header.consumerGroup, header.queueId);
    if (reset !== undefined) return this.answerReset(request, admitted, reset);
    const reply = this.read(request, admitted);
    if (hold !== undefined && (header.sysFlag & PULL_COMMIT_OFFSET) !== 0 && !admitted.broadcasting && header.commitOffset >= 0) {
      this.offsets.commit(header.topic, header.consumerGroup, header.queueId, header.commitOffset);
    }
    if (hold === undefined || reply.code !== 'PULL_NOT_FOUND' || (header.sysFlag & PULL_SUSPEND) === 0) return reply;
    return this.suspend(request, admitted, hold);
  }

  private read(request: PullRequest, admitted: AdmittedPull): Reply<PullRow> {
    const { header } = request;
    const { result, gathered } = this;
    gathered.clear();
    const queue = this.store.findQueue(header.topic, header.queueId);
    const maxMessages = Math.min(header.maxMsgNums, this.config.pullBatchMaxMessageCount);
    this.store.get(queue, header.queueOffset, maxMessages, admitted.filter, gathered, result);
    return {
      code: answerCode(result.status, header.queueOffset),
      remark: result.status,
      header: {
        suggestWhichBrokerId: this.suggestedBroker(admitted),
        nextBeginOffset: result.nextBeginOffset,
        minOffset: result.minOffset,
        maxOffset: result.maxOffset,
        topicSysFlag: admitted.topic.topicSysFlag,
        groupSysFlag: admitted.group.groupSysFlag,
      },
      body: result.status === 'FOUND' ? gathered.take() : undefined,
    };
  }

  /** The group's offset was set from outside: the member starts over there, and what it would commit with this pull counts no more. */
  private answerReset({ header }: PullRequest, admitted: AdmittedPull, nextBeginOffset: number): Reply<PullRow> {
    const queue = this.store.findQueue(header.topic, header.queueId);
    return {
      code: 'PULL_OFFSET_MOVED',
      remark: 'OFFSET_RESET',
      header: {
        suggestWhichBrokerId: admitted.group.brokerId,
        nextBeginOffset,
        minOffset: queue?.minOffset ?? 0,
        maxOffset: queue?.maxOffset ?? 0,
        topicSysFlag: admitted.topic.topicSysFlag,
        groupSysFlag: admitted.group.groupSysFlag,
      },
    };
  }

  private suggestedBroker(admitted: AdmittedPull): number {
    if (!this.config.slaveReadEnable) return 0;
    return this.result.suggestPullingFromSlave ? admitted.group.whichBrokerWhenConsumeSlowly : admitted.group.brokerId;
  }

  private suspend(request: PullRequest, admitted: AdmittedPull, hold: () => HoldToken<PullRow>): Reply<PullRow> | Held {
    const { header, connection } = request;
    const asked = this.config.longPollingEnable ? header.suspendTimeoutMillis : this.config.shortPollingTimeMills;
    const held: { token?: HoldToken<PullRow> } = {};
    const kept = this.holds.hold({
      topic: header.topic,
      queueId: header.queueId,
      consumerGroup: header.consumerGroup,
      connection,
      queueOffset: header.queueOffset,
      deadlineMs: this.clock.monotonic() + Math.min(Math.max(asked, 0), MAX_SUSPEND_MS),
      filter: admitted.filter,
      matchesArrived: this.arrivalsOf(header, admitted.filter),
      wake: () => held.token?.reply(this.serve(request, undefined) as Reply<PullRow>),
    });
    if (!kept) return { code: 'SYSTEM_BUSY', remark: '[OVERLOAD]too many pulls are waiting for messages, pull again later', extFields: {} };
    held.token = hold();
    return { held: true };
  }

  /** For a filter that asks records: whether one of those that arrived since is for this pull. Each is asked once. */
  private arrivalsOf(
    { topic, queueId, queueOffset }: PullRequest['header'],
    filter: TagCodeFilter | undefined,
  ): (() => boolean) | undefined {
    if (filter?.matchesRecord === undefined) return undefined;
    const { store, probe, gathered } = this;
    let next = queueOffset;
    return () => {
      gathered.clear();
      store.get(store.findQueue(topic, queueId), next, 1, filter, gathered, probe);
      next = probe.nextBeginOffset;
      // More than one look could take in: the pull itself goes on from there.
      return probe.status === 'FOUND' || next < probe.maxOffset;
    };
  }
}

function emptyResult(): GetMessageResult {
  return {
    status: 'NO_MATCHED_LOGIC_QUEUE',
    nextBeginOffset: 0,
    minOffset: 0,
    maxOffset: 0,
    messageCount: 0,
    byteCount: 0,
    suggestPullingFromSlave: false,
  };
}

/** The answer to a read [java PullMessageProcessor#composeResponseHeader]. */
export function answerCode(status: GetMessageStatus, queueOffset: number): ResponseCodeName {
  const unknownQueue = status === 'NO_MATCHED_LOGIC_QUEUE' || status === 'NO_MESSAGE_IN_QUEUE';
  return unknownQueue && queueOffset !== 0 ? 'PULL_OFFSET_MOVED' : ANSWERS[status];
}
