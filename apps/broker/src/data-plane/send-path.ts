// The hot send: a SEND_MESSAGE_V2 frame goes from the read buffer into the log's staging area, and its answer from a template into the
// outbox, without objects, promises or strings (D16). Must give the same answer as SendProcessor; what is unusual is left to it.
import { type Clock, LastView } from 'rocketmq-core/common';
import { FLAG_ONEWAY, type FrameScan, SEND_REPLY_MAX, SendReplyTemplate, SendScan } from 'rocketmq-core/protocol';
import type { FrameView, Outbox } from 'rocketmq-core/remoting';
import { type MessageStore, type QueueRef, STAGE_OK, type StagedMessage } from 'rocketmq-core/store';
import { AnswerRing, type OwedAnswer } from './answer-ring.js';
import { ByteKeyTable } from './byte-key-table.js';

/** What the broker's tables say of one topic; taken once, kept while the version stands. */
export interface SendDecision {
  /** max(readQueueNums, writeQueueNums): queue ids below it are accepted. */
  readonly queueCount: number;
}

/** The admission the derived path would give, asked once per topic and version. */
export interface SendAdmission {
  /** Changes whenever a decision could. */
  readonly version: number;
  /** Undefined: this topic's sends need the derived path (unknown, retry, system, ordered while read-only, refused …). */
  decideSend(topic: string): SendDecision | undefined;
}

export interface SendPathOptions {
  store: MessageStore;
  clock: Clock;
  admission: SendAdmission;
  /** Address and port as bytes, as written into records and ids. */
  storeHost: Uint8Array;
  /** The property text every record gets: MSG_REGION, TRACE_ON, CLUSTER. */
  extraProperties: Uint8Array;
  regionId: string;
  traceOn: boolean;
  maxMessageSize: number;
  syncFlushTimeoutMs: number;
  /** `ip:port` as bytes, 8 long for IPv4 and 20 for IPv6. */
  encodeHost(address: string): Uint8Array;
}

interface TopicEntry {
  version: number;
  decision: SendDecision | undefined;
  topic: string;
  queues: QueueRef[];
}

/** Answers owed at most; a frame beyond goes the derived way, which is bounded by its lane. */
const OWED_MAX = 1 << 16;
const TOPICS_MAX = 10_000;
/** sysFlag bits that say a host has 16 address bytes [java MessageSysFlag]. */
const BORNHOST_V6 = 0x10;
const STOREHOST_V6 = 0x20;
const FLUSH_DISK_TIMEOUT = 10;

export class SendPath {
  private readonly scan = new SendScan();
  private readonly topics = new ByteKeyTable<TopicEntry>(TOPICS_MAX);
  private readonly ring = new AnswerRing(OWED_MAX);
  private readonly template: SendReplyTemplate;
  private readonly properties = new LastView();
  private readonly bornHosts = new WeakMap<Outbox, Uint8Array>();
  private readonly staged: StagedMessage;
  private readonly owed: OwedAnswer = emptyOwed();
  private readonly reply = { code: 0, ...emptyOwed() };
  /** Clock.monotonic() of the turn's first send; negative before it: one look at the clock per turn. */
  private turnTimeMs = -1;
  /** Sends answered here, for the broker's counters. */
  accepted = 0;

  constructor(private readonly options: SendPathOptions) {
    const { storeHost, regionId, traceOn, extraProperties } = options;
    this.template = new SendReplyTemplate({ storeHost, regionId, traceOn });
    this.template.setRemark(FLUSH_DISK_TIMEOUT, 'FLUSH_DISK_TIMEOUT');
    this.staged = emptyStaged(storeHost, extraProperties);
  }

  /** True: the frame is taken. */
  accept(connection: Outbox, frame: FrameView, header: FrameScan): boolean {
    const { scan } = this;
    const bodyLength = frame.bodyEnd - frame.bodyStart;
    if (bodyLength === 0 || bodyLength > this.options.maxMessageSize || this.ring.full) return false;
    if (!scan.read(header)) return false;
    const entry = this.entryOf(frame.bytes, scan.topicStart, scan.topicEnd);
    if (entry.decision === undefined || scan.queueId >= entry.decision.queueCount) return false;
    const queue = (entry.queues[scan.queueId] ??= this.options.store.queue(entry.topic, scan.queueId));
    if (this.stage(queue, frame, bodyLength, this.bornHostOf(connection)) !== STAGE_OK) return false;
    this.accepted++;
    if ((header.flag & FLAG_ONEWAY) === 0) this.owe(connection, header);
    return true;
  }

