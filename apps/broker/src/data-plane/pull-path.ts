// The hot pull: records are gathered straight into the connection's outbox and the frame head is put before them (D16).
// Must only answer FOUND; every other outcome (nothing new, moved offsets, refusals, holds) is left to PullProcessor.
import { type FrameScan, PULL_COMMIT_OFFSET, PULL_REPLY_HEAD_MAX, PullScan, writePullReplyHead } from 'rocketmq-core/protocol';
import type { FrameView, Outbox } from 'rocketmq-core/remoting';
import type { GatherTarget, GetMessageResult, MessageStore, QueueRef, TagCodeFilter } from 'rocketmq-core/store';
import { ByteKeyTable } from './byte-key-table.js';

/** What the broker's tables say of one group reading one topic; kept while the version stands. */
export interface PullDecision {
  readonly readQueueCount: number;
  /** Version of the subscription the broker has; a request with a newer one goes the derived way. */
  readonly subVersion: number;
  /** Undefined: everything matches. */
  readonly filter: TagCodeFilter | undefined;
  readonly suggestWhichBrokerId: number;
  /** Stores the offset that came with the pull (sysFlag bit 1). */
  commitOffset(clientAddress: string, queueId: number, consumerOffset: number): void;
}

export interface PullAdmission {
  readonly version: number;
  /** Undefined: needs the derived path (not connected, not readable, SQL92, refused …). */
  decidePull(consumerGroup: string, topic: string): PullDecision | undefined;
}

export interface PullPathOptions {
  store: MessageStore;
  admission: PullAdmission;
  /** `pullBatchMaxMessageCount`. Default of Apache: 160. */
  maxMessages: number;
}

interface PullEntry {
  version: number;
  decision: PullDecision | undefined;
  topic: string;
  queues: Array<QueueRef | undefined>;
}

const PAIRS_MAX = 10_000;

/** Room for a frame head before what is gathered: the outbox seen from behind the gap. */
class GatherBehindHead implements GatherTarget {
  private gathered = 0;
  outbox!: Outbox;

  begin(outbox: Outbox): void {
    this.outbox = outbox;
    this.gathered = 0;
    outbox.reserve(PULL_REPLY_HEAD_MAX);
  }

  reserve(length: number): void {
    this.outbox.reserve(PULL_REPLY_HEAD_MAX + this.gathered + length);
  }

  get outBytes(): Uint8Array {
    return this.outbox.outBytes;
  }

  get outEnd(): number {
    return this.outbox.outEnd + PULL_REPLY_HEAD_MAX + this.gathered;
  }

  advance(length: number): void {
    this.gathered += length;
  }
}

export class PullPath {
  private readonly scan = new PullScan();
  private readonly pairs = new ByteKeyTable<ByteKeyTable<PullEntry>>(PAIRS_MAX);
  private readonly target = new GatherBehindHead();
  private readonly result: GetMessageResult = {
    status: 'NO_MATCHED_LOGIC_QUEUE',
    nextBeginOffset: 0,
    minOffset: 0,
    maxOffset: 0,
    messageCount: 0,
    byteCount: 0,
    suggestPullingFromSlave: false,
  };
  private readonly reply = { serializeType: 0, opaque: 0, suggestWhichBrokerId: 0, nextBeginOffset: 0, minOffset: 0, maxOffset: 0 };
  /** Messages handed out here, for the broker's counters. */
  messagesFound = 0;

  constructor(private readonly options: PullPathOptions) {}

  /** True: the frame is answered. */
  accept(connection: Outbox, frame: FrameView, header: FrameScan): boolean {
    const { scan, result, target } = this;
    if (header.flag !== 0 || !scan.read(header)) return false;
    const entry = this.entryOf(frame.bytes);
    const { decision } = entry;
    if (decision === undefined || scan.queueId >= decision.readQueueCount || scan.subVersion > decision.subVersion) return false;
    const queue = (entry.queues[scan.queueId] ??= this.options.store.findQueue(entry.topic, scan.queueId));
    if (queue === undefined || scan.queueOffset >= queue.maxOffset) return false;
    target.begin(connection);
    const maxMessages = Math.min(scan.maxMsgNums, this.options.maxMessages);
    this.options.store.get(queue, scan.queueOffset, maxMessages, decision.filter, target, result);
    if (result.status !== 'FOUND') return false;
    if ((scan.sysFlag & PULL_COMMIT_OFFSET) !== 0) decision.commitOffset(connection.remoteAddress, scan.queueId, scan.commitOffset);
    this.messagesFound += result.messageCount;
    this.answer(connection, header, decision);
    return true;
  }

  private answer(connection: Outbox, header: FrameScan, decision: PullDecision): void {
    const { reply, result } = this;
    reply.serializeType = header.serializeType;
    reply.opaque = header.opaque;
    reply.suggestWhichBrokerId = decision.suggestWhichBrokerId;
    reply.nextBeginOffset = result.nextBeginOffset;
    reply.minOffset = result.minOffset;
    reply.maxOffset = result.maxOffset;
    const start = connection.outEnd;
    const headEnd = writePullReplyHead(connection.outBytes, connection.outView, start, reply, result.byteCount);
    const bodyStart = start + PULL_REPLY_HEAD_MAX;
    connection.outBytes.copyWithin(headEnd, bodyStart, bodyStart + result.byteCount);
    connection.advance(headEnd - start + result.byteCount);
  }

  private entryOf(bytes: Uint8Array): PullEntry {
    const { scan, options } = this;
    let topics = this.pairs.find(bytes, scan.groupStart, scan.groupEnd);
    if (topics === undefined) {
      topics = new ByteKeyTable<PullEntry>(PAIRS_MAX);
      this.pairs.set(bytes, scan.groupStart, scan.groupEnd, topics);
    }
    const found = topics.find(bytes, scan.topicStart, scan.topicEnd);
    if (found !== undefined && found.version === options.admission.version) return found;
    const decoder = new TextDecoder();
    const topic = decoder.decode(bytes.subarray(scan.topicStart, scan.topicEnd));
    const group = decoder.decode(bytes.subarray(scan.groupStart, scan.groupEnd));
    const entry = { version: options.admission.version, decision: options.admission.decidePull(group, topic), topic, queues: [] };
    topics.set(bytes, scan.topicStart, scan.topicEnd, entry);
    return entry;
  }
}
