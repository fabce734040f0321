// Reads the half and the op queue in order, and the log itself, for whoever has to know everything in them. Must never skip a record that is there.
import { decodeMessage, decodeMessages, type MessageExt } from 'rocketmq-core/message';
import type { GetMessageResult, MessageStore } from 'rocketmq-core/store';
import { GatherBuffer } from '../processor/gather-buffer.js';
import { HALF_QUEUE_ID } from './half-message.js';

/** Messages read in one go. */
const READ_BATCH = 32;

export class SystemQueueReader {
  private readonly buffer = new GatherBuffer();
  private readonly result: GetMessageResult = {
    status: 'NO_MATCHED_LOGIC_QUEUE',
    nextBeginOffset: 0,
    minOffset: 0,
    maxOffset: 0,
    messageCount: 0,
    byteCount: 0,
    suggestPullingFromSlave: false,
  };

  constructor(
    private readonly store: MessageStore,
    private readonly topic: string,
  ) {}

  get minOffset(): number {
    return this.store.findQueue(this.topic, HALF_QUEUE_ID)?.minOffset ?? 0;
  }

  get maxOffset(): number {
    return this.store.findQueue(this.topic, HALF_QUEUE_ID)?.maxOffset ?? 0;
  }

  /** The record at one place, or undefined when it is gone. */
  at(queueOffset: number): MessageExt | undefined {
    return this.read(queueOffset, 1).find((message) => message.queueOffset === queueOffset);
  }

  /** Every readable record from `queueOffset` on, as of now. */
  *from(queueOffset: number): IterableIterator<MessageExt> {
    const end = this.maxOffset;
    for (let next = Math.max(queueOffset, this.minOffset); next < end;) {
      yield* this.read(next, READ_BATCH);
      if (this.result.nextBeginOffset <= next) return;
      next = this.result.nextBeginOffset;
    }
  }

  private read(queueOffset: number, count: number): MessageExt[] {
    this.buffer.clear();
    this.store.get(this.store.findQueue(this.topic, HALF_QUEUE_ID), queueOffset, count, undefined, this.buffer, this.result);
    return this.result.status === 'FOUND' ? decodeMessages(this.buffer.take(), { decompress: false }) : [];
  }
}

/** Every record of the log from a record's place on, file ends skipped. */
export function* recordsFrom(store: MessageStore, physicalOffset: number, logFileBytes: number): IterableIterator<MessageExt> {
  const end = store.maxPhysicalOffset;
  for (let at = Math.max(physicalOffset, store.minPhysicalOffset); at < end;) {
    const record = store.readRecord(at);
    if (record === undefined) {
      at = (Math.floor(at / logFileBytes) + 1) * logFileBytes;
      continue;
    }
    yield decodeMessage(record, { decompress: false });
    at += record.length;
  }
}
