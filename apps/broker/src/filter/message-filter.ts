// From a subscription to the filter a pull reads with, or to why it cannot read [java PullMessageProcessor#processRequest]. Decisions only:
// must never read the store. Tag subscriptions never come further than the first line.
import type { SqlExpression } from 'rocketmq-core/filter';
import { RETRY_PREFIX, type SubscriptionData } from 'rocketmq-core/message';
import type { TagCodeFilter } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { type Refusal, refuse } from '../processor/refusal.js';
import { tagCodeFilterOf } from '../processor/tag-code-filter.js';
import { type ConsumerFilterTable, isTagType } from './consumer-filter-table.js';
import { isBroken } from './filter-compiler.js';
import { RetrySqlMessageFilter, SqlMessageFilter } from './sql-message-filter.js';

export interface FilterTables {
  readonly config: Pick<BrokerConfig, 'enablePropertyFilter' | 'filterSupportRetry'>;
  readonly filters: ConsumerFilterTable;
}

/** What the request says about the subscription it reads with. */
export interface AskedSubscription {
  /** The request carries it; else it is the one of the group's heartbeats. */
  readonly ownSubscription: boolean;
  readonly subVersion: number;
}

/** Undefined: everything matches. */
export function messageFilterOf(
  { config, filters }: FilterTables,
  consumerGroup: string,
  subscription: SubscriptionData,
  asked: AskedSubscription,
): TagCodeFilter | undefined | Refusal {
  if (isTagType(subscription.expressionType)) return tagCodeFilterOf(subscription);
  const { topic, expressionType, subString } = subscription;
  const expression = asked.ownSubscription
    ? ownExpression(filters, subscription, config.enablePropertyFilter)
    : registeredExpression(filters, consumerGroup, subscription, asked.subVersion);
  if (expression !== undefined && 'refused' in expression) return expression;
  if (!config.enablePropertyFilter) return refuse('SYSTEM_ERROR', notSupportedText(expressionType));
  const failed = (): void => filters.noteFailure(topic, consumerGroup, subString);
  if (config.filterSupportRetry && topic.startsWith(RETRY_PREFIX)) {
    return new RetrySqlMessageFilter((realTopic) => filters.find(realTopic, consumerGroup)?.compiled, failed);
  }
  return expression === undefined ? undefined : new SqlMessageFilter(expression, failed);
}

/** Apache's sentence; people search for it. */
export function notSupportedText(expressionType: string): string {
  return `The broker does not support consumer to filter message by ${expressionType}`;
}

/** Undefined: not looked at, since filters are off. Apache's check of a broken text is a Java assertion, off as a rule: it delivers all. */
function ownExpression(
  { compiler }: ConsumerFilterTable,
  { expressionType, subString }: SubscriptionData,
  enabled: boolean,
): SqlExpression | Refusal | undefined {
  if (!enabled) return undefined;
  const compiled = compiler.compile(expressionType, subString);
  return isBroken(compiled)
    ? refuse('SUBSCRIPTION_PARSE_FAILED', `parse the consumer's subscription failed: ${compiled.broken}`)
    : compiled;
}

function registeredExpression(
  filters: ConsumerFilterTable,
  consumerGroup: string,
  { topic, expressionType, subString }: SubscriptionData,
  subVersion: number,
): SqlExpression | Refusal {
  const filter = filters.find(topic, consumerGroup);
  if (filter === undefined) {
    const compiled = filters.compiler.compile(expressionType, subString);
    const why = isBroken(compiled) ? compiled.broken : 'it was not registered with a heartbeat';
    return refuse('FILTER_DATA_NOT_EXIST', `The broker's consumer filter data is not exist!Your expression may be wrong! ${why}`);
  }
  const known = filter.record.clientVersion;
  if (known < subVersion) {
    return refuse(
      'FILTER_DATA_NOT_LATEST',
      `the consumer's consumer filter data not latest: the broker knows version ${known}, the request has ${subVersion}`,
    );
  }
  return filter.compiled;
}
