// What reading and redriving dead letters needs of a client: the seam where tests put their own. Types only.
import type { Message, MessageExt, MessageQueue, SendResult } from 'rocketmq-core';

/** Reads one dead-letter topic; nothing is consumed by it. Opened for one call, closed after it. */
export interface DeadLetterReader {
  /** One per broker that has dead letters of the group; none where nobody knows the topic. Throws for a topic that may not be read. */
  queues(): Promise<readonly MessageQueue[]>;
  /** Up to `max` letters from `offset` on, and where to go on; `next` equal to `offset` means the end. */
  page(queue: MessageQueue, offset: number, max: number): Promise<{ messages: readonly MessageExt[]; next: number }>;
  minOffset(queue: MessageQueue): Promise<number>;
  /** Offset of the next letter to die. */
  maxOffset(queue: MessageQueue): Promise<number>;
  /** First letter stored at or after a time (ms). */
  searchOffset(queue: MessageQueue, timestamp: number): Promise<number>;
  /** Up to where the group's letters have been redriven; -1: never. */
  redrivenOffset(queue: MessageQueue): Promise<number>;
  saveRedrivenOffset(queue: MessageQueue, offset: number): Promise<void>;
  /** By id or msgId; undefined when there is none. */
  find(id: string): Promise<MessageExt | undefined>;
  close(): Promise<void>;
}

export interface DeadLetterPort {
  open(group: string): Promise<DeadLetterReader>;
  send(message: Message): Promise<SendResult>;
}
