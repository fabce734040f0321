// What a listener subscribes to, in one form however it was written: topics, each with its selector. Must never check the names.
import type { ListenerSubscription, ResolvedListenerOptions, SelectorType } from './listener-options.js';

export interface Subscription {
  readonly topic: string;
  readonly selectorType: SelectorType;
  /** Tags joined by `||`, `*`, or a SQL92 predicate. */
  readonly selectorExpression: string;
}

type SubscribingOptions = Pick<ResolvedListenerOptions, 'topic' | 'subscriptions' | 'selectorType' | 'selectorExpression'>;

/** `subscriptions`, or each `topic` with the listener's selector. */
export function subscriptionsOf(options: SubscribingOptions): Subscription[] {
  const { topic, subscriptions, selectorType, selectorExpression } = options;
  if (Array.isArray(subscriptions)) return (subscriptions as readonly ListenerSubscription[]).map(withDefaults);
  const topics = Array.isArray(topic) ? (topic as readonly string[]) : [topic as string];
  return topics.map((each) => ({ topic: each, selectorType, selectorExpression }));
}

const withDefaults = ({ topic, selectorType = 'TAG', selectorExpression = '*' }: ListenerSubscription): Subscription => ({
  topic,
  selectorType,
  selectorExpression,
});

/** The tags of an expression; undefined: every message. */
export function tagsOf({ selectorExpression }: Subscription): ReadonlySet<string> | undefined {
  const tags = selectorExpression
    .split('||')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  return tags.length === 0 || (tags.length === 1 && tags[0] === '*') ? undefined : new Set(tags);
}

/** One subscription per topic that brings what all of them want; those of one topic are by tags. */
export function uniteSubscriptions(all: readonly Subscription[]): Subscription[] {
  const byTopic = new Map<string, Subscription>();
  for (const subscription of all) {
    const first = byTopic.get(subscription.topic);
    byTopic.set(subscription.topic, first === undefined ? subscription : unite(first, subscription));
  }
  return [...byTopic.values()];
}

function unite(a: Subscription, b: Subscription): Subscription {
  const [tagsOfA, tagsOfB] = [tagsOf(a), tagsOf(b)];
  const selectorExpression =
    tagsOfA === undefined || tagsOfB === undefined ? '*' : [...new Set([...tagsOfA, ...tagsOfB])].toSorted().join(' || ');
  return { ...a, selectorExpression };
}

/** `topic=orders,refunds selector=TAG "*"`; with selectors of their own: `topic=orders selector=TAG "paid", topic=refunds selector=TAG "*"`. */
export function describeSubscriptions(subscriptions: readonly Subscription[]): string {
  const bySelector = new Map<string, string[]>();
  for (const { topic, selectorType, selectorExpression } of subscriptions) {
    const selector = `selector=${selectorType} "${selectorExpression}"`;
    bySelector.set(selector, [...(bySelector.get(selector) ?? []), topic]);
  }
  return [...bySelector].map(([selector, topics]) => `topic=${topics.join(',')} ${selector}`).join(', ');
}
