// Checkpoints and acknowledgements of POP as they lie in the revive topic, byte for byte Apache's [java PopCheckPoint, AckMsg, BatchAckMsg].
// Pure. Must never fail on what somebody else wrote there: a body that is none is undefined.
import { BodyReader, jsonBytes, writeJson } from 'rocketmq-core/protocol';

export const REVIVE_GROUP = 'CID_RMQ_SYS_REVIVE_GROUP';
export const CHECKPOINT_TAG = 'ck';
export const ACK_TAG = 'ack';
export const BATCH_ACK_TAG = 'bAck';
/** The bits of a checkpoint are one 32-bit number. */
export const CHECKPOINT_MESSAGES_MAX = 32;

export const reviveTopicOf = (cluster: string): string => `rmq_sys_REVIVE_LOG_${cluster}`;

/** Which delivery of which queue: what an acknowledgement names its checkpoint by. */
export interface DeliveryKey {
  readonly topic: string;
  readonly consumerGroup: string;
  readonly queueId: number;
  readonly startOffset: number;
  readonly popTime: number;
  readonly brokerName: string;
}

/** One delivery: these messages come back at popTime + invisibleTime, unless acknowledged. */
export interface Checkpoint extends DeliveryKey {
  readonly invisibleTime: number;
  /** Bit i: message i is acknowledged. */
  bitMap: number;
  readonly count: number;
  /** Distance of each message from startOffset; empty in old checkpoints, which have no gaps. */
  readonly distances: readonly number[];
  /** Where the checkpoint lies in its revive queue; known once it has been read. */
  reviveOffset: number;
  /** The delivery that follows does not count as a retry. */
  readonly suspend: boolean;
  /** How often it was written again because a message could not be retried. */
  readonly rePutTimes: number;
}

/** Acknowledgement of one message, or of several of one delivery. */
export interface Acknowledgement extends DeliveryKey {
  readonly offsets: readonly number[];
}

export function reviveTimeOf(checkpoint: Checkpoint): number {
  return checkpoint.popTime + checkpoint.invisibleTime;
}

/** Offset of message `index`. */
export function offsetAt(checkpoint: Checkpoint, index: number): number {
  return checkpoint.startOffset + (checkpoint.distances.length === 0 ? index : checkpoint.distances[index]!);
}

/** Index of the message at this offset, -1 when it is not of this delivery. */
export function indexOfOffset(checkpoint: Checkpoint, offset: number): number {
  const distance = offset - checkpoint.startOffset;
  if (checkpoint.distances.length > 0) return checkpoint.distances.indexOf(distance);
  return distance >= 0 && distance < checkpoint.count ? distance : -1;
}

export function isAcknowledged(checkpoint: Checkpoint, index: number): boolean {
  return (checkpoint.bitMap & (1 << index)) !== 0;
}

/** The same for a checkpoint and for its acknowledgements. Neither names nor numbers hold the separator. */
export function deliveryKeyText(key: DeliveryKey): string {
  return [key.topic, key.consumerGroup, key.queueId, key.startOffset, key.popTime, key.brokerName].join('@');
}

/** UNIQ_KEY of a revive message: `offset` is the start offset of a checkpoint, the offset of an acknowledged message, or -1. */
export function reviveUniqueKey(key: DeliveryKey, offset: number, kind: 'ck' | 'ack'): string {
  return [key.topic, key.queueId, offset, key.consumerGroup, key.popTime, key.brokerName, kind].join('@');
}

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  return jsonBytes(
    writeJson({
      bm: checkpoint.bitMap,
      bn: checkpoint.brokerName,
      c: checkpoint.consumerGroup,
      d: checkpoint.distances,
      it: checkpoint.invisibleTime,
      n: checkpoint.count,
      pt: checkpoint.popTime,
      q: checkpoint.queueId,
      reviveTime: reviveTimeOf(checkpoint),
      ro: checkpoint.reviveOffset,
      rp: checkpoint.rePutTimes === 0 ? undefined : String(checkpoint.rePutTimes),
      so: checkpoint.startOffset,
      sp: checkpoint.suspend,
      t: checkpoint.topic,
    }),
  );
}

/** `queueOffset`: of the message it was read from. `ownBrokerName`: stands for a name that is not there. */
export function decodeCheckpoint(body: Uint8Array, queueOffset: number, ownBrokerName: string): Checkpoint | undefined {
  return tolerant(() => {
    const reader = BodyReader.parse(body);
    const distances = reader.integers('d');
    const count = reader.integer('n', 0);
    if (count < 0 || count > CHECKPOINT_MESSAGES_MAX || (distances.length > 0 && distances.length < count)) return undefined;
    return {
      ...readKey(reader, ownBrokerName),
      invisibleTime: reader.integer('it'),
      bitMap: reader.integer('bm', 0) | 0,
      count,
      distances,
      reviveOffset: queueOffset,
      suspend: reader.boolean('sp', false),
      rePutTimes: reader.integer('rp', 0),
    };
  });
}

export function encodeAck(ack: Acknowledgement): Uint8Array {
  return jsonBytes(writeJson({ ...ackMembers(ack), ao: ack.offsets[0] }));
}

export function encodeBatchAckMessage(ack: Acknowledgement): Uint8Array {
  return jsonBytes(writeJson({ ...ackMembers(ack), ao: -1, aol: ack.offsets }));
}

/** An acknowledgement of one message or, with BATCH_ACK_TAG, of several. */
export function decodeAck(body: Uint8Array, tag: string, ownBrokerName: string): Acknowledgement | undefined {
  return tolerant(() => {
    const reader = BodyReader.parse(body);
    const offsets = tag === BATCH_ACK_TAG ? reader.integers(reader.has('aol') ? 'aol' : 'ackOffsetList') : [reader.integer('ao')];
    return { ...readKey(reader, ownBrokerName), offsets };
  });
}

function ackMembers({ brokerName, consumerGroup, popTime, queueId, startOffset, topic }: DeliveryKey) {
  return { bn: brokerName, c: consumerGroup, pt: popTime, q: queueId, so: startOffset, t: topic };
}

function readKey(reader: BodyReader, ownBrokerName: string): DeliveryKey {
  const brokerName = reader.string('bn', '');
  return {
    topic: reader.string('t'),
    consumerGroup: reader.string('c'),
    queueId: reader.integer('q', 0),
    startOffset: reader.integer('so', 0),
    popTime: reader.integer('pt', 0),
    brokerName: brokerName.trim() === '' ? ownBrokerName : brokerName,
  };
}

function tolerant<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch {
    // JSON of another kind, or none: the caller counts it.
    return undefined;
  }
}
