// One pull of a push consumer: the request as its broker wants it, held until there is something [java PullAPIWrapper#pullKernelImpl].
import type { SubscriptionData } from '../../message/index.js';
import { PULL_COMMIT_OFFSET, PULL_MESSAGE, PULL_SUBSCRIPTION, PULL_SUSPEND } from '../../protocol/index.js';
import { MASTER_ID } from '../instance/topic-route.js';
import type { ConsumerContext } from './consumer-context.js';
import type { ProcessQueue } from './process-queue.js';
import { findBroker, type PullAnswer, readPullAnswer } from './pull-answer.js';

/** How long the broker may hold a pull, and how long its answer is waited for [java DefaultMQPushConsumerImpl]. */
const SUSPEND_MS = 15_000;
const ANSWER_TIMEOUT_MS = 30_000;

/** Rejects with BrokerReplyError for every answer that is none of found, nothing, offset moved. */
export async function pullOnce(
  context: ConsumerContext,
  processQueue: ProcessQueue,
  offset: number,
  subscription: SubscriptionData,
): Promise<PullAnswer> {
  const { instance, settings } = context;
  const { queue } = processQueue;
  const broker = await findBroker(instance, processQueue);
  const fromMaster = broker.brokerId === MASTER_ID;
  const known = context.offsets.get(queue) ?? 0;
  // A replica does not take commits; offsets of a broadcasting member are not the broker's.
  const commits = settings.messageModel === 'CLUSTERING' && fromMaster && known > 0;
  const response = await instance.remoting.invoke(
    PULL_MESSAGE,
    broker.address,
    {
      consumerGroup: context.consumerGroup,
      topic: queue.topic,
      queueId: queue.queueId,
      queueOffset: offset,
      maxMsgNums: settings.pullBatchSize,
      sysFlag: (commits ? PULL_COMMIT_OFFSET : 0) | PULL_SUSPEND | (settings.postSubscriptionWhenPull ? PULL_SUBSCRIPTION : 0),
      commitOffset: commits ? known : 0,
      suspendTimeoutMillis: SUSPEND_MS,
      ...(settings.postSubscriptionWhenPull ? { subscription: subscription.subString } : {}),
      subVersion: subscription.subVersion,
      expressionType: subscription.expressionType,
      maxMsgBytes: settings.pullBatchSizeInBytes,
      brokerName: queue.brokerName,
    },
    { timeoutMs: ANSWER_TIMEOUT_MS, signal: processQueue.signal },
  );
  return readPullAnswer(instance, processQueue, subscription, response);
}
