// Asks the brokers what a group has committed on each queue of a topic: what a consumer that starts now begins with. Must never change anything.
import { LoopTurn, silentLogger, SystemClock } from 'rocketmq-core/common';
import { BrokerReplyError } from 'rocketmq-core/errors';
import {
  type BrokerData,
  decodeTopicRouteData,
  GET_MAX_OFFSET,
  GET_ROUTEINFO_BY_TOPIC,
  QUERY_CONSUMER_OFFSET,
} from 'rocketmq-core/protocol';
import { createRemotingClient, NodeNetwork, type RemotingClient } from 'rocketmq-core/remoting';

export interface CommittedOffset {
  readonly queue: string;
  /** Next offset the group consumes; -1: nothing committed yet. */
  readonly committed: number;
  /** Next offset that will be written. */
  readonly maxOffset: number;
}

const TIMEOUT_MS = 3000;

export async function fetchCommittedOffsets(nameServer: string, topic: string, consumerGroup: string): Promise<CommittedOffset[]> {
  const client = createRemotingClient({ network: new NodeNetwork(), clock: new SystemClock(), logger: silentLogger, turn: new LoopTurn() });
  try {
    const answer = await client.call(GET_ROUTEINFO_BY_TOPIC, nameServer.split(';')[0]!, { topic }, { timeoutMs: TIMEOUT_MS });
    const route = decodeTopicRouteData(answer.body);
    const rows: CommittedOffset[] = [];
    for (const { brokerName, readQueueNums } of route.queueDatas) {
      const address = masterOf(route.brokerDatas.find((broker) => broker.brokerName === brokerName));
      if (address === undefined) continue;
      for (let queueId = 0; queueId < readQueueNums; queueId++) {
        const { header } = await client.call(GET_MAX_OFFSET, address, { topic, queueId }, { timeoutMs: TIMEOUT_MS });
        const committed = await committedOffset(client, address, { consumerGroup, topic, queueId });
        rows.push({ queue: `${brokerName}/${queueId}`, committed, maxOffset: header?.offset ?? -1 });
      }
    }
    return rows;
  } finally {
    await client.shutdown();
  }
}

async function committedOffset(
  client: RemotingClient,
  address: string,
  queue: { consumerGroup: string; topic: string; queueId: number },
): Promise<number> {
  try {
    const { header } = await client.call(QUERY_CONSUMER_OFFSET, address, queue, { timeoutMs: TIMEOUT_MS });
    return header?.offset ?? -1;
  } catch (error) {
    if (error instanceof BrokerReplyError) return -1;
    throw error;
  }
}

const masterOf = (broker: BrokerData | undefined): string | undefined => broker?.brokerAddrs.get(0);
