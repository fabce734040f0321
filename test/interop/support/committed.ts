// What the broker itself holds of a group's progress. Must never ask the consumer, whose last word may still be on its way.
import { fetchCommittedOffsets } from '../../../apps/demo/src/order/committed-offsets.js';
import { until } from '../../support/until.js';
import type { Cluster, Names } from './exchange.js';

/**
 * Waits until the broker holds the end of every queue as the group's offset. A consumer that leaves commits one-way: its process may be gone
 * while an Apache broker has not worked the last of them off, and one that is told to stop then forgets it.
 */
export async function everythingIsCommitted({ nameServer }: Pick<Cluster, 'nameServer'>, { topic, group }: Names): Promise<void> {
  await until(async () => {
    const queues = await fetchCommittedOffsets(nameServer, topic, group);
    return queues.length > 0 && queues.every(({ committed, maxOffset }) => maxOffset === 0 || committed >= maxOffset);
  });
}
