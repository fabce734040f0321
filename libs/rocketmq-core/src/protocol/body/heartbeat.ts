// What clients tell brokers about themselves, and what they ask about each other [java HeartbeatData, GetConsumerListByGroupResponseBody, LockBatchRequestBody].
import type { MessageQueue, SubscriptionData } from '../../message/index.js';
import { BodyReader, jsonBytes, writeJson } from '../json/index.js';

export const CONSUME_TYPES = ['CONSUME_ACTIVELY', 'CONSUME_PASSIVELY', 'CONSUME_POP'] as const;
export type ConsumeType = (typeof CONSUME_TYPES)[number];
export const MESSAGE_MODELS = ['BROADCASTING', 'CLUSTERING'] as const;
export type MessageModel = (typeof MESSAGE_MODELS)[number];

export interface ConsumerData {
  groupName: string;
  consumeType: string;
  messageModel: string;
  consumeFromWhere: string;
  subscriptionDataSet: SubscriptionData[];
  unitMode: boolean;
}

export interface HeartbeatData {
  clientID: string;
  producerDataSet: Array<{ groupName: string }>;
  consumerDataSet: ConsumerData[];
  /** 0 for a plain heartbeat. */
  heartbeatFingerprint: number;
  /** The subscriptions are left out because they did not change. */
  withoutSub: boolean;
}

export function encodeHeartbeatData(data: HeartbeatData): Uint8Array {
  return jsonBytes(writeJson(data));
}

export function decodeHeartbeatData(body: Uint8Array): HeartbeatData {
  const reader = BodyReader.parse(body);
  return {
    clientID: reader.string('clientID'),
    producerDataSet: reader.objects('producerDataSet').map((producer) => ({ groupName: producer.string('groupName') })),
    consumerDataSet: reader.objects('consumerDataSet').map((consumer) => ({
      groupName: consumer.string('groupName'),
      consumeType: consumer.word('consumeType', CONSUME_TYPES, 'CONSUME_PASSIVELY'),
      messageModel: consumer.word('messageModel', MESSAGE_MODELS, 'CLUSTERING'),
      consumeFromWhere: consumer.string('consumeFromWhere', 'CONSUME_FROM_LAST_OFFSET'),
      subscriptionDataSet: consumer.objects('subscriptionDataSet').map(readSubscriptionData),
      unitMode: consumer.boolean('unitMode', false),
    })),
    heartbeatFingerprint: reader.integer('heartbeatFingerprint', 0),
    withoutSub: reader.boolean('withoutSub', false),
  };
}

export function readSubscriptionData(reader: BodyReader): SubscriptionData {
  return {
    topic: reader.string('topic'),
    subString: reader.string('subString', '*'),
    tagsSet: reader.strings('tagsSet'),
    codeSet: reader.integers('codeSet'),
    subVersion: reader.integer('subVersion', 0),
    expressionType: reader.string('expressionType', 'TAG'),
    classFilterMode: reader.boolean('classFilterMode', false),
  };
}

export interface ConsumerList {
  consumerIdList: string[];
}

export function encodeConsumerList(list: ConsumerList): Uint8Array {
  return jsonBytes(writeJson(list));
}

export function decodeConsumerList(body: Uint8Array): ConsumerList {
  return { consumerIdList: BodyReader.parse(body).strings('consumerIdList') };
}

export interface LockBatchRequest {
  consumerGroup: string;
  clientId: string;
  mqSet: MessageQueue[];
  onlyThisBroker: boolean;
}

export function encodeLockBatchRequest(request: LockBatchRequest): Uint8Array {
  return jsonBytes(writeJson(request));
}

export function decodeLockBatchRequest(body: Uint8Array): LockBatchRequest {
  const reader = BodyReader.parse(body);
  return {
    consumerGroup: reader.string('consumerGroup'),
    clientId: reader.string('clientId'),
    mqSet: reader.objects('mqSet').map(readMessageQueue),
    onlyThisBroker: reader.boolean('onlyThisBroker', false),
  };
}

export interface LockBatchResponse {
  lockOKMQSet: MessageQueue[];
}

export function encodeLockBatchResponse(response: LockBatchResponse): Uint8Array {
  return jsonBytes(writeJson(response));
}

export function decodeLockBatchResponse(body: Uint8Array): LockBatchResponse {
  return { lockOKMQSet: BodyReader.parse(body).objects('lockOKMQSet').map(readMessageQueue) };
}

export function readMessageQueue(reader: BodyReader): MessageQueue {
  return { topic: reader.string('topic'), brokerName: reader.string('brokerName'), queueId: reader.integer('queueId') };
}

export interface CheckClientRequest {
  clientId: string;
  group: string;
  namespace: string | undefined;
  subscriptionData: SubscriptionData | undefined;
}

export function encodeCheckClientRequest(request: CheckClientRequest): Uint8Array {
  return jsonBytes(writeJson(request));
}

export function decodeCheckClientRequest(body: Uint8Array): CheckClientRequest {
  const reader = BodyReader.parse(body);
  const subscription = reader.object('subscriptionData');
  return {
    clientId: reader.string('clientId', ''),
    group: reader.string('group', ''),
    namespace: reader.string('namespace', undefined),
    subscriptionData: subscription === undefined ? undefined : readSubscriptionData(subscription),
  };
}
