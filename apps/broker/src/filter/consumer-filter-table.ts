// The filters groups registered with their heartbeats: topic -> group -> expression, compiled once. Kept in consumerFilter.json, so that a
// restarted broker knows them before the next heartbeat [java ConsumerFilterManager]. Must never hold a filter that does not compile.
import type { Logger } from 'rocketmq-core/common';
import type { SqlExpression } from 'rocketmq-core/filter';
import type { SubscriptionData } from 'rocketmq-core/message';
import { BloomFilter, type BloomFilterData, type BloomSettings } from './bloom-filter.js';
import { type FilterCompiler, isBroken } from './filter-compiler.js';

/** One entry of the file. */
export interface ConsumerFilterRecord {
  bloomFilterData: BloomFilterData;
  bornTime: number;
  /** Version of the subscription it came with. */
  clientVersion: number;
  consumerGroup: string;
  dead: boolean;
  /** 0 while the group is connected. */
  deadTime: number;
  expression: string;
  expressionType: string;
  topic: string;
}

export interface ConsumerFilterFile {
  filterDataByTopic: Map<string, { groupFilterData: Map<string, ConsumerFilterRecord>; topic: string }>;
}

export interface ConsumerFilter {
  readonly record: ConsumerFilterRecord;
  readonly compiled: SqlExpression;
}

export interface FilterTableSettings extends BloomSettings {
  /** How long the filter of a group that has gone is kept. */
  readonly filterDataCleanTimeSpan: number;
}

/** Ours: filters of all groups and topics together; more are not registered, and pulls that need them are told so. */
export const REGISTERED_FILTERS_MAX = 100_000;
const FAILURES_PER_LINE = 1000;
/** At load every group counts as gone for this long [java ConsumerFilterManager#decode]. */
const DEAD_AT_LOAD_MS = 30_000;

export class ConsumerFilterTable {
  private readonly topics = new Map<string, Map<string, ConsumerFilter>>();
  private readonly bloom: BloomFilter;
  private count = 0;
  private failures = 0;

  constructor(
    private readonly settings: FilterTableSettings,
    readonly compiler: FilterCompiler,
    private readonly nowMs: () => number,
    private readonly logger: Logger,
  ) {
    this.bloom = new BloomFilter(settings);
  }

  find(topic: string, consumerGroup: string): ConsumerFilter | undefined {
    return this.topics.get(topic)?.get(consumerGroup);
  }

  /** The whole of a group's subscriptions, as a heartbeat brings them: filters of topics no longer named are dead. */
  register(consumerGroup: string, subscriptions: readonly SubscriptionData[]): void {
    const named = new Set<string>();
    for (const subscription of subscriptions) {
      named.add(subscription.topic);
      if (isTagType(subscription.expressionType) || subscription.subString === '') continue;
      this.registerOne(consumerGroup, subscription);
    }
    if (this.count > 0) this.bury(consumerGroup, (topic) => !named.has(topic));
  }

  /** The group has no member left here. */
  unregister(consumerGroup: string): void {
    if (this.count > 0) this.bury(consumerGroup, () => true);
  }

  load(file: ConsumerFilterFile): void {
    this.topics.clear();
    this.count = 0;
    for (const [topic, { groupFilterData }] of file.filterDataByTopic) {
      for (const [group, record] of groupFilterData) {
        const compiled = this.compiler.compile(record.expressionType, record.expression);
        if (isBroken(compiled)) continue;
        const deadTime = record.deadTime === 0 ? Math.max(this.nowMs() - DEAD_AT_LOAD_MS, record.bornTime) : record.deadTime;
        const bloomFilterData = this.bloom.positionsOf(`${group}#${topic}`);
        this.put({ record: { ...record, topic, consumerGroup: group, deadTime, dead: true, bloomFilterData }, compiled });
      }
    }
  }

  /** Leaves out, and forgets, groups that have been gone for too long. */
  toFile(): ConsumerFilterFile {
    const oldest = this.nowMs() - this.settings.filterDataCleanTimeSpan;
    const filterDataByTopic: ConsumerFilterFile['filterDataByTopic'] = new Map();
    for (const [topic, groups] of this.topics) {
      for (const [group, { record }] of groups) {
        if (record.dead && record.deadTime <= oldest) this.remove(topic, group);
      }
      if (groups.size === 0) continue;
      filterDataByTopic.set(topic, { groupFilterData: new Map([...groups].map(([group, { record }]) => [group, record])), topic });
    }
    return { filterDataByTopic };
  }

  get size(): number {
    return this.count;
  }

  /** A message was left out since a property does not compare with what stands beside it: told of now and then. */
  noteFailure(topic: string, consumerGroup: string, expression: string): void {
    if (this.failures++ % FAILURES_PER_LINE !== 0) return;
    const context = { topic, consumerGroup, expression, messages: this.failures };
    this.logger.warn('a message does not match its SQL92 filter because a property is no number where the filter needs one', context);
  }

  /** Gives way only to a greater version; a text that does not compile takes the old one with it, so that pulls say so. */
  private registerOne(consumerGroup: string, { topic, subString, expressionType, subVersion }: SubscriptionData): void {
    const old = this.find(topic, consumerGroup);
    if (old !== undefined && subVersion < old.record.clientVersion) return;
    if (old !== undefined && (subVersion === old.record.clientVersion || isSame(old.record, subString, expressionType))) {
      old.record.clientVersion = subVersion;
      old.record.deadTime = 0;
      old.record.dead = false;
      return;
    }
    const compiled = this.compiler.compile(expressionType, subString);
    if (isBroken(compiled)) {
      this.remove(topic, consumerGroup);
      return;
    }
    if (old === undefined && this.count >= REGISTERED_FILTERS_MAX) return;
    const record: ConsumerFilterRecord = {
      bloomFilterData: this.bloom.positionsOf(`${consumerGroup}#${topic}`),
      bornTime: this.nowMs(),
      clientVersion: subVersion,
      consumerGroup,
      dead: false,
      deadTime: 0,
      expression: subString,
      expressionType,
      topic,
    };
    this.put({ record, compiled });
  }

  private bury(consumerGroup: string, which: (topic: string) => boolean): void {
    for (const [topic, groups] of this.topics) {
      const filter = groups.get(consumerGroup);
      if (filter === undefined || filter.record.dead || !which(topic)) continue;
      filter.record.dead = true;
      filter.record.deadTime = Math.max(this.nowMs(), filter.record.bornTime);
    }
  }

  private put(filter: ConsumerFilter): void {
    const { topic, consumerGroup } = filter.record;
    let groups = this.topics.get(topic);
    if (groups === undefined) this.topics.set(topic, (groups = new Map()));
    if (!groups.has(consumerGroup)) this.count++;
    groups.set(consumerGroup, filter);
  }

  private remove(topic: string, consumerGroup: string): void {
    const groups = this.topics.get(topic);
    if (groups?.delete(consumerGroup) !== true) return;
    this.count--;
    if (groups.size === 0) this.topics.delete(topic);
  }
}

export function isTagType(expressionType: string | undefined): boolean {
  return expressionType === undefined || expressionType === '' || expressionType === 'TAG';
}

function isSame(record: ConsumerFilterRecord, expression: string, expressionType: string): boolean {
  return record.expression === expression && record.expressionType === expressionType;
}
