// Follows a walk over the log and compares each record with the unit its queue has for it. Must never change a queue: it notes what differs.
import type { ConsumeQueue } from '../consume-queue/consume-queue.js';
import type { ConsumeQueueStore } from '../consume-queue/consume-queue-store.js';
import { physicalOffsetAt, sizeAt, tagsCodeHighAt, tagsCodeLowAt, UNIT_BYTES } from '../consume-queue/unit-codec.js';
import { isQueued } from '../commit-log/record-layout.js';
import type { ScannedRecord } from './log-scan.js';
import { SCHEDULE_TOPIC, type TagsCode, tagsCodeOfRecord } from './record-tags.js';

const PAGE_UNITS = 64;
/** A jump of ordinals larger than this is damage, not a gap. */
const GAP_MAX = 1_000_000;

/** One queue as the log has it so far. */
export class QueueExpectation {
  readonly topic: string;
  readonly queueId: number;
  readonly isSchedule: boolean;
  /** Records have ordinals [first, next); first is -1 before the first record. */
  first = -1;
  next = 0;
  mismatchAt: number | undefined;
  /** Log position of the first record: records of the same name before it belong to a topic that was deleted. */
  beginsAt = 0;
  /** Records whose ordinal made no sense. */
  anomalies = 0;
  private readonly queue: ConsumeQueue | undefined;
  private readonly page = new Uint8Array(PAGE_UNITS * UNIT_BYTES);
  private readonly view = new DataView(this.page.buffer);
  private pageStart = 0;
  private pageEnd = 0;

  constructor(topic: string, queueId: number, queue: ConsumeQueue | undefined) {
    this.topic = topic;
    this.queueId = queueId;
    this.isSchedule = topic === SCHEDULE_TOPIC;
    this.queue = queue;
  }

  /** Ordinal of the queue's next record, -1 when the record has no place in the queue. */
  place(record: ScannedRecord): number {
    const { queueOffset } = record.facts;
    if (this.first < 0) return this.begin(record);
    if (queueOffset === this.next) return this.next++;
    // The queue knows this record under the ordinal that comes next: then the number in the record is what is wrong.
    if (this.unitIs(this.next, record)) return this.next++;
    // A topic that was deleted and made again counts from 0; what came before is not reachable any more.
    if (queueOffset === 0) return this.begin(record);
    this.anomalies++;
    if (queueOffset < this.next || queueOffset - this.next > GAP_MAX) return -1;
    this.next = queueOffset + 1;
    return queueOffset;
  }

  compare(ordinal: number, record: ScannedRecord, tagsCode: TagsCode): void {
    if (this.mismatchAt !== undefined) return;
    const at = this.find(ordinal);
    const same =
      at >= 0 &&
      physicalOffsetAt(this.view, at) === record.physicalOffset &&
      sizeAt(this.view, at) === record.facts.size &&
      // The delay table may have changed since: a time of delivery that was promised stays.
      (this.isSchedule || (tagsCodeHighAt(this.view, at) === tagsCode.high && tagsCodeLowAt(this.view, at) === tagsCode.low));
    if (!same) this.mismatchAt = ordinal;
  }

  /** True when the unit at `ordinal` has content. */
  hasUnit(ordinal: number): boolean {
    const at = this.find(ordinal);
    return at >= 0 && this.page.subarray(at, at + UNIT_BYTES).some((byte) => byte !== 0);
  }

  private begin(record: ScannedRecord): number {
    const { queueOffset } = record.facts;
    this.beginsAt = record.physicalOffset;
    this.first = queueOffset;
    this.next = queueOffset + 1;
    this.mismatchAt = undefined;
    return queueOffset;
  }

  private unitIs(ordinal: number, record: ScannedRecord): boolean {
    const at = this.find(ordinal);
    return at >= 0 && physicalOffsetAt(this.view, at) === record.physicalOffset && sizeAt(this.view, at) === record.facts.size;
  }

  private find(ordinal: number): number {
    if (ordinal < this.pageStart || ordinal >= this.pageEnd) {
      const read = this.queue?.series.read(this.page, 0, this.page.length, ordinal * UNIT_BYTES) ?? 0;
      this.pageStart = ordinal;
      this.pageEnd = ordinal + Math.floor(read / UNIT_BYTES);
    }
    return ordinal < this.pageEnd ? (ordinal - this.pageStart) * UNIT_BYTES : -1;
  }
}

/** Says that a record is for no consume queue: its topic was deleted after it, or is queued in another way. */
export type IgnoreRecord = (topic: string, physicalOffset: number) => boolean;

export class QueueExpectations {
  private readonly queues: ConsumeQueueStore;
  private readonly delayMsOfLevel: (level: number) => number;
  private readonly ignore: IgnoreRecord;
  private readonly byTopic = new Map<string, Map<number, QueueExpectation>>();
  private readonly tagsCode: TagsCode = { high: 0, low: 0 };
  /** Called with the place of every record that belongs into a queue. */
  onPlaced: (expectation: QueueExpectation, ordinal: number, record: ScannedRecord, tagsCode: TagsCode) => void = (
    expectation,
    ordinal,
    record,
    tagsCode,
  ) => expectation.compare(ordinal, record, tagsCode);

  constructor(queues: ConsumeQueueStore, delayMsOfLevel: (level: number) => number, ignore: IgnoreRecord) {
    this.ignore = ignore;
    this.queues = queues;
    this.delayMsOfLevel = delayMsOfLevel;
  }

  /** The expectation the record was counted in, undefined when it is for no queue. */
  add(record: ScannedRecord): QueueExpectation | undefined {
    const { facts, bytes } = record;
    if (!isQueued(facts.sysFlag) || facts.queueId < 0) return undefined;
    const topic = Buffer.from(bytes.buffer, bytes.byteOffset + facts.topicStart, facts.topicLength).toString('latin1');
    if (this.ignore(topic, record.physicalOffset)) return undefined;
    const expectation = this.of(topic, facts.queueId);
    const ordinal = expectation.place(record);
    if (ordinal < 0) return undefined;
    tagsCodeOfRecord(record, expectation.isSchedule, this.delayMsOfLevel, this.tagsCode);
    this.onPlaced(expectation, ordinal, record, this.tagsCode);
    return expectation;
  }

  find(topic: string, queueId: number): QueueExpectation | undefined {
    return this.byTopic.get(topic)?.get(queueId);
  }

  *all(): Iterable<QueueExpectation> {
    for (const queues of this.byTopic.values()) yield* queues.values();
  }

  private of(topic: string, queueId: number): QueueExpectation {
    let queues = this.byTopic.get(topic);
    if (queues === undefined) {
      queues = new Map();
      this.byTopic.set(topic, queues);
    }
    let expectation = queues.get(queueId);
    if (expectation === undefined) {
      expectation = new QueueExpectation(topic, queueId, this.queues.find(topic, queueId));
      queues.set(queueId, expectation);
    }
    return expectation;
  }
}
