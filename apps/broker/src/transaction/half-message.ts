// The records of a transaction: the half message, its copies, its committed form, and the op record that says a half message is done with
// [java TransactionalMessageBridge, EndTransactionProcessor]. Pure; must never touch the store.
import { encodeHost, type MessageExt, PROPERTY, SYS_FLAG } from 'rocketmq-core/message';
import type { PutMessage } from 'rocketmq-core/store';
import { type DraftMessage, withHostFlags } from '../message/broker-message.js';
import { CHECK_MAX_TIME_TOPIC, TRANS_HALF_TOPIC, TRANS_OP_TOPIC } from '../topic/system-topics.js';

/** The only queue half messages go to. */
export const HALF_QUEUE_ID = 0;
/** Tag of an op record: the half messages it names are done with. */
const OP_TAG = 'd';
const OP_SEPARATOR = ',';
/** Queue offset of the first copy, on copies that a broker of Apache's made of a message that asked for a later first check. */
export const PREPARED_QUEUE_OFFSET = 'TRAN_PREPARED_QUEUE_OFFSET';

/** What a producer sent as prepared becomes a half message: kept in the half topic, it remembers where it belongs. */
export function toHalfMessage(draft: DraftMessage): DraftMessage {
  const properties = new Map(draft.properties);
  const uniqueKey = properties.get(PROPERTY.UNIQUE_KEY);
  if (uniqueKey !== undefined) properties.set(PROPERTY.TRANSACTION_ID, uniqueKey);
  properties.set(PROPERTY.REAL_TOPIC, draft.topic);
  properties.set(PROPERTY.REAL_QUEUE_ID, String(draft.queueId));
  return { ...draft, topic: TRANS_HALF_TOPIC, queueId: HALF_QUEUE_ID, sysFlag: draft.sysFlag & ~SYS_FLAG.TRANSACTION_TYPE, properties };
}

/** The message consumers see. Undefined when the half message does not say where it belongs. */
export function committedMessage(half: MessageExt): PutMessage | undefined {
  const topic = half.properties.get(PROPERTY.REAL_TOPIC);
  const queueId = Number(half.properties.get(PROPERTY.REAL_QUEUE_ID) ?? NaN);
  if (topic === undefined || !Number.isInteger(queueId) || queueId < 0) return undefined;
  const properties = new Map(half.properties);
  properties.delete(PROPERTY.REAL_TOPIC);
  properties.delete(PROPERTY.REAL_QUEUE_ID);
  return {
    ...copyOf(half, topic, queueId, properties),
    sysFlag: (sysFlagOf(half) & ~SYS_FLAG.TRANSACTION_TYPE) | SYS_FLAG.TRANSACTION_COMMIT,
    preparedTransactionOffset: half.commitLogOffset,
  };
}

/** The copy that waits for the answer to a check: one check more than the half message had. */
export function checkedCopy(half: MessageExt): PutMessage {
  const properties = withoutFirstPlace(half).set(PROPERTY.TRANSACTION_CHECK_TIMES, String(checkTimesOf(half) + 1));
  return copyOf(half, TRANS_HALF_TOPIC, HALF_QUEUE_ID, properties);
}

/** The copy that lets the half queue go on while a message waits for its own first check; no check is counted. */
export function movedCopy(half: MessageExt): PutMessage {
  return copyOf(half, TRANS_HALF_TOPIC, HALF_QUEUE_ID, withoutFirstPlace(half));
}

/** What becomes of a half message nobody could decide. */
export function discardedCopy(half: MessageExt): PutMessage {
  return copyOf(half, CHECK_MAX_TIME_TOPIC, 0, half.properties);
}

/** One op record per half message: 4.9 brokers read no lists, 5.x brokers read both. */
export function opMessage(halfOffset: number, host: Uint8Array, nowMs: number): PutMessage {
  return {
    topic: TRANS_OP_TOPIC,
    queueId: HALF_QUEUE_ID,
    flag: 0,
    sysFlag: withHostFlags(0, host, host),
    bornTimestamp: nowMs,
    bornHost: host,
    storeHost: host,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: Buffer.from(String(halfOffset)),
    properties: new Map([
      [PROPERTY.WAIT, 'true'],
      [PROPERTY.TAGS, OP_TAG],
    ]),
  };
}

/** Queue offsets in an op record of either form: `12` (4.9.7, ours) or `12,15,18,` (5.x). */
export function halfOffsetsOf(op: MessageExt): number[] {
  if (op.tags !== OP_TAG) return [];
  return op
    .text()
    .split(OP_SEPARATOR)
    .filter((word) => /^\d{1,15}$/.test(word))
    .map(Number);
}

/** Checks asked so far. */
export function checkTimesOf(half: MessageExt): number {
  const times = Number(half.properties.get(PROPERTY.TRANSACTION_CHECK_TIMES) ?? 0);
  return Number.isInteger(times) && times > 0 ? times : 0;
}

/** How long the message is not asked about, ms; undefined when it asks for nothing of its own. */
export function ownImmunityMsOf(half: { properties: ReadonlyMap<string, string> }, transactionTimeOutMs: number): number | undefined {
  const text = half.properties.get(PROPERTY.CHECK_IMMUNITY_TIME_IN_SECONDS);
  if (text === undefined) return undefined;
  return /^[+-]?\d{1,12}$/.test(text) && Number(text) !== -1 ? Number(text) * 1000 : transactionTimeOutMs;
}

/** The same for every record of one transaction: copies after a check, and the records of a send that was tried again. */
export function transactionIdentity(message: { properties: ReadonlyMap<string, string>; bornTimestamp: number }): string {
  const { properties, bornTimestamp } = message;
  return `${properties.get(PROPERTY.PRODUCER_GROUP) ?? ''}\u0001${properties.get(PROPERTY.UNIQUE_KEY) ?? ''}\u0001${bornTimestamp}`;
}

/** True for the committed form of some half message. */
export function isCommitted(message: { sysFlag: number }): boolean {
  return (message.sysFlag & SYS_FLAG.TRANSACTION_TYPE) === SYS_FLAG.TRANSACTION_COMMIT;
}

/**
 * Our copies do not name the first place of their message, as those of Apache's brokers do: our op records also close places that a copy
 * has left, and whoever reads both would take the transaction for decided.
 */
function withoutFirstPlace(half: MessageExt): Map<string, string> {
  const properties = new Map(half.properties);
  properties.delete(PREPARED_QUEUE_OFFSET);
  return properties;
}

function copyOf(half: MessageExt, topic: string, queueId: number, properties: ReadonlyMap<string, string>): PutMessage {
  return {
    topic,
    queueId,
    flag: half.flag,
    sysFlag: sysFlagOf(half),
    bornTimestamp: half.bornTimestamp,
    bornHost: encodeHost(half.bornHost),
    storeHost: encodeHost(half.storeHost),
    reconsumeTimes: half.reconsumeTimes,
    preparedTransactionOffset: 0,
    body: half.body,
    properties,
  };
}

const sysFlagOf = (half: MessageExt): number => withHostFlags(half.sysFlag, encodeHost(half.bornHost), encodeHost(half.storeHost));
