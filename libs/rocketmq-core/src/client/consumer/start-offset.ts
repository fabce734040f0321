// Where a group begins on a queue that became its own [java RebalancePushImpl#computePullFromWhereWithException].
// Must never begin at zero because a question failed: it rejects, and the queue is taken in a later round.
import { type MessageQueue, RETRY_PREFIX } from '../../message/index.js';
import type { QueueBounds } from '../instance/queue-bounds.js';
import { parseConsumeTimestamp } from './consume-timestamp.js';
import type { ConsumeFromWhere } from './push-consumer-settings.js';

export interface StartOffsetParts {
  readonly committed: (queue: MessageQueue) => Promise<number | undefined>;
  readonly bounds: Pick<QueueBounds, 'maxOffset' | 'searchOffset'>;
  readonly consumeFromWhere: ConsumeFromWhere;
  readonly consumeTimestamp: string;
}

export async function startOffsetOf(queue: MessageQueue, parts: StartOffsetParts): Promise<number> {
  const committed = await parts.committed(queue);
  if (committed !== undefined && committed >= 0) return committed;
  const isRetry = queue.topic.startsWith(RETRY_PREFIX);
  switch (parts.consumeFromWhere) {
    case 'CONSUME_FROM_FIRST_OFFSET':
      return 0;
    case 'CONSUME_FROM_TIMESTAMP':
      return isRetry ? parts.bounds.maxOffset(queue) : parts.bounds.searchOffset(queue, parseConsumeTimestamp(parts.consumeTimestamp)!);
    case 'CONSUME_FROM_LAST_OFFSET':
      return isRetry ? 0 : parts.bounds.maxOffset(queue);
  }
}
