// What the broker itself holds of a group's progress. Must never ask the consumer, whose last word may still be on its way.
import { BrokerReplyError } from 'rocketmq-core';
import {
  decodeTopicRouteData,
  GET_MAX_OFFSET,
  GET_ROUTEINFO_BY_TOPIC,
  QUERY_CONSUMER_OFFSET,
  RESPONSE_CODES,
} from 'rocketmq-core/protocol';
import { createRemotingClient, type RemotingClient } from 'rocketmq-core/remoting';
import { until } from '../../support/until.js';
import type { Cluster, Names } from './exchange.js';

/**
 * Waits until the broker holds the end of every queue as the group's offset. A consumer that leaves commits one-way: its process may be gone
 * while an Apache broker has not worked the last of them off, and one that is told to stop then forgets it.
 */
export async function everythingIsCommitted(
  cluster: Pick<Cluster, 'nameServer' | 'brokerAddress'>,
  { topic, group }: Names,
): Promise<void> {
  const remoting = createRemotingClient();
  try {
    const route = await remoting.call(GET_ROUTEINFO_BY_TOPIC, cluster.nameServer, { topic });
    const queues = decodeTopicRouteData(route.body!).queueDatas[0]!.readQueueNums;
    await until(async () => {
      for (let queueId = 0; queueId < queues; queueId++) {
        const max = (await remoting.call(GET_MAX_OFFSET, cluster.brokerAddress, { topic, queueId })).header!.offset;
        if (max > 0 && (await committedOf(remoting, cluster.brokerAddress, { topic, consumerGroup: group, queueId })) < max) return false;
      }
      return true;
    });
  } finally {
    await remoting.shutdown();
  }
}

async function committedOf(
  remoting: RemotingClient,
  brokerAddress: string,
  queue: { topic: string; consumerGroup: string; queueId: number },
): Promise<number> {
  try {
    return (await remoting.call(QUERY_CONSUMER_OFFSET, brokerAddress, queue)).header!.offset;
  } catch (error) {
    if (error instanceof BrokerReplyError && error.responseCode === RESPONSE_CODES.QUERY_NOT_FOUND) return -1;
    throw error;
  }
}
