// The stories by the names the command line knows. Each is loaded when it is asked for: a listener class that is only loaded, and never
// started, would be warned of in every application of the process. Must never start one.
import type { Story } from './story.js';

type LoadStory = () => Promise<Story>;

/** What `npm run demo` tells without being asked for something else. */
export const TOUR: readonly string[] = ['order'];

const STORIES: ReadonlyMap<string, LoadStory> = new Map<string, LoadStory>([
  ['order', async () => (await import('./order/order.story.js')).orderStory],
  ['shop', async () => (await import('./shop/shop.story.js')).shopStory],
  ['core/send', async () => (await import('./core/send.story.js')).sendStory],
  ['core/batch', async () => (await import('./core/batch.story.js')).batchStory],
  ['core/delay', async () => (await import('./core/delay.story.js')).delayStory],
  ['core/transaction', async () => (await import('./core/transaction.story.js')).transactionStory],
  ['core/push', async () => (await import('./core/push.story.js')).pushStory],
  ['core/sql-filter', async () => (await import('./core/sql-filter.story.js')).sqlFilterStory],
  ['core/orderly', async () => (await import('./core/orderly.story.js')).orderlyStory],
  ['core/broadcasting', async () => (await import('./core/broadcasting.story.js')).broadcastingStory],
  ['core/retry', async () => (await import('./core/retry.story.js')).retryStory],
  ['core/pull', async () => (await import('./core/pull.story.js')).pullStory],
  ['core/lite-pull', async () => (await import('./core/lite-pull.story.js')).litePullStory],
  ['core/query', async () => (await import('./core/query.story.js')).queryStory],
  ['core/request-reply', async () => (await import('./core/request-reply.story.js')).requestReplyStory],
  ['nest/send', async () => (await import('./nest/send.story.js')).nestSendStory],
  ['nest/batch', async () => (await import('./nest/batch.story.js')).nestBatchStory],
  ['nest/delay', async () => (await import('./nest/delay.story.js')).nestDelayStory],
  ['nest/tag-filter', async () => (await import('./nest/tag-filter.story.js')).nestTagFilterStory],
  ['nest/orderly', async () => (await import('./nest/orderly.story.js')).nestOrderlyStory],
  ['nest/broadcasting', async () => (await import('./nest/broadcasting.story.js')).nestBroadcastingStory],
  ['nest/retry', async () => (await import('./nest/retry.story.js')).nestRetryStory],
  ['nest/receive', async () => (await import('./nest/receive.story.js')).nestReceiveStory],
  ['nest/sql-filter', async () => (await import('./nest/sql-filter.story.js')).nestSqlFilterStory],
  ['nest/request-reply', async () => (await import('./nest/request-reply.story.js')).nestRequestReplyStory],
  ['nest/transaction', async () => (await import('./nest/transaction.story.js')).nestTransactionStory],
]);

export const STORY_NAMES: readonly string[] = [...STORIES.keys()];

export async function loadStory(name: string): Promise<Story> {
  const load = STORIES.get(name);
  if (load === undefined) throw new Error(`no story of the name ${name}`);
  return load();
}

/** Names in the order given; `all` is every one. Those nobody knows come back as unknown. */
export function chooseStories(names: readonly string[]): { chosen: readonly string[]; unknown: string[] } {
  if (names.includes('all')) return { chosen: STORY_NAMES, unknown: [] };
  return { chosen: names.filter((name) => STORIES.has(name)), unknown: names.filter((name) => !STORIES.has(name)) };
}
