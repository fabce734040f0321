// One pull with the subscription inside it, of a pull consumer [java PullAPIWrapper#pullKernelImpl]. Nothing is committed by it.
import type { MessageQueue, SubscriptionData } from '../../message/index.js';
import { LITE_PULL_MESSAGE, PULL_LITE, PULL_MESSAGE, PULL_SUBSCRIPTION, PULL_SUSPEND } from '../../protocol/index.js';
import type { RpcResponse } from '../../remoting/index.js';
import { findBroker, type PullAnswer, type PulledQueue, readPullAnswer } from '../consumer/pull-answer.js';
import type { ClientInstance } from '../instance/client-instance.js';

export interface PullOrder {
  readonly consumerGroup: string;
  readonly subscription: SubscriptionData;
  readonly offset: number;
  readonly maxNums: number;
  /** How long the broker may hold it, ms; undefined: not at all. */
  readonly suspendMs: number | undefined;
  readonly timeoutMs: number;
  readonly isLite: boolean;
  readonly signal: AbortSignal;
}

/** From this version on brokers know LITE_PULL_MESSAGE [java MQVersion.Version#V5_0_0]. */
const LITE_PULL_SINCE_VERSION = 413;

/** Rejects with BrokerReplyError for every answer that is none of the four statuses, with the signal's reason when it is aborted. */
export async function pullFrom(instance: ClientInstance, pulled: PulledQueue, order: PullOrder): Promise<PullAnswer> {
  const { address } = await findBroker(instance, pulled);
  const response = await request(instance, address, pulled.queue, order);
  return readPullAnswer(instance, pulled, order.subscription, response);
}

function request(
  instance: ClientInstance,
  address: string,
  queue: MessageQueue,
  order: PullOrder,
): Promise<RpcResponse<typeof PULL_MESSAGE>> {
  const { subscription, suspendMs, timeoutMs, signal } = order;
  const header = {
    consumerGroup: order.consumerGroup,
    topic: queue.topic,
    queueId: queue.queueId,
    queueOffset: order.offset,
    maxMsgNums: order.maxNums,
    sysFlag: (suspendMs === undefined ? 0 : PULL_SUSPEND) | PULL_SUBSCRIPTION | (order.isLite ? PULL_LITE : 0),
    commitOffset: 0,
    suspendTimeoutMillis: suspendMs ?? 0,
    subscription: subscription.subString,
    subVersion: subscription.expressionType === 'TAG' ? 0 : subscription.subVersion,
    expressionType: subscription.expressionType,
    brokerName: queue.brokerName,
  };
  const options = { timeoutMs, signal };
  // A broker that has not answered a heartbeat yet may be an old one, which refuses the newer code.
  if (order.isLite && instance.brokers.versionOf(address) >= LITE_PULL_SINCE_VERSION) {
    return instance.remoting.invoke(LITE_PULL_MESSAGE, address, header, options);
  }
  return instance.remoting.invoke(PULL_MESSAGE, address, header, options);
}
