// Goes through the letters of a group, oldest first, over the queues of all brokers. Must never hold more than a page of each queue.
import type { MessageExt, MessageQueue } from 'rocketmq-core';
import type { Positions } from './dead-letter-cursor.js';
import type { DeadLetterReader } from './dead-letter-port.js';

/** Letters read ahead of each queue; a broker gives no more at once. */
const PAGE = 32;

/** A queue with what has been read of it and not been given yet. */
class QueueAhead {
  private letters: readonly MessageExt[] = [];
  private at = 0;
  private isOver = false;

  constructor(
    private readonly reader: DeadLetterReader,
    readonly queue: MessageQueue,
    private readOffset: number,
    private readonly endOffset: number,
    private readonly to: number,
  ) {}

  /** Offset of the next letter to give. */
  get position(): number {
    return this.letters[this.at]?.queueOffset ?? this.readOffset;
  }

  async peek(): Promise<MessageExt | undefined> {
    while (this.at >= this.letters.length && !this.isOver) {
      const { messages, next } = await this.reader.page(this.queue, this.readOffset, PAGE);
      this.isOver = next <= this.readOffset || next >= this.endOffset;
      this.readOffset = Math.min(Math.max(next, this.readOffset), this.endOffset);
      this.letters = messages.filter(({ queueOffset }) => queueOffset < this.endOffset);
      this.at = 0;
    }
    const letter = this.letters[this.at];
    return letter !== undefined && letter.storeTimestamp < this.to ? letter : undefined;
  }

  take(): void {
    this.at++;
  }
}

export const queueName = (queue: MessageQueue): string => `${queue.brokerName}/${queue.queueId}`;

export class LetterWalk {
  private constructor(private readonly queues: readonly QueueAhead[]) {}

  /** What is dead when it opens. `startOf`: where a queue begins. `to` (ms): letters dead since then or later end their queue. */
  static async open(
    reader: DeadLetterReader,
    startOf: (queue: MessageQueue) => Promise<number>,
    to: number = Infinity,
  ): Promise<LetterWalk> {
    const queues = await reader.queues();
    const openQueue = async (queue: MessageQueue): Promise<QueueAhead> => {
      const [start, end] = await Promise.all([startOf(queue), reader.maxOffset(queue)]);
      return new QueueAhead(reader, queue, start, end, to);
    };
    return new LetterWalk(await Promise.all(queues.map(openQueue)));
  }

  /** The oldest letter not taken yet, with its queue; undefined at the end. */
  async peek(): Promise<{ readonly message: MessageExt; readonly queue: MessageQueue; take(): void } | undefined> {
    let oldest: { message: MessageExt; ahead: QueueAhead } | undefined;
    for (const ahead of this.queues) {
      const message = await ahead.peek();
      if (message !== undefined && (oldest === undefined || message.storeTimestamp < oldest.message.storeTimestamp))
        oldest = { message, ahead };
    }
    return oldest && { message: oldest.message, queue: oldest.ahead.queue, take: () => oldest.ahead.take() };
  }

  get positions(): Positions {
    return new Map(this.queues.map((ahead) => [queueName(ahead.queue), ahead.position]));
  }

  /** Queues with the offset up to which their letters have been taken. */
  get reached(): ReadonlyArray<readonly [MessageQueue, number]> {
    return this.queues.map((ahead) => [ahead.queue, ahead.position]);
  }
}
