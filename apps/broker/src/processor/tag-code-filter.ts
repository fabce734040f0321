// The broker-side filter of a tag subscription: compares 32-bit tag hashes in consume-queue entries. Pure.
// Must never be the last word: hashes collide, the client compares the tag itself.
import type { SubscriptionData } from 'rocketmq-core/message';
import type { TagCodeFilter } from 'rocketmq-core/store';

const ALL = '*';

/** Undefined: everything matches [java ExpressionMessageFilter#isMatchedByConsumeQueue]. */
export function tagCodeFilterOf(subscription: SubscriptionData): TagCodeFilter | undefined {
  if (subscription.classFilterMode || subscription.subString === ALL) return undefined;
  const codes = new Set<number>(subscription.codeSet);
  return {
    // Only the low half counts: the high one is its sign, or part of a deliver time that no tag filter is meant for.
    matches: (_tagsCodeHigh, tagsCodeLow) => codes.has(tagsCodeLow | 0),
  };
}
