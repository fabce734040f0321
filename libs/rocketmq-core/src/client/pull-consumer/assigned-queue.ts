// One queue of a lite pull consumer [java AssignedMessageQueue, ProcessQueue]: where it is pulled, what was pulled and waits for poll(), how far poll() got.
// Must never give a message of a position that was left by a seek.
import type { MessageExt, MessageQueue } from '../../message/index.js';
import type { PulledQueue } from '../consumer/pull-answer.js';

interface Batch {
  readonly messages: readonly MessageExt[];
  /** Where the queue goes on after it. */
  readonly next: number;
}

export class AssignedQueue implements PulledQueue {
  readonly queue: MessageQueue;
  pullFromBrokerId = 0;
  /** Clock.now() of these, for the running info; 0: never. */
  lastPullTimestamp = 0;
  lastPollTimestamp = 0;
  private batches: Batch[] = [];
  private messages = 0;
  private bytes = 0;
  private pullPosition: number | undefined;
  private consumedOffset: number | undefined;
  private settledOffset: number | undefined;
  private isPaused = false;
  private isDropped = false;
  private currentTurn = new AbortController();

  constructor(queue: MessageQueue) {
    this.queue = queue;
  }

  /** Aborted when what is under way has become wrong: by a seek, a pause or its end, or because the queue is no longer ours. */
  get turn(): AbortSignal {
    return this.currentTurn.signal;
  }

  get dropped(): boolean {
    return this.isDropped;
  }

  get paused(): boolean {
    return this.isPaused;
  }

  /** Messages that wait for poll(). */
  get messageCount(): number {
    return this.messages;
  }

  get byteCount(): number {
    return this.bytes;
  }

  get lowestOffset(): number {
    return this.batches[0]?.messages[0]?.queueOffset ?? 0;
  }

  get highestOffset(): number {
    return this.batches.at(-1)?.messages.at(-1)?.queueOffset ?? 0;
  }

  /** Offset of the next pull; undefined: not known yet. */
  get position(): number | undefined {
    return this.pullPosition;
  }

  /** Everything before was given by poll(), or is not for this consumer. */
  get consumed(): number | undefined {
    return this.consumedOffset;
  }

  /** What counts as done: what poll() had given when it was last called, or what the application committed since. */
  get settled(): number | undefined {
    return this.settledOffset;
  }

  /** The first offset, unless a seek came first. */
  begin(offset: number): void {
    if (this.pullPosition !== undefined) return;
    this.pullPosition = offset;
    this.consumedOffset = offset;
    this.settledOffset = offset;
  }

  /** Forgets what was pulled and goes on there. */
  seek(offset: number): void {
    this.clear();
    this.pullPosition = offset;
    this.consumedOffset = offset;
    this.settledOffset = offset;
    this.startTurn('its position was changed');
  }

  setPaused(paused: boolean): void {
    if (this.isPaused === paused) return;
    this.isPaused = paused;
    this.startTurn(paused ? 'it is paused' : 'it is resumed');
  }

  /** Takes what one pull found, which may be nothing; the next one begins at `next`. */
  put(messages: readonly MessageExt[], next: number): void {
    this.pullPosition = next;
    if (messages.length > 0) {
      this.batches.push({ messages, next });
      this.messages += messages.length;
      for (const message of messages) this.bytes += message.body.length;
    } else if (this.batches.length === 0) this.consumedOffset = next;
  }

  /** The oldest batch, for the application. */
  take(): readonly MessageExt[] | undefined {
    const batch = this.batches.shift();
    if (batch === undefined) return undefined;
    this.messages -= batch.messages.length;
    for (const message of batch.messages) this.bytes -= message.body.length;
    this.consumedOffset = this.batches.length === 0 ? this.pullPosition : batch.next;
    return batch.messages;
  }

  /** The application asks for more, or commits: what it has counts as done. */
  settle(offset: number | undefined = this.consumedOffset): void {
    this.settledOffset = offset;
  }

  drop(): void {
    this.isDropped = true;
    this.clear();
    this.currentTurn.abort(this.reason('it was given up'));
  }

  private clear(): void {
    this.batches = [];
    this.messages = 0;
    this.bytes = 0;
  }

  private startTurn(why: string): void {
    const ended = this.currentTurn;
    if (!this.isDropped) this.currentTurn = new AbortController();
    ended.abort(this.reason(why));
  }

  private reason(why: string): Error {
    return new Error(`queue ${this.queue.brokerName}/${this.queue.queueId} of ${this.queue.topic}: ${why}`);
  }
}
