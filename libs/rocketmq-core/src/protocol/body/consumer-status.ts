// What a consumer tells about itself and is told: running info, direct consumption, offsets [java ConsumerRunningInfo, ConsumeMessageDirectlyResult,
// GetConsumerStatusBody, ResetOffsetBody].
import type { MessageQueue, SubscriptionData } from '../../message/index.js';
import { BodyDecodeError, BodyReader, jsonBytes, type JsonValue, writeJson } from '../json/index.js';
import { readMessageQueue } from './heartbeat.js';

/** One queue a consumer works on; `droped` is Java's spelling. */
export interface ProcessQueueInfo {
  commitOffset: number;
  cachedMsgMinOffset: number;
  cachedMsgMaxOffset: number;
  cachedMsgCount: number;
  cachedMsgSizeInMiB: number;
  transactionMsgMinOffset: number;
  transactionMsgMaxOffset: number;
  transactionMsgCount: number;
  locked: boolean;
  tryUnlockTimes: number;
  lastLockTimestamp: number;
  droped: boolean;
  lastPullTimestamp: number;
  lastConsumeTimestamp: number;
}

export interface ConsumeStatus {
  pullRT: number;
  pullTPS: number;
  consumeRT: number;
  consumeOKTPS: number;
  consumeFailedTPS: number;
  consumeFailedMsgs: number;
}

export interface ConsumerRunningInfo {
  properties: Map<string, string>;
  subscriptionSet: SubscriptionData[];
  mqTable: Map<MessageQueue, ProcessQueueInfo>;
  mqPopTable: Map<MessageQueue, unknown>;
  statusTable: Map<string, ConsumeStatus>;
  userConsumerInfo: Map<string, string>;
  jstack?: string | undefined;
}

export function encodeConsumerRunningInfo(info: ConsumerRunningInfo): Uint8Array {
  return jsonBytes(writeJson(info));
}

export const CONSUME_RESULTS = ['CR_SUCCESS', 'CR_LATER', 'CR_ROLLBACK', 'CR_COMMIT', 'CR_THROW_EXCEPTION', 'CR_RETURN_NULL'] as const;
export type ConsumeResult = (typeof CONSUME_RESULTS)[number];

export interface ConsumeMessageDirectlyResult {
  order: boolean;
  autoCommit: boolean;
  consumeResult: ConsumeResult;
  remark?: string | undefined;
  spentTimeMills: number;
}

export function encodeConsumeMessageDirectlyResult(result: ConsumeMessageDirectlyResult): Uint8Array {
  return jsonBytes(writeJson(result));
}

/** Queue to offset, with whole queues as keys. */
export function encodeResetOffsetBody(offsetTable: ReadonlyMap<MessageQueue, number>): Uint8Array {
  return jsonBytes(writeJson({ offsetTable }));
}

export function decodeResetOffsetBody(body: Uint8Array): Map<MessageQueue, number> {
  return queueOffsets(BodyReader.parse(body), 'offsetTable');
}

function queueOffsets(reader: BodyReader, name: string): Map<MessageQueue, number> {
  const table = new Map<MessageQueue, number>();
  for (const [key, value] of reader.entries(name)) table.set(readMessageQueue(keyReader(key)), offsetOf(value, name));
  return table;
}

/** A member tells its own queues; a broker tells those of each member by client id. */
export function encodeConsumerStatusBody(
  messageQueueTable: ReadonlyMap<MessageQueue, number>,
  consumerTable: ReadonlyMap<string, ReadonlyMap<MessageQueue, number>> = new Map(),
): Uint8Array {
  return jsonBytes(writeJson({ consumerTable, messageQueueTable }));
}

/** The queues a member tells of itself. */
export function decodeConsumerStatusBody(body: Uint8Array): Map<MessageQueue, number> {
  return queueOffsets(BodyReader.parse(body), 'messageQueueTable');
}

/** Members of a group and what they subscribe to [java ConsumerConnection]. */
export interface ConsumerConnection {
  connectionSet: Array<{ clientAddr: string; clientId: string; language: string; version: number }>;
  consumeFromWhere: string;
  consumeType: string;
  messageModel: string;
  subscriptionTable: Map<string, SubscriptionData>;
}

export function encodeConsumerConnection(connection: ConsumerConnection): Uint8Array {
  return jsonBytes(writeJson(connection));
}

function keyReader(key: JsonValue): BodyReader {
  return typeof key === 'string' ? BodyReader.parse(jsonBytes(key)) : new BodyReader(key, 'offsetTable key');
}

function offsetOf(value: JsonValue, name: string): number {
  const offset = Number(value);
  if (!Number.isSafeInteger(offset)) throw new BodyDecodeError(name, `${String(value)} is no offset`);
  return offset;
}
