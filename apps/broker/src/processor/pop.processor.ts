// Serves POP and peek: checks, the search, and the wait of those that find nothing.
// Must never leave a request unanswered beyond its poll time, nor answer it twice.
import { Inject, Injectable } from '@nestjs/common';
import { Handles } from 'nest-rocketmq/server';
import type { Clock, Logger } from 'rocketmq-core/common';
import { PEEK_MESSAGE, POP_MESSAGE } from 'rocketmq-core/protocol';
import type { Held, HoldToken, Reply, ServedRequest } from 'rocketmq-core/remoting';
import { ConsumerTable } from '../client/consumer-table.js';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { ConsumerFilterTable } from '../filter/consumer-filter-table.js';
import { type PopAsk, type PopResult, PopService } from '../pop/pop-service.js';
import { ANY_QUEUE, PopWaits } from '../pop/pop-waits.js';
import { pollDeadline } from '../pop/poll-deadline.js';
import { SubscriptionGroupTable } from '../subscription/subscription-group-table.js';
import { BROKER_CLOCK, BROKER_CONFIG, BROKER_LOGGER } from '../tokens.js';
import { TopicConfigTable } from '../topic/topic-config-table.js';
import { checkPopAccess, checkPopNumbers, POP_MESSAGES_MAX, popFilterOf } from './pop-checks.js';
import type { PullFilterTables } from './pull-checks.js';
import { isRefusal, type Refusal, refuse } from './refusal.js';

type PopRow = typeof POP_MESSAGE;
type PeekRow = typeof PEEK_MESSAGE;

/** A POP between its first look and its answer. */
interface PopCall {
  readonly request: ServedRequest<PopRow>;
  readonly ask: PopAsk;
  readonly deadlineMs: number;
  hold: () => HoldToken<PopRow>;
  token: HoldToken<PopRow> | undefined;
}

/** How late a request may come: the client has given it up [java PopMessageRequestHeader#isTimeoutTooMuch]. */
const TOO_LATE_MS = 500;
const NO_NUMBERS = { popTime: 0, invisibleTime: 0, reviveQid: 0, restNum: 0 };

@Injectable()
export class PopProcessor {
  private readonly tables: PullFilterTables;

  constructor(
    @Inject(BROKER_CONFIG) private readonly config: BrokerConfig,
    @Inject(BROKER_CLOCK) private readonly clock: Clock,
    @Inject(BROKER_LOGGER) private readonly logger: Logger,
    topics: TopicConfigTable,
    groups: SubscriptionGroupTable,
    consumers: ConsumerTable,
    filters: ConsumerFilterTable,
    private readonly service: PopService,
    private readonly waits: PopWaits,
  ) {
    this.tables = { config, topics, groups, consumers, filters };
  }

  @Handles(POP_MESSAGE)
  pop(request: ServedRequest<PopRow>, hold: () => HoldToken<PopRow>): Reply<PopRow> | Held | Promise<Reply<PopRow> | Held> {
    const ask = this.admit(request);
    if (isRefusal(ask)) return refused(ask);
    const { bornTime, pollTime } = request.header;
    return this.look({ request, ask, deadlineMs: pollDeadline(this.clock, bornTime, pollTime), hold, token: undefined });
  }

  @Handles(PEEK_MESSAGE)
  peek({ header, connection }: ServedRequest<PeekRow>): Reply<PeekRow> {
    const target = { ...header, remoteAddress: connection.remoteAddress };
    const topic = checkPopAccess(this.tables, target, 'peeking');
    if (isRefusal(topic)) return refused(topic);
    if (header.maxMsgNums < 1) {
      return refused(
        refuse('INVALID_PARAMETER', `the broker[${this.config.brokerIP1}] peek message's num ${header.maxMsgNums} is less than 1`),
      );
    }
    const { restNum, records } = this.service.peek({
      topic: header.topic,
      readQueueNums: topic.readQueueNums,
      group: header.consumerGroup,
      queueId: header.queueId,
      maxMessages: Math.min(header.maxMsgNums, POP_MESSAGES_MAX),
    });
    const answer = { ...NO_NUMBERS, restNum };
    if (records.length === 0) return { code: 'PULL_NOT_FOUND', remark: 'NO_MESSAGE_IN_QUEUE', header: answer };
    return { code: 'SUCCESS', remark: 'FOUND', header: answer, body: records };
  }

