// One pull: the request as the broker wants it, the answer as the loop needs it [java PullAPIWrapper, MQClientAPIImpl#processPullResponse].
import { BrokerReplyError, ConnectError, IllegalMessageError, MalformedCommandError } from '../../errors/index.js';
import { decodeMessage, type MessageExt, PROPERTY, RecordView, type SubscriptionData } from '../../message/index.js';
import {
  PULL_COMMIT_OFFSET,
  PULL_MESSAGE,
  PULL_SUBSCRIPTION,
  PULL_SUSPEND,
  RESPONSE_CODES,
  responseCodeName,
} from '../../protocol/index.js';
import { MASTER_ID } from '../instance/topic-route.js';
import type { ConsumerContext } from './consumer-context.js';
import { textOf } from './error-text.js';
import type { ProcessQueue } from './process-queue.js';

/** How long the broker may hold a pull, and how long its answer is waited for [java DefaultMQPushConsumerImpl]. */
const SUSPEND_MS = 15_000;
const ANSWER_TIMEOUT_MS = 30_000;

export type PullStatus = 'FOUND' | 'NOTHING' | 'OFFSET_ILLEGAL';

export interface PullResult {
  readonly status: PullStatus;
  readonly nextBeginOffset: number;
  /** Filtered by tag. */
  readonly messages: MessageExt[];
  /** Those whose body cannot be read: for the dead-letter queue. */
  readonly unreadable: MessageExt[];
}

const STATUS_BY_CODE = new Map<number, PullStatus>([
  [RESPONSE_CODES.SUCCESS, 'FOUND'],
  [RESPONSE_CODES.PULL_NOT_FOUND, 'NOTHING'],
  [RESPONSE_CODES.PULL_RETRY_IMMEDIATELY, 'NOTHING'],
  [RESPONSE_CODES.PULL_OFFSET_MOVED, 'OFFSET_ILLEGAL'],
]);

/** Rejects with BrokerReplyError for every answer that is none of found, nothing, offset moved. */
export async function pullOnce(
  context: ConsumerContext,
  processQueue: ProcessQueue,
  offset: number,
  subscription: SubscriptionData,
): Promise<PullResult> {
  const { instance, settings } = context;
  const { queue } = processQueue;
  const broker = await findBroker(context, processQueue);
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
  const status = STATUS_BY_CODE.get(response.code);
  if (status === undefined) {
    throw new BrokerReplyError(broker.address, PULL_MESSAGE.name, response.code, responseCodeName(response.code), response.remark);
  }
  if (response.header === undefined) {
    throw new MalformedCommandError('the answer to a pull lacks its offsets', { address: broker.address, code: response.code });
  }
  const { nextBeginOffset, minOffset, maxOffset, suggestWhichBrokerId } = response.header;
  processQueue.pullFromBrokerId = suggestWhichBrokerId;
  const { messages, unreadable } = status === 'FOUND' ? readBody(context, response.body) : { messages: [], unreadable: [] };
  for (const message of [...messages, ...unreadable]) message.brokerName = queue.brokerName;
  const wanted = messages.filter((message) => matchesTags(subscription, message));
  for (const message of wanted) {
    message.properties.set(PROPERTY.MIN_OFFSET, String(minOffset));
    message.properties.set(PROPERTY.MAX_OFFSET, String(maxOffset));
  }
  return { status, nextBeginOffset, messages: wanted, unreadable };
}

/** Brokers match hashes; here the text decides. No tags in the subscription: everything matches. */
export function matchesTags(subscription: SubscriptionData, message: MessageExt): boolean {
  if (subscription.tagsSet.length === 0 || subscription.classFilterMode) return true;
  const { tags } = message;
  return tags !== undefined && subscription.tagsSet.includes(tags);
}

export async function findBroker(
  context: Pick<ConsumerContext, 'instance'>,
  processQueue: Pick<ProcessQueue, 'queue' | 'pullFromBrokerId'>,
): Promise<{ address: string; brokerId: number }> {
  const { brokers, routes } = context.instance;
  const { topic, brokerName } = processQueue.queue;
  const known = brokers.toPullFrom(brokerName, processQueue.pullFromBrokerId);
  if (known !== undefined) return known;
  await routes.refresh(topic);
  const found = brokers.toPullFrom(brokerName, processQueue.pullFromBrokerId);
  if (found === undefined) throw new ConnectError(brokerName, 'no address of this broker is known');
  return found;
}

/** Record by record, so that one unreadable body does not stop the queue. A body that is no sequence of records throws. */
export function readBody(
  context: Pick<ConsumerContext, 'instance'>,
  body: Uint8Array,
): { messages: MessageExt[]; unreadable: MessageExt[] } {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const record = new RecordView();
  const messages: MessageExt[] = [];
  const unreadable: MessageExt[] = [];
  for (let at = 0; at < body.length;) {
    const problem = record.read(view, at, body.length);
    if (problem !== undefined) throw new MalformedCommandError(`pulled record at byte ${at} of ${body.length}: ${problem}`);
    const bytes = body.subarray(at, at + record.totalSize);
    at += record.totalSize;
    try {
      messages.push(decodeMessage(bytes));
    } catch (error) {
      if (!(error instanceof IllegalMessageError)) throw error;
      const message = decodeMessage(bytes, { decompress: false });
      context.instance.ports.logger.error(`the body of a message cannot be read: ${textOf(error)}`, {
        topic: message.topic,
        msgId: message.msgId,
        queueOffset: message.queueOffset,
      });
      unreadable.push(message);
    }
  }
  return { messages, unreadable };
}
