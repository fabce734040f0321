// What brokers ask of this client, for themselves or for an administrator: codes 39, 40, 220, 221, 307, 309. Must never answer for a group that is
// not here, nor keep the broker waiting for anything but a listener.
import { decodeMessage, type MessageExt, type MessageQueue, PROPERTY } from '../../message/index.js';
import {
  CHECK_TRANSACTION_STATE,
  CONSUME_MESSAGE_DIRECTLY,
  type ConsumeMessageDirectlyResult,
  type ConsumerRunningInfo,
  decodeResetOffsetBody,
  encodeConsumeMessageDirectlyResult,
  encodeConsumerRunningInfo,
  encodeConsumerStatusBody,
  GET_CONSUMER_RUNNING_INFO,
  GET_CONSUMER_STATUS_FROM_CLIENT,
  NOTIFY_CONSUMER_IDS_CHANGED,
  type RequestHeader,
  RESET_CONSUMER_CLIENT_OFFSET,
} from '../../protocol/index.js';
import type { RemotingClient } from '../../remoting/index.js';

/** What a consumer lets be seen and done from outside; each part is absent where the kind of consumer has none. */
export interface ConsumerIntrospection {
  runningInfo?(): ConsumerRunningInfo;
  consumeDirectly?(message: MessageExt): Promise<ConsumeMessageDirectlyResult>;
  offsetsOf?(topic: string): ReadonlyMap<MessageQueue, number>;
  resetOffsets?(offsets: ReadonlyMap<MessageQueue, number>): Promise<void>;
}

/** What a broker asks about a transaction, and where the answer goes. */
export interface TransactionQuestion {
  readonly header: RequestHeader<typeof CHECK_TRANSACTION_STATE>;
  readonly message: MessageExt;
  readonly address: string;
}

/** A producer of transactions, as its instance sees it. */
export type CheckHandler = (question: TransactionQuestion) => void;

export interface ClientRequestParts {
  readonly remoting: RemotingClient;
  find(consumerGroup: string): { readonly introspection?: ConsumerIntrospection } | undefined;
  findChecks(producerGroup: string): CheckHandler | undefined;
  requestRebalance(): void;
  /** Work that nobody waits for. */
  run(what: string, work: () => Promise<unknown>): void;
}

export function serveBrokerRequests({ remoting, find, findChecks, requestRebalance, run }: ClientRequestParts): void {
  remoting.handle(CHECK_TRANSACTION_STATE, ({ header, body, connection }) => {
    const message = decodeMessage(body);
    const msgId = message.properties.get(PROPERTY.UNIQUE_KEY);
    // Brokers of 4.x store no transaction id.
    if (msgId !== undefined) message.properties.set(PROPERTY.TRANSACTION_ID, msgId);
    findChecks(message.properties.get(PROPERTY.PRODUCER_GROUP) ?? '')?.({ header, message, address: connection.remoteAddress });
    return { code: 'SUCCESS' };
  });
  remoting.handle(NOTIFY_CONSUMER_IDS_CHANGED, ({ header }) => {
    if (find(header.consumerGroup) !== undefined) requestRebalance();
    return { code: 'SUCCESS' };
  });
  remoting.handle(RESET_CONSUMER_CLIENT_OFFSET, ({ header, body }) => {
    const offsets = decodeResetOffsetBody(body);
    const consumer = find(header.group)?.introspection;
    if (consumer?.resetOffsets !== undefined) run(`offset reset of group ${header.group}`, () => consumer.resetOffsets!(offsets));
    return { code: 'SUCCESS' };
  });
  remoting.handle(GET_CONSUMER_STATUS_FROM_CLIENT, ({ header }) => {
    const offsets = find(header.group)?.introspection?.offsetsOf?.(header.topic);
    return { code: 'SUCCESS', body: encodeConsumerStatusBody(offsets ?? new Map()) };
  });
  remoting.handle(GET_CONSUMER_RUNNING_INFO, ({ header }) => {
    const info = find(header.consumerGroup)?.introspection?.runningInfo?.();
    if (info === undefined) return { code: 'SYSTEM_ERROR', remark: notHere(header.consumerGroup) };
    return { code: 'SUCCESS', body: encodeConsumerRunningInfo(info) };
  });
  remoting.handle(CONSUME_MESSAGE_DIRECTLY, async ({ header, body }) => {
    const consumer = find(header.consumerGroup)?.introspection;
    if (consumer?.consumeDirectly === undefined) return { code: 'SYSTEM_ERROR', remark: notHere(header.consumerGroup) };
    const message = decodeMessage(body);
    if (header.brokerName !== undefined) message.brokerName = header.brokerName;
    return { code: 'SUCCESS', body: encodeConsumeMessageDirectlyResult(await consumer.consumeDirectly(message)) };
  });
}

const notHere = (consumerGroup: string): string => `The Consumer Group <${consumerGroup}> not exist in this consumer`;
