// The answer to a pull put in order, for every kind of consumer [java MQClientAPIImpl#processPullResponse, PullAPIWrapper#processPullResult].
// Must never hide a message whose body cannot be read: the caller decides what becomes of it.
import { reasonOf } from '../../common/index.js';
import { BrokerReplyError, ConnectError, IllegalMessageError, MalformedCommandError } from '../../errors/index.js';
import { decodeMessage, type MessageExt, type MessageQueue, PROPERTY, RecordView, type SubscriptionData } from '../../message/index.js';
import { PULL_MESSAGE, RESPONSE_CODES, responseCodeName } from '../../protocol/index.js';
import type { RpcResponse } from '../../remoting/index.js';
import type { ClientInstance } from '../instance/client-instance.js';

/** What a pull can find [java PullStatus]. */
export const PullStatus = {
  /** There are messages, unless none matched here what matched by its hash at the broker. */
  FOUND: 'FOUND',
  /** Nothing at or after the offset. */
  NO_NEW_MSG: 'NO_NEW_MSG',
  /** Messages, but none that match. */
  NO_MATCHED_MSG: 'NO_MATCHED_MSG',
  /** The offset lies outside of the queue; nextBeginOffset is the nearest inside. */
  OFFSET_ILLEGAL: 'OFFSET_ILLEGAL',
} as const;
export type PullStatus = (typeof PullStatus)[keyof typeof PullStatus];

/** A queue, and the replica its broker wants to be asked. */
export interface PulledQueue {
  readonly queue: MessageQueue;
  pullFromBrokerId: number;
}

export interface PullAnswer {
  readonly status: PullStatus;
  readonly nextBeginOffset: number;
  readonly minOffset: number;
  readonly maxOffset: number;
  /** Filtered by tag. */
  readonly messages: MessageExt[];
  /** Those whose body cannot be read, as they are stored. */
  readonly unreadable: MessageExt[];
}

const STATUS_BY_CODE = new Map<number, PullStatus>([
  [RESPONSE_CODES.SUCCESS, 'FOUND'],
  [RESPONSE_CODES.PULL_NOT_FOUND, 'NO_NEW_MSG'],
  [RESPONSE_CODES.PULL_RETRY_IMMEDIATELY, 'NO_MATCHED_MSG'],
  [RESPONSE_CODES.PULL_OFFSET_MOVED, 'OFFSET_ILLEGAL'],
]);

/** Throws BrokerReplyError for every answer that is none of the four statuses. */
export function readPullAnswer(
  instance: ClientInstance,
  pulled: PulledQueue,
  subscription: SubscriptionData,
  { address, code, remark, header, body }: RpcResponse<typeof PULL_MESSAGE>,
): PullAnswer {
  const status = STATUS_BY_CODE.get(code);
  if (status === undefined) throw new BrokerReplyError(address, PULL_MESSAGE.name, code, responseCodeName(code), remark);
  if (header === undefined) throw new MalformedCommandError('the answer to a pull lacks its offsets', { address, code });
  const { nextBeginOffset, minOffset, maxOffset, suggestWhichBrokerId } = header;
  pulled.pullFromBrokerId = suggestWhichBrokerId;
  const { messages, unreadable } = status === 'FOUND' ? readBody(instance, body) : { messages: [], unreadable: [] };
  for (const message of [...messages, ...unreadable]) message.brokerName = pulled.queue.brokerName;
  const wanted = messages.filter((message) => matchesTags(subscription, message));
  for (const message of wanted) {
    message.properties.set(PROPERTY.MIN_OFFSET, String(minOffset));
    message.properties.set(PROPERTY.MAX_OFFSET, String(maxOffset));
  }
  return { status, nextBeginOffset, minOffset, maxOffset, messages: wanted, unreadable };
}

/** Which replica to pull from, asking for the route if need be. */
export async function findBroker(instance: ClientInstance, pulled: PulledQueue): Promise<{ address: string; brokerId: number }> {
  const { brokers, routes } = instance;
  const { topic, brokerName } = pulled.queue;
  const known = brokers.toPullFrom(brokerName, pulled.pullFromBrokerId);
  if (known !== undefined) return known;
  await routes.refresh(topic);
  const found = brokers.toPullFrom(brokerName, pulled.pullFromBrokerId);
  if (found === undefined) throw new ConnectError(brokerName, 'no address of this broker is known');
  return found;
}

/** Brokers match hashes; here the text decides. No tags in the subscription: everything matches. */
function matchesTags(subscription: SubscriptionData, message: MessageExt): boolean {
  if (subscription.tagsSet.length === 0 || subscription.classFilterMode) return true;
  const { tags } = message;
  return tags !== undefined && subscription.tagsSet.includes(tags);
}

/** Record by record, so that one unreadable body does not stop the queue. A body that is no sequence of records throws. */
function readBody(instance: ClientInstance, body: Uint8Array): { messages: MessageExt[]; unreadable: MessageExt[] } {
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
      instance.ports.logger.error(`the body of a message cannot be read: ${reasonOf(error)}`, {
        topic: message.topic,
        msgId: message.msgId,
        queueOffset: message.queueOffset,
      });
      unreadable.push(message);
    }
  }
  return { messages, unreadable };
}
