// The stories by the names the command line knows. Must never start one.
import { broadcastingStory } from './core/broadcasting.story.js';
import { orderlyStory } from './core/orderly.story.js';
import { pushStory } from './core/push.story.js';
import { queryStory } from './core/query.story.js';
import { requestReplyStory } from './core/request-reply.story.js';
import { retryStory } from './core/retry.story.js';
import { sqlFilterStory } from './core/sql-filter.story.js';
import { sendStory } from './core/send.story.js';
import { transactionStory } from './core/transaction.story.js';
import { nestBroadcastingStory } from './nest/broadcasting.story.js';
import { nestOrderlyStory } from './nest/orderly.story.js';
import { nestRequestReplyStory } from './nest/request-reply.story.js';
import { nestRetryStory } from './nest/retry.story.js';
import { nestSqlFilterStory } from './nest/sql-filter.story.js';
import { nestTransactionStory } from './nest/transaction.story.js';
import { orderStory } from './order/order.story.js';
import type { Story } from './story.js';

/** What `npm run demo` tells without being asked for something else. */
export const TOUR: readonly Story[] = [orderStory];

export const STORIES: readonly Story[] = [
  orderStory,
  sendStory,
  transactionStory,
  pushStory,
  sqlFilterStory,
  orderlyStory,
  broadcastingStory,
  retryStory,
  queryStory,
  requestReplyStory,
  nestOrderlyStory,
  nestBroadcastingStory,
  nestRetryStory,
  nestSqlFilterStory,
  nestRequestReplyStory,
  nestTransactionStory,
];

/** Stories of these names in the order given; `all` is every one. The names nobody knows come back as unknown. */
export function chooseStories(names: readonly string[]): { chosen: Story[]; unknown: string[] } {
  if (names.includes('all')) return { chosen: [...STORIES], unknown: [] };
  const byName = new Map(STORIES.map((story) => [story.name, story]));
  return {
    chosen: names.flatMap((name) => byName.get(name) ?? []),
    unknown: names.filter((name) => !byName.has(name)),
  };
}
