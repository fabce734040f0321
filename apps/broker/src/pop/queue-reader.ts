// Reads messages of one queue together with their offsets, through the store's ordinary read. Must never move anything.
import { RecordView } from 'rocketmq-core/message';
import type { GetMessageResult, GetMessageStatus, MessageStore, TagCodeFilter } from 'rocketmq-core/store';
import { GatherBuffer } from '../processor/gather-buffer.js';

export interface QueueRead {
  readonly status: GetMessageStatus;
  readonly nextOffset: number;
  readonly maxOffset: number;
  /** Records as stored, one after another; the caller's own. */
  readonly records: Uint8Array;
  /** Offset of each record. */
  readonly offsets: readonly number[];
}

const NOTHING = new Uint8Array(0);

export class QueueReader {
  private readonly buffer = new GatherBuffer();
  private readonly record = new RecordView();
  private readonly result: GetMessageResult = {
    status: 'NO_MATCHED_LOGIC_QUEUE',
    nextBeginOffset: 0,
    minOffset: 0,
    maxOffset: 0,
    messageCount: 0,
    byteCount: 0,
    suggestPullingFromSlave: false,
  };

  constructor(private readonly store: MessageStore) {}

  read(topic: string, queueId: number, offset: number, maxMessages: number, filter: TagCodeFilter | undefined): QueueRead {
    const { buffer, result } = this;
    buffer.clear();
    this.store.get(this.store.findQueue(topic, queueId), offset, maxMessages, filter, buffer, result);
    const records = result.status === 'FOUND' ? buffer.take() : NOTHING;
    return {
      status: result.status,
      nextOffset: result.nextBeginOffset,
      maxOffset: result.maxOffset,
      records,
      offsets: this.offsetsIn(records),
    };
  }

  private offsetsIn(records: Uint8Array): number[] {
    const offsets: number[] = [];
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
    for (let at = 0; at < records.length; at += this.record.totalSize) {
      const problem = this.record.read(view, at, records.length);
      if (problem !== undefined) throw new Error(`record at byte ${at} of a read of ${records.length}: ${problem}`);
      offsets.push(this.record.queueOffset);
    }
    return offsets;
  }
}
