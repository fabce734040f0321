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
  const table = new Map<MessageQueue, number>();
  for (const [key, value] of BodyReader.parse(body).entries('offsetTable')) table.set(readMessageQueue(keyReader(key)), offsetOf(value));
  return table;
}

export function encodeConsumerStatusBody(messageQueueTable: ReadonlyMap<MessageQueue, number>): Uint8Array {
  return jsonBytes(writeJson({ consumerTable: {}, messageQueueTable }));
}

function keyReader(key: JsonValue): BodyReader {
  return typeof key === 'string' ? BodyReader.parse(jsonBytes(key)) : new BodyReader(key, 'offsetTable key');
}

function offsetOf(value: JsonValue): number {
  const offset = Number(value);
  if (!Number.isSafeInteger(offset)) throw new BodyDecodeError('offsetTable', `${String(value)} is no offset`);
  return offset;
}
