// The names and texts of POP consumption: retry topics of a group and a topic, the handle of a delivered message (POP_CK), and the
// offset lists of an answer [java KeyBuilder, ExtraInfoUtil]. Must never guess: a text that is no handle is none.
import { RETRY_PREFIX } from './names.js';

/** Property of a retried message: when it was delivered first. */
export const FIRST_POP_TIME = '1ST_POP_TIME';
/** Property of a retried message: the group it is retried for. */
export const ORIGIN_GROUP = 'ORIGIN_GROUP';
/** Stands in the place of a revive queue for orderly deliveries, which have no checkpoint. */
export const ORDERLY_REVIVE_QUEUE = 999;

const V1_SEPARATOR = '_';
const V2_SEPARATOR = '+';
const ITEM = ' ';
const ENTRY = ';';

/** Where a message lies: 0 its topic, 1 the retry topic with `_`, 2 the one with `+`. */
export type PopTopicType = 0 | 1 | 2;

export interface PopHandle {
  /** Of the delivery, not of the message. */
  readonly startOffset: number;
  readonly popTime: number;
  readonly invisibleTime: number;
  readonly reviveQueueId: number;
  readonly topicType: PopTopicType;
  readonly brokerName: string;
  readonly queueId: number;
  /** Of the message. */
  readonly queueOffset?: number | undefined;
}

export function popRetryTopicOf(topic: string, group: string, v2 = false): string {
  return `${RETRY_PREFIX}${group}${v2 ? V2_SEPARATOR : V1_SEPARATOR}${topic}`;
}

/** The topic behind a group's POP retry topic; any other topic is itself. */
export function popNormalTopicOf(topic: string, group: string): string {
  for (const separator of [V2_SEPARATOR, V1_SEPARATOR]) {
    const prefix = `${RETRY_PREFIX}${group}${separator}`;
    if (topic.startsWith(prefix)) return topic.slice(prefix.length);
  }
  return topic;
}

export function popTopicTypeOf(topic: string): PopTopicType {
  if (!topic.startsWith(RETRY_PREFIX)) return 0;
  return topic.includes(V2_SEPARATOR) ? 2 : 1;
}

/** The topic a message lies in, from the topic the consumer knows and the type of its handle. */
export function popRealTopicOf(topic: string, group: string, type: PopTopicType): string {
  return type === 0 ? topic : popRetryTopicOf(topic, group, type === 2);
}

export function encodePopHandle(handle: PopHandle): string {
  const { startOffset, popTime, invisibleTime, reviveQueueId, topicType, brokerName, queueId, queueOffset } = handle;
  const items = [startOffset, popTime, invisibleTime, reviveQueueId, topicType, brokerName, queueId];
  if (queueOffset !== undefined) items.push(queueOffset);
  return items.join(ITEM);
}

/** Undefined when the text is no handle. Items behind the eighth are left to who put them there. */
export function decodePopHandle(text: string): PopHandle | undefined {
  const items = text.split(ITEM);
  const [startOffset, popTime, invisibleTime, reviveQueueId, topicType, brokerName, queueId, queueOffset] = items;
  if (queueId === undefined || brokerName === undefined || brokerName === '') return undefined;
  const numbers = [startOffset, popTime, invisibleTime, reviveQueueId, topicType, queueId].map((item) => count(item));
  if (numbers.includes(NaN)) return undefined;
  const last = queueOffset === undefined ? undefined : count(queueOffset);
  if (Number.isNaN(last)) return undefined;
  return {
    startOffset: numbers[0]!,
    popTime: numbers[1]!,
    invisibleTime: numbers[2]!,
    reviveQueueId: numbers[3]!,
    // Java keeps the item as text and compares it with 1 and 2.
    topicType: numbers[4] === 1 || numbers[4] === 2 ? numbers[4] : 0,
    brokerName,
    queueId: numbers[5]!,
    queueOffset: last,
  };
}

function count(item: string | undefined): number {
  const value = item !== undefined && /^\d{1,19}$/.test(item) ? Number(item) : NaN;
  return Number.isSafeInteger(value) ? value : NaN;
}

export const startOffsetEntry = (type: PopTopicType, queueId: number, startOffset: number): string =>
  [type, queueId, startOffset].join(ITEM);

export const messageOffsetEntry = (type: PopTopicType, queueId: number, offsets: readonly number[]): string =>
  [type, queueId, offsets.join(',')].join(ITEM);

/** How often all of a queue's messages were delivered before; what old clients look at. */
export const orderCountEntry = (type: PopTopicType, queueId: number, times: number): string => [type, queueId, times].join(ITEM);

/** How often one message was delivered before. */
export const offsetOrderCountEntry = (type: PopTopicType, queueId: number, offset: number, times: number): string =>
  [type, `qo${queueId}%${offset}`, times].join(ITEM);

export const joinEntries = (entries: readonly string[]): string => entries.join(ENTRY);

/** `type@queueId` (or `type@qo{queueId}%{offset}`) -> the rest of each entry; undefined when an entry has not three items. */
export function parseEntries(info: string): Map<string, string> | undefined {
  const entries = new Map<string, string>();
  for (const entry of info.split(ENTRY)) {
    if (entry === '') continue;
    const [type, place, value, ...more] = entry.split(ITEM);
    if (value === undefined || place === undefined || more.length > 0) return undefined;
    entries.set(`${type}@${place}`, value);
  }
  return entries;
}

/** `type@queueId` -> offsets; undefined when the text is no such list. */
export function parseMessageOffsets(info: string): Map<string, number[]> | undefined {
  const entries = parseEntries(info);
  if (entries === undefined) return undefined;
  const offsets = new Map([...entries].map(([key, value]) => [key, value.split(',').map((item) => count(item))]));
  return [...offsets.values()].flat().includes(NaN) ? undefined : offsets;
}
