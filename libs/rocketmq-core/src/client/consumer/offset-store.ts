// Offsets of a group's queues as one consumer knows them, and where they are kept. In memory they only grow, unless set.
// Must never keep an offset of a queue that was forgotten.
import { type MessageQueue, messageQueueKey } from '../../message/index.js';

export interface Known {
  readonly queue: MessageQueue;
  offset: number;
  /** Set by a correction: late results must not move it. */
  frozen: boolean;
}

export interface PersistFailure {
  readonly queue: MessageQueue;
  readonly error: unknown;
}

export abstract class OffsetStore {
  protected readonly known = new Map<string, Known>();

  /** Reads what must be known before the first question. Rejects when it cannot be read: the consumer must not start then. */
  abstract load(): Promise<void>;

  /** The offset kept; undefined when there is none. Rejects when that cannot be said. */
  abstract fetch(queue: MessageQueue): Promise<number | undefined>;

  /**
   * Keeps what memory holds of these queues; `answered` waits until it is certain. Never rejects: a failure is logged and resolved to, the
   * next call repeats it.
   */
  abstract persist(queues: Iterable<MessageQueue>, how?: { answered: boolean }): Promise<readonly PersistFailure[]>;

  /** Offset in memory. */
  get(queue: MessageQueue): number | undefined {
    return this.known.get(messageQueueKey(queue))?.offset;
  }

  /** Queues of a topic with their offsets in memory. */
  ofTopic(topic: string): Map<MessageQueue, number> {
    return new Map([...this.known.values()].filter(({ queue }) => queue.topic === topic).map(({ queue, offset }) => [queue, offset]));
  }

  /** Moves the offset forward; a lower one is ignored. */
  advance(queue: MessageQueue, offset: number): void {
    const entry = this.known.get(messageQueueKey(queue));
    if (entry === undefined) this.set(queue, offset);
    else if (!entry.frozen && offset > entry.offset) entry.offset = offset;
  }

  set(queue: MessageQueue, offset: number, frozen = false): void {
    this.known.set(messageQueueKey(queue), { queue, offset, frozen });
  }

  forget(queue: MessageQueue): void {
    this.known.delete(messageQueueKey(queue));
  }
}
