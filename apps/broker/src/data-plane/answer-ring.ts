// Sends that are staged but not yet confirmed, in log order: who is owed an answer once the log is safe up to where.
// Must never answer one before its record is confirmed (D6), and holds typed arrays only: nothing is allocated per message.
import { copyWords } from 'rocketmq-core/common';
import type { Outbox } from 'rocketmq-core/remoting';
import { UNIQ_KEY_MAX } from 'rocketmq-core/protocol';

/** One owed answer, copied out of the ring. */
export interface OwedAnswer {
  connection: Outbox | undefined;
  serializeType: number;
  opaque: number;
  queueId: number;
  queueOffset: number;
  physicalOffset: number;
  uniqKey: DataView;
  uniqKeyStart: number;
  uniqKeyLength: number;
}

export class AnswerRing {
  private readonly mask: number;
  private readonly connections: Array<Outbox | undefined>;
  private readonly serializeTypes: Uint8Array;
  private readonly opaques: Int32Array;
  private readonly queueIds: Int32Array;
  private readonly queueOffsets: Float64Array;
  private readonly physicalOffsets: Float64Array;
  private readonly endOffsets: Float64Array;
  private readonly stagedAtMs: Float64Array;
  private readonly uniqKeys: DataView;
  private readonly uniqKeyLengths: Uint8Array;
  private head = 0;
  private tail = 0;

  /** `capacity`: answers owed at most, a power of two. */
  constructor(readonly capacity: number) {
    this.mask = capacity - 1;
    this.connections = Array.from({ length: capacity }, () => undefined);
    this.serializeTypes = new Uint8Array(capacity);
    this.opaques = new Int32Array(capacity);
    this.queueIds = new Int32Array(capacity);
    this.queueOffsets = new Float64Array(capacity);
    this.physicalOffsets = new Float64Array(capacity);
    this.endOffsets = new Float64Array(capacity);
    this.stagedAtMs = new Float64Array(capacity);
    this.uniqKeys = new DataView(new ArrayBuffer(capacity * UNIQ_KEY_MAX));
    this.uniqKeyLengths = new Uint8Array(capacity);
  }

  get length(): number {
    return this.tail - this.head;
  }

  get full(): boolean {
    return this.length === this.capacity;
  }

  /** Remembers an answer; the caller has checked `full`. `owed.uniqKey` is copied. */
  push(owed: OwedAnswer, endOffset: number, stagedAtMs: number): void {
    const slot = this.tail++ & this.mask;
    this.connections[slot] = owed.connection;
    this.serializeTypes[slot] = owed.serializeType;
    this.opaques[slot] = owed.opaque;
    this.queueIds[slot] = owed.queueId;
    this.queueOffsets[slot] = owed.queueOffset;
    this.physicalOffsets[slot] = owed.physicalOffset;
    this.endOffsets[slot] = endOffset;
    this.stagedAtMs[slot] = stagedAtMs;
    copyWords(owed.uniqKey, owed.uniqKeyStart, owed.uniqKeyLength, this.uniqKeys, slot * UNIQ_KEY_MAX);
    this.uniqKeyLengths[slot] = owed.uniqKeyLength;
  }

  /** Position behind the oldest owed record; Infinity when nothing is owed. */
  oldestEndOffset(): number {
    return this.length === 0 ? Infinity : this.endOffsets[this.head & this.mask]!;
  }

  /** When the oldest owed record was staged, on the monotonic clock. */
  oldestStagedAtMs(): number {
    return this.length === 0 ? Infinity : this.stagedAtMs[this.head & this.mask]!;
  }

  /** Takes the oldest owed answer into `into`; its uniqKey stays valid until the slot is used again. */
  shift(into: OwedAnswer): void {
    const slot = this.head++ & this.mask;
    into.connection = this.connections[slot];
    into.serializeType = this.serializeTypes[slot]!;
    into.opaque = this.opaques[slot]!;
    into.queueId = this.queueIds[slot]!;
    into.queueOffset = this.queueOffsets[slot]!;
    into.physicalOffset = this.physicalOffsets[slot]!;
    into.uniqKey = this.uniqKeys;
    into.uniqKeyStart = slot * UNIQ_KEY_MAX;
    into.uniqKeyLength = this.uniqKeyLengths[slot]!;
    this.connections[slot] = undefined;
  }

  /** Drops what is owed to a connection that closed; the slots stay in order. */
  forget(connection: Outbox): void {
    for (let i = this.head; i < this.tail; i++) {
      if (this.connections[i & this.mask] === connection) this.connections[i & this.mask] = undefined;
    }
  }
}