  private admit({ header, connection }: ServedRequest<PopRow>): PopAsk | Refusal {
    const now = this.clock.now();
    if (now - (header.bornTime || now) - header.pollTime > TOO_LATE_MS) {
      return refuse('POLLING_TIMEOUT', `the broker[${this.config.brokerIP1}] pop message is timeout too much`);
    }
    const target = { ...header, remoteAddress: connection.remoteAddress };
    const numbers = checkPopNumbers(this.config, header.maxMsgNums, header.invisibleTime);
    if (numbers !== undefined) return numbers;
    const topic = checkPopAccess(this.tables, target, 'pop');
    if (isRefusal(topic)) return topic;
    const filter = popFilterOf(this.tables, target, header);
    if (filter !== undefined && isRefusal(filter)) return filter;
    return {
      topic: header.topic,
      readQueueNums: topic.readQueueNums,
      group: header.consumerGroup,
      queueId: Math.max(header.queueId, ANY_QUEUE),
      maxMessages: header.maxMsgNums,
      invisibleTime: header.invisibleTime,
      initMode: header.initMode,
      order: header.order === true,
      attemptId: header.attemptId,
      filter,
    };
  }

  private look(call: PopCall): Reply<PopRow> | Held | Promise<Reply<PopRow> | Held> {
    const result = this.service.pop(call.ask);
    // Nothing found is known at once, so that no message slips in between the look and the wait.
    return 'records' in result
      ? this.outcome(call, result)
      : result.then((found) => (isRefusal(found) ? refused(found) : this.outcome(call, found)));
  }

  private outcome(call: PopCall, result: PopResult): Reply<PopRow> | Held {
    if (result.records.length > 0) return answer('SUCCESS', 'FOUND', call.ask, result);
    const { topic, group, queueId, filter } = call.ask;
    const wait = { topic, group, queueId, filter, connection: call.request.connection, deadlineMs: call.deadlineMs };
    const held = this.waits.hold({ ...wait, wake: () => void this.lookAgain(call) });
    if (held !== 'HELD') return answer(held === 'FULL' ? 'POLLING_FULL' : 'POLLING_TIMEOUT', 'NO_MESSAGE_IN_QUEUE', call.ask, result);
    call.token ??= call.hold();
    if (result.goOn) this.waits.wakeQueue(topic, group, queueId);
    return { held: true };
  }

  private async lookAgain(call: PopCall): Promise<void> {
    try {
      const reply = await this.look(call);
      if (!('held' in reply)) call.token!.reply(reply);
    } catch (error) {
      this.logger.error('a waiting POP failed', { topic: call.ask.topic, group: call.ask.group, error });
      call.token!.reply({ code: 'SYSTEM_ERROR', remark: `POP failed: ${error instanceof Error ? error.message : ''}`, header: NO_NUMBERS });
    }
  }
}

function refused({ code, remark }: Refusal): { code: Refusal['code']; remark: string; header: typeof NO_NUMBERS } {
  return { code, remark, header: NO_NUMBERS };
}

function answer(code: 'SUCCESS' | 'POLLING_FULL' | 'POLLING_TIMEOUT', remark: string, ask: PopAsk, result: PopResult): Reply<PopRow> {
  const { popTime, reviveQueueId: reviveQid, restNum, startOffsetInfo, msgOffsetInfo, orderCountInfo } = result;
  const header = { popTime, invisibleTime: ask.invisibleTime, reviveQid, restNum, startOffsetInfo, msgOffsetInfo, orderCountInfo };
  return code === 'SUCCESS' ? { code, remark, header, body: result.records } : { code, remark, header };
}
