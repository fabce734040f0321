// Bodies of POP consumption: batch acknowledgements, assignments, request modes [java BatchAckMessageRequestBody, QueryAssignmentRequestBody,
// SetMessageRequestModeRequestBody].
import type { MessageQueue } from '../../message/index.js';
import { BodyDecodeError, BodyReader, jsonBytes, writeJson } from '../json/index.js';
import { MESSAGE_MODELS, type MessageModel, readMessageQueue } from './heartbeat.js';

export const MESSAGE_REQUEST_MODES = ['PULL', 'POP'] as const;
export type MessageRequestMode = (typeof MESSAGE_REQUEST_MODES)[number];

/** Ours: a set of offsets that reaches further than this beyond its start is refused. */
export const BITSET_BITS_MAX = 1_048_576;

/** Acknowledged messages of one delivery of one queue. */
export interface BatchAck {
  consumerGroup: string;
  /** As the consumer knows it. */
  topic: string;
  /** `0` the topic itself, `1` and `2` its retry topics. */
  retry: string;
  startOffset: number;
  queueId: number;
  reviveQueueId: number;
  popTime: number;
  invisibleTime: number;
  /** Distances from `startOffset`, ascending. */
  distances: number[];
}

export interface BatchAckBody {
  brokerName: string | undefined;
  acks: BatchAck[];
}

export function encodeBatchAck({ brokerName, acks }: BatchAckBody): Uint8Array {
  const short = acks.map((ack) => ({
    b: encodeBitSet(ack.distances),
    c: ack.consumerGroup,
    it: ack.invisibleTime,
    pt: ack.popTime,
    q: ack.queueId,
    r: ack.retry,
    rq: ack.reviveQueueId,
    so: ack.startOffset,
    t: ack.topic,
  }));
  return jsonBytes(writeJson({ acks: short, brokerName }));
}

export function decodeBatchAck(body: Uint8Array): BatchAckBody {
  const reader = BodyReader.parse(body);
  return { brokerName: reader.string('brokerName', undefined), acks: reader.objects('acks').map(readAck) };
}

/** Members have a short name and a long one; Java reads both. */
function readAck(reader: BodyReader): BatchAck {
  const name = (short: string, long: string): string => (reader.has(short) ? short : long);
  return {
    consumerGroup: reader.string(name('c', 'consumerGroup')),
    topic: reader.string(name('t', 'topic')),
    retry: reader.string(name('r', 'retry'), '0'),
    startOffset: reader.integer(name('so', 'startOffset')),
    queueId: reader.integer(name('q', 'queueId')),
    reviveQueueId: reader.integer(name('rq', 'reviveQueueId')),
    popTime: reader.integer(name('pt', 'popTime')),
    invisibleTime: reader.integer(name('it', 'invisibleTime')),
    distances: decodeBitSet(reader.string(name('b', 'bitSet'), '')),
  };
}

function encodeBitSet(distances: readonly number[]): string {
  const bytes = Buffer.alloc(distances.length === 0 ? 0 : (Math.max(...distances) >> 3) + 1);
  for (const distance of distances) bytes[distance >> 3]! |= 1 << (distance & 7);
  return bytes.toString('base64');
}

/** Base64 of bytes, lowest bit first [java BitSet#valueOf]. */
function decodeBitSet(text: string): number[] {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length * 8 > BITSET_BITS_MAX) throw new BodyDecodeError('b', `${bytes.length * 8} bits, at most ${BITSET_BITS_MAX}`);
  const distances: number[] = [];
  for (let at = 0; at < bytes.length; at++) {
    for (let bit = 0; bit < 8; bit++) if ((bytes[at]! & (1 << bit)) !== 0) distances.push(at * 8 + bit);
  }
  return distances;
}

export interface QueryAssignmentRequest {
  topic: string;
  consumerGroup: string;
  clientId: string;
  strategyName: string;
  messageModel: MessageModel;
}

export function encodeQueryAssignmentRequest(request: QueryAssignmentRequest): Uint8Array {
  return jsonBytes(writeJson(request));
}

export function decodeQueryAssignmentRequest(body: Uint8Array): QueryAssignmentRequest {
  const reader = BodyReader.parse(body);
  return {
    topic: reader.string('topic'),
    consumerGroup: reader.string('consumerGroup'),
    clientId: reader.string('clientId', ''),
    strategyName: reader.string('strategyName', ''),
    messageModel: reader.word('messageModel', MESSAGE_MODELS, 'CLUSTERING'),
  };
}

export interface MessageQueueAssignment {
  messageQueue: MessageQueue;
  mode: MessageRequestMode;
}

/** Undefined assignments: the broker cannot say, the client keeps what it has. */
export function encodeQueryAssignmentResponse(messageQueueAssignments: readonly MessageQueueAssignment[] | undefined): Uint8Array {
  return jsonBytes(writeJson({ messageQueueAssignments }));
}

export function decodeQueryAssignmentResponse(body: Uint8Array): MessageQueueAssignment[] | undefined {
  const reader = BodyReader.parse(body);
  if (!reader.has('messageQueueAssignments')) return undefined;
  return reader.objects('messageQueueAssignments').map((entry) => ({
    messageQueue: readMessageQueue(entry.object('messageQueue')!),
    mode: entry.word('mode', MESSAGE_REQUEST_MODES, 'PULL'),
  }));
}

export interface SetMessageRequestMode {
  topic: string;
  consumerGroup: string;
  mode: MessageRequestMode;
  /** How many other members may pop a member's queues; 0 or less: everybody pops everything. */
  popShareQueueNum: number;
}

export function encodeSetMessageRequestMode(mode: SetMessageRequestMode): Uint8Array {
  return jsonBytes(writeJson(mode));
}

export function decodeSetMessageRequestMode(body: Uint8Array): SetMessageRequestMode {
  return readSetMessageRequestMode(BodyReader.parse(body));
}

export function readSetMessageRequestMode(reader: BodyReader): SetMessageRequestMode {
  return {
    topic: reader.string('topic'),
    consumerGroup: reader.string('consumerGroup'),
    mode: reader.word('mode', MESSAGE_REQUEST_MODES, 'PULL'),
    popShareQueueNum: reader.integer('popShareQueueNum', 0),
  };
}
