// What the hot path asks once per topic, or per group and topic, and keeps while the decision version stands. The answers come from the
// functions the processors use; must never say yes where a processor would say no, or where it would do more than append or read.
import { RETRY_PREFIX } from 'rocketmq-core/message';
import type { TagCodeFilter } from 'rocketmq-core/store';
import type { Connection } from 'rocketmq-core/remoting';
import type { DecisionVersion } from '../decision-version.js';
import type { ConsumerOffsetTable } from '../offset/consumer-offset-table.js';
import type { ResetOffsetTable } from '../offset/reset-offset-table.js';
import type { QueueOffsets } from '../offset/queue-offsets.js';
import { checkPullAccess, groupSubscription, type PullTables } from '../processor/pull-checks.js';
import { checkSendTopicName } from '../processor/send-checks.js';
import { tagCodeFilterOf } from '../processor/tag-code-filter.js';

export class HotAdmission {
  constructor(
    private readonly tables: PullTables,
    private readonly offsets: ConsumerOffsetTable,
    private readonly resets: ResetOffsetTable,
    private readonly decisions: DecisionVersion,
    private readonly nowMs: () => number,
  ) {}

  get version(): number {
    return this.decisions.value;
  }

  decideSend(topic: string): HotSendDecision | undefined {
    const { config, topics } = this.tables;
    const known = topics.find(topic);
    if (known === undefined || known.topicFilterType !== 'SINGLE_TAG' || topic.startsWith(RETRY_PREFIX)) return undefined;
    if (this.nowMs() < config.startAcceptSendRequestTimeStamp) return undefined;
    if (checkSendTopicName(config, topic, known) !== undefined) return undefined;
    return { queueCount: Math.max(known.readQueueNums, known.writeQueueNums) };
  }

  decidePull(consumerGroup: string, topic: string): HotPullDecision | undefined {
    const { config } = this.tables;
    const target = { consumerGroup, topic, queueId: 0, isLitePull: true, remoteAddress: '' };
    // A group is made by the processor, never by asking.
    if (this.tables.groups.find(consumerGroup) === undefined || config.slaveReadEnable) return undefined;
    // Answered with the new offset by the processor.
    if (this.resets.has(topic, consumerGroup)) return undefined;
    const access = checkPullAccess(this.tables, target);
    if ('refused' in access) return undefined;
    const subscription = groupSubscription(this.tables, target, access.group, 0);
    if ('refused' in subscription || (subscription.expressionType ?? 'TAG') !== 'TAG') return undefined;
    if (access.topic.topicSysFlag !== 0 || access.group.groupSysFlag !== 0) return undefined;
    const broadcasting = this.tables.consumers.find(consumerGroup)?.messageModel === 'BROADCASTING';
    return new HotPullDecision(
      access.topic.readQueueNums,
      subscription.subVersion,
      tagCodeFilterOf(subscription),
      broadcasting ? undefined : this.offsets.of(topic, consumerGroup),
      this.offsets,
    );
  }
}

export interface HotSendDecision {
  readonly queueCount: number;
}

/** May this group read this topic, with which filter, and where its offsets go. */
export class HotPullDecision {
  readonly suggestWhichBrokerId = 0;

  constructor(
    readonly readQueueCount: number,
    readonly subVersion: number,
    readonly filter: TagCodeFilter | undefined,
    private readonly committed: QueueOffsets | undefined,
    private readonly table: ConsumerOffsetTable,
  ) {}

  commitOffset(_clientAddress: Connection['remoteAddress'], queueId: number, consumerOffset: number): void {
    if (this.committed === undefined || queueId >= this.readQueueCount || !(consumerOffset >= 0)) return;
    this.committed.set(queueId, consumerOffset);
    this.table.noteCommit();
  }
}
