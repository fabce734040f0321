// Looks at everything on disk and says what is there. Must never change anything: a start that is refused leaves the store as it was.
import type { CheckpointFacts } from '../checkpoint/store-checkpoint.js';
import { getInt64 } from '../commit-log/record-encoder.js';
import { MAGIC_AT, MAGIC_V1, MAGIC_V2, PHYSICAL_OFFSET_AT, storeTimestampAt, SYS_FLAG_AT } from '../commit-log/record-layout.js';
import type { ConsumeQueue } from '../consume-queue/consume-queue.js';
import type { ConsumeQueueStore } from '../consume-queue/consume-queue-store.js';
import { isBlank, isWritten, physicalOffsetAt, sizeAt, UNIT_BYTES } from '../consume-queue/unit-codec.js';
import type { StoreFileSeries } from '../file/store-file-series.js';
import { LogScan, type ScanEnd } from './log-scan.js';
import { type IgnoreRecord, type QueueExpectation, QueueExpectations } from './queue-expectations.js';
import type { LaterRecord, LogFacts, QueueFacts, RecoveryFacts } from './recovery-facts.js';

/** Fixed fields of a record up to its store time, with 16-byte hosts. */
const HEAD_BYTES = 76;
/** Looked at behind the end of a log that ends in zeros. */
const QUIET_BYTES = 64 * 1024;

export interface RecoverySources {
  series: StoreFileSeries;
  queues: ConsumeQueueStore;
  isClean: boolean;
  checkpoint: CheckpointFacts;
  delayMsOfLevel: (level: number) => number;
  ignore: IgnoreRecord;
}

export function gatherFacts(sources: RecoverySources): RecoveryFacts {
  const { series, queues, isClean, checkpoint } = sources;
  const gapAt = series.findGap();
  const scan = new LogScan(series);
  const expectations = new QueueExpectations(queues, sources.delayMsOfLevel, sources.ignore);
  const last: LastRecord = { at: 0, timestamp: 0, looksTorn: false, expectation: undefined };
  // Ends at a gap by itself.
  const end: ScanEnd = scan.walk(series.firstStart, (record) => {
    last.at = record.physicalOffset;
    last.timestamp = record.facts.storeTimestamp;
    last.looksTorn = record.facts.looksTorn;
    last.expectation = expectations.add(record);
  });
  const log: LogFacts = {
    minOffset: series.firstStart,
    filesEnd: series.end,
    directory: series.directory,
    endPath: series.pathOf(series.startOf(end.endOffset)),
    gapAt,
    end,
    lastTimestamp: last.timestamp,
    tornRecordAt: last.looksTorn ? last.at : undefined,
    damagedHead: damagedHeadAt(scan, end, series),
    ...lookBehind(scan, end, series, last.timestamp),
  };
  if (isTorn(log, isClean, checkpoint) && last.expectation !== undefined) last.expectation.next--;
  return { isClean, checkpoint, log, queues: queueFacts(queues, expectations, scan, log) };
}

interface LastRecord {
  at: number;
  timestamp: number;
  looksTorn: boolean;
  expectation: QueueExpectation | undefined;
}

/** The same question as in the plan: is the last record to be cut? */
function isTorn(log: LogFacts, isClean: boolean, checkpoint: CheckpointFacts): boolean {
  return !isClean && log.tornRecordAt !== undefined && log.end.why === 'nothing' && (checkpoint.durableOffset ?? 0) <= log.tornRecordAt;
}

function damagedHeadAt(scan: LogScan, { endOffset, why }: ScanEnd, series: StoreFileSeries): LaterRecord | undefined {
  if (why === 'nothing' || endOffset + HEAD_BYTES > series.end) return undefined;
  const bytes = scan.peek(endOffset, HEAD_BYTES);
  if (bytes.length < HEAD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = view.getInt32(MAGIC_AT);
  if ((magic !== MAGIC_V1 && magic !== MAGIC_V2) || getInt64(view, PHYSICAL_OFFSET_AT) !== endOffset) return undefined;
  return { physicalOffset: endOffset, storeTimestamp: getInt64(view, storeTimestampAt(view.getInt32(SYS_FLAG_AT))) };
}

/** What is behind the end: the next whole record that is no older than what is before, and how far there is anything but zeros. */
function lookBehind(
  scan: LogScan,
  { endOffset, why }: ScanEnd,
  series: StoreFileSeries,
  lastTimestamp: number,
): Pick<LogFacts, 'later' | 'dataEnd'> {
  let later: LaterRecord | undefined;
  let dataEnd = endOffset;
  for (const start of series.fileStarts) {
    const fileEnd = start + series.fileSize;
    if (fileEnd <= endOffset) continue;
    const from = Math.max(start, endOffset);
    const quiet = lastNonZero(scan, from, Math.min(from + QUIET_BYTES, fileEnd));
    if (quiet < 0 && (start > endOffset || why === 'nothing')) continue;
    const lastByte = lastNonZero(scan, from, fileEnd);
    if (lastByte >= 0) dataEnd = lastByte + 1;
    later ??= findRecord(scan, start === from ? from : from + 1, fileEnd, lastTimestamp);
  }
  return { later, dataEnd };
}

const LOOK_BYTES = 64 * 1024;
const ZEROS = Buffer.alloc(LOOK_BYTES);

/** Position of the last byte in [from, to) that is not zero, -1 when all are. */
function lastNonZero(scan: LogScan, from: number, to: number): number {
  let found = -1;
  for (let at = from; at < to; at += LOOK_BYTES) {
    const bytes = scan.peek(at, Math.min(LOOK_BYTES, to - at));
    if (ZEROS.compare(bytes, 0, bytes.length, 0, bytes.length) === 0) continue;
    for (let i = bytes.length - 1; i >= 0; i--) {
      if (bytes[i] === 0) continue;
      found = at + i;
      break;
    }
  }
  return found;
}

const MAGICS = [MAGIC_V1, MAGIC_V2].map((magic) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(magic);
  return bytes;
});

