// Reads messages by queue and ordinal: units from the consume queue, records from memory or files into the caller's buffer.
// Must never allocate per message, nor give out what is not confirmed.
import type { CommitLog } from '../commit-log/commit-log.js';
import type { ConsumeQueue } from '../consume-queue/consume-queue.js';
import {
  BLANK_UNIT_SIZE,
  isBlank,
  physicalOffsetAt,
  sizeAt,
  tagsCodeHighAt,
  tagsCodeLowAt,
  UNIT_BYTES,
} from '../consume-queue/unit-codec.js';
import type { GatherTarget, GetMessageResult, MessageStoreConfig, TagCodeFilter } from '../store-types.js';
import { getInt64 } from '../commit-log/record-encoder.js';
import { MAGIC_AT, MAGIC_V1, MAGIC_V2, PHYSICAL_OFFSET_AT } from '../commit-log/record-layout.js';
import { RecordBuffer } from './record-buffer.js';
import { RecordSieve } from './record-sieve.js';
import { findByTimestamp } from './search-offset.js';

/** Bytes of units looked at in one call, at least [java DefaultMessageStore#getMessage]. */
const SCAN_BYTES_MIN = 16_000;

export class MessageReader {
  private readonly log: CommitLog;
  private readonly config: MessageStoreConfig;
  /** Records further behind the end of the log than this count as being on disk. */
  private readonly inMemoryBytes: number;
  private readonly sieve = new RecordSieve();
  gotMessages = 0;

  constructor(log: CommitLog, config: MessageStoreConfig, memoryBytes: number) {
    this.log = log;
    this.config = config;
    this.inMemoryBytes = (memoryBytes * config.accessMessageInMemoryMaxRatio) / 100;
  }

  get(
    queue: ConsumeQueue | undefined,
    queueOffset: number,
    maxMessages: number,
    filter: TagCodeFilter | undefined,
    target: GatherTarget,
    result: GetMessageResult,
  ): void {
    result.minOffset = queue === undefined ? 0 : queue.minOffset;
    result.maxOffset = queue === undefined ? 0 : queue.maxOffset;
    result.messageCount = 0;
    result.byteCount = 0;
    result.suggestPullingFromSlave = false;
    result.nextBeginOffset = queueOffset;
    if (queue === undefined) {
      result.status = 'NO_MATCHED_LOGIC_QUEUE';
      result.nextBeginOffset = 0;
    } else if (queue.maxOffset === 0) {
      result.status = 'NO_MESSAGE_IN_QUEUE';
      result.nextBeginOffset = 0;
    } else if (queueOffset < queue.minOffset) {
      result.status = 'OFFSET_TOO_SMALL';
      result.nextBeginOffset = queue.minOffset;
    } else if (queueOffset === queue.maxOffset) {
      result.status = 'OFFSET_OVERFLOW_ONE';
    } else if (queueOffset > queue.maxOffset) {
      result.status = 'OFFSET_OVERFLOW_BADLY';
      result.nextBeginOffset = queue.maxOffset;
    } else {
      this.gather(queue, queueOffset, maxMessages, filter, target, result);
    }
  }