  /** Answers everything the log has confirmed; called in the turn's answer phase and when a group flush ended. */
  answerConfirmed(): void {
    const { confirmedOffset } = this.options.store;
    this.turnTimeMs = -1;
    while (this.ring.oldestEndOffset() <= confirmedOffset) this.answerOldest(0);
  }

  /** A group flush took longer than syncFlushTimeout: what has waited that long is stored, but not yet safe. */
  answerTimedOut(): void {
    const limit = this.options.clock.monotonic() - this.options.syncFlushTimeoutMs;
    while (this.ring.oldestStagedAtMs() <= limit) this.answerOldest(FLUSH_DISK_TIMEOUT);
  }

  get owedAnswers(): number {
    return this.ring.length;
  }

  closed(connection: Outbox): void {
    this.ring.forget(connection);
  }

  private stage(queue: QueueRef, frame: FrameView, bodyLength: number, bornHost: Uint8Array): number {
    const { scan, staged } = this;
    staged.queue = queue;
    staged.flag = scan.flag;
    staged.sysFlag = scan.sysFlag | (bornHost.length === 20 ? BORNHOST_V6 : 0) | (this.options.storeHost.length === 20 ? STOREHOST_V6 : 0);
    staged.bornTimestamp = scan.bornTimestamp;
    staged.bornHost = bornHost;
    staged.body = frame.bytes;
    staged.bodyStart = frame.bodyStart;
    staged.bodyLength = bodyLength;
    staged.properties = scan.properties;
    staged.propertiesStart = scan.propertiesStart;
    staged.propertiesLength = scan.propertiesLength;
    staged.tagsCodeHigh = scan.tagsCode >> 31;
    staged.tagsCodeLow = scan.tagsCode;
    return this.options.store.stage(staged);
  }

  private owe(connection: Outbox, header: FrameScan): void {
    const { scan, staged, owed } = this;
    owed.connection = connection;
    owed.serializeType = header.serializeType;
    owed.opaque = header.opaque;
    owed.queueId = scan.queueId;
    owed.queueOffset = staged.queueOffset;
    owed.physicalOffset = staged.physicalOffset;
    owed.uniqKey = this.properties.of(scan.properties);
    owed.uniqKeyStart = scan.uniqKeyStart;
    owed.uniqKeyLength = scan.uniqKeyLength;
    if (this.turnTimeMs < 0) this.turnTimeMs = this.options.clock.monotonic();
    this.ring.push(owed, staged.physicalOffset + staged.recordSize, this.turnTimeMs);
  }

  private answerOldest(code: number): void {
    const { reply } = this;
    this.ring.shift(reply);
    const { connection } = reply;
    if (connection === undefined || connection.closed) return;
    reply.code = code;
    connection.reserve(SEND_REPLY_MAX);
    const start = connection.outEnd;
    connection.advance(this.template.write(connection.outBytes, connection.outView, start, reply) - start);
  }

  private entryOf(bytes: Uint8Array, start: number, end: number): TopicEntry {
    const { admission } = this.options;
    const found = this.topics.find(bytes, start, end);
    if (found !== undefined && found.version === admission.version) return found;
    const topic = found?.topic ?? new TextDecoder().decode(bytes.subarray(start, end));
    const entry = { version: admission.version, decision: admission.decideSend(topic), topic, queues: [] };
    this.topics.set(bytes, start, end, entry);
    return entry;
  }

  private bornHostOf(connection: Outbox): Uint8Array {
    let host = this.bornHosts.get(connection);
    if (host === undefined) {
      host = this.options.encodeHost(connection.remoteAddress);
      this.bornHosts.set(connection, host);
    }
    return host;
  }
}

function emptyOwed(): OwedAnswer {
  return {
    connection: undefined,
    serializeType: 0,
    opaque: 0,
    queueId: 0,
    queueOffset: 0,
    physicalOffset: 0,
    uniqKey: new DataView(new ArrayBuffer(0)),
    uniqKeyStart: 0,
    uniqKeyLength: 0,
  };
}

function emptyStaged(storeHost: Uint8Array, extraProperties: Uint8Array): StagedMessage {
  const none = new Uint8Array(0);
  return {
    queue: { topic: '', queueId: 0, index: -1, minOffset: 0, maxOffset: 0 },
    flag: 0,
    sysFlag: 0,
    bornTimestamp: 0,
    bornHost: none,
    storeHost,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body: none,
    bodyStart: 0,
    bodyLength: 0,
    properties: none,
    propertiesStart: 0,
    propertiesLength: 0,
    extraProperties,
    extraPropertiesLength: extraProperties.length,
    tagsCodeHigh: 0,
    tagsCodeLow: 0,
    physicalOffset: 0,
    queueOffset: 0,
    recordSize: 0,
    storeTimestamp: 0,
  };
}