/** First whole record within [from, fileEnd) at any byte. Its own position, kept inside, makes a chance hit impossible. */
function findRecord(scan: LogScan, from: number, fileEnd: number, notBefore: number): LaterRecord | undefined {
  for (let at = from; at + 8 < fileEnd;) {
    const length = Math.min(LOOK_BYTES, fileEnd - at);
    const window = Buffer.from(scan.peek(at, length));
    for (const magic of MAGICS) {
      for (let hit = window.indexOf(magic, MAGIC_AT); hit >= 0; hit = window.indexOf(magic, hit + 1)) {
        const candidate = at + hit - MAGIC_AT;
        if (scan.check(candidate) === 'record' && scan.facts.storeTimestamp >= notBefore) {
          return { physicalOffset: candidate, storeTimestamp: scan.facts.storeTimestamp };
        }
      }
    }
    // The last bytes are looked at again: a record may begin across the edge.
    at += length > 8 ? length - 8 : length;
    if (length < LOOK_BYTES) break;
  }
  return undefined;
}

function queueFacts(queues: ConsumeQueueStore, expectations: QueueExpectations, scan: LogScan, log: LogFacts): QueueFacts[] {
  const facts: QueueFacts[] = [];
  for (const expectation of expectations.all()) {
    const { topic, queueId, first, next, beginsAt, mismatchAt } = expectation;
    if (next <= first) continue;
    const queue = queues.find(topic, queueId);
    const hasExtra = queue !== undefined && (expectation.hasUnit(next) || queue.series.end > nextFileEnd(queue, next));
    facts.push({ topic, queueId, expected: { first, next, beginsAt }, unitsEnd: next, mismatchAt, hasExtra, unitsAreSound: true });
  }
  for (const queue of queues.all()) {
    const expectation = expectations.find(queue.topic, queue.queueId);
    if (expectation !== undefined && expectation.next > expectation.first) continue;
    facts.push(orphanFacts(queue, scan, log));
  }
  return facts;
}

/** End of the file that holds the unit before `next`, which may be there in full size. */
function nextFileEnd(queue: ConsumeQueue, next: number): number {
  return queue.series.startOf(Math.max(0, next - 1) * UNIT_BYTES) + queue.series.fileSize;
}

/** A queue of which the log has no record: all of them are below its minimum, or other topics' records are listed here (light queues). */
function orphanFacts(queue: ConsumeQueue, scan: LogScan, log: LogFacts): QueueFacts {
  const bytes = new Uint8Array(queue.series.fileSize);
  const view = new DataView(bytes.buffer);
  let ordinal = queue.series.firstStart / UNIT_BYTES;
  let isSound = queue.series.fileCount > 0 && log.end.endOffset > 0;
  for (const start of queue.series.fileStarts) {
    const count = Math.floor(queue.series.read(bytes, 0, bytes.length, start) / UNIT_BYTES);
    for (let i = 0; i < count && isSound; i++) {
      const at = i * UNIT_BYTES;
      if (!isWritten(view, at)) break;
      ordinal = start / UNIT_BYTES + i + 1;
      const physicalOffset = physicalOffsetAt(view, at);
      if (isBlank(view, at) || physicalOffset < log.minOffset) continue;
      isSound = physicalOffset < log.end.endOffset && scan.check(physicalOffset) === 'record' && scan.facts.size === sizeAt(view, at);
    }
  }
  const { topic, queueId } = queue;
  return { topic, queueId, expected: undefined, unitsEnd: ordinal, mismatchAt: undefined, hasExtra: false, unitsAreSound: isSound };
}