  private gather(
    queue: ConsumeQueue,
    queueOffset: number,
    maxMessages: number,
    filter: TagCodeFilter | undefined,
    target: GatherTarget,
    result: GetMessageResult,
  ): void {
    const { log } = this;
    const scanEnd = Math.min(queue.maxOffset, queueOffset + Math.max(SCAN_BYTES_MIN / UNIT_BYTES, maxMessages));
    const logEnd = log.writtenOffset;
    let reachedOffset = 0;
    let goneBefore = 0;
    let ordinal = queueOffset;
    const sieve = this.sieve.begin(filter);
    const gatherTo = sieve === undefined ? target : sieve.buffer;
    result.status = 'NO_MATCHED_MESSAGE';
    for (; ordinal < scanEnd; ordinal++) {
      const at = queue.unitAt(ordinal);
      if (at < 0) {
        if (ordinal === queueOffset) {
          result.status = 'OFFSET_FOUND_NULL';
          ordinal = Math.min(queue.nextFileOrdinal(ordinal), queue.maxOffset);
        }
        break;
      }
      const physicalOffset = physicalOffsetAt(queue.view, at);
      const size = sizeAt(queue.view, at);
      if (physicalOffset < goneBefore) continue;
      if (sieve !== undefined && sieve.exhausted) break;
      if (this.isFull(result, size, maxMessages, logEnd - physicalOffset)) break;
      reachedOffset = physicalOffset;
      if (filter !== undefined && !filter.matches(tagsCodeHighAt(queue.view, at), tagsCodeLowAt(queue.view, at))) continue;
      if (size === BLANK_UNIT_SIZE || !log.gather(physicalOffset, size, gatherTo)) {
        // The file went away under the reader: skip whatever else was in it.
        if (result.messageCount === 0) result.status = 'MESSAGE_WAS_REMOVING';
        goneBefore = log.series.startOf(physicalOffset) + log.series.fileSize;
        continue;
      }
      if (sieve !== undefined && !sieve.passOn(size, target)) continue;
      result.messageCount++;
      result.byteCount += size;
    }
    if (result.messageCount > 0) result.status = 'FOUND';
    result.nextBeginOffset = ordinal;
    result.suggestPullingFromSlave = logEnd - reachedOffset > this.inMemoryBytes;
    this.gotMessages += result.messageCount;
  }

  /** [java DefaultMessageStore#isTheBatchFull]: the first message always passes. */
  private isFull(result: GetMessageResult, size: number, maxMessages: number, behind: number): boolean {
    if (result.messageCount === 0) return false;
    if (result.messageCount >= maxMessages) return true;
    const { config } = this;
    if (behind > this.inMemoryBytes) {
      return (
        result.byteCount + size > config.maxTransferBytesOnMessageInDisk || result.messageCount >= config.maxTransferCountOnMessageInDisk
      );
    }
    return (
      result.byteCount + size > config.maxTransferBytesOnMessageInMemory || result.messageCount >= config.maxTransferCountOnMessageInMemory
    );
  }

  readRecord(physicalOffset: number, confirmedOffset: number): Uint8Array | undefined {
    const head = this.log.readHead(physicalOffset);
    if (head === undefined || physicalOffset + head.getInt32(0) > confirmedOffset) return undefined;
    const record = new RecordBuffer();
    return isRecordHead(head, physicalOffset) && this.log.gather(physicalOffset, head.getInt32(0), record) ? record.outBytes : undefined;
  }

  storeTimeOf(queue: ConsumeQueue, queueOffset: number): number {
    if (queueOffset < queue.minOffset || queueOffset >= queue.maxOffset) return -1;
    const at = queue.unitAt(queueOffset);
    if (at < 0 || isBlank(queue.view, at)) return -1;
    return this.log.storeTimestampOf(physicalOffsetAt(queue.view, at));
  }

  isInMemory(queue: ConsumeQueue, queueOffset: number): boolean {
    if (queueOffset < 0 || queueOffset >= queue.maxOffset) return false;
    const at = queue.unitAt(queueOffset);
    return at >= 0 && this.log.writtenOffset - physicalOffsetAt(queue.view, at) <= this.inMemoryBytes;
  }

  searchOffset(queue: ConsumeQueue, timestamp: number, boundary: 'LOWER' | 'UPPER'): number {
    return findByTimestamp(queue.minOffset, queue.maxOffset, timestamp, boundary, (ordinal) => this.storeTimeOf(queue, ordinal));
  }
}

function isRecordHead(head: DataView, physicalOffset: number): boolean {
  const magic = head.getInt32(MAGIC_AT);
  return (magic === MAGIC_V1 || magic === MAGIC_V2) && getInt64(head, PHYSICAL_OFFSET_AT) === physicalOffset;
}
