// The lite pull consumer users hold [java DefaultLitePullConsumer]: poll() for messages, positions, commits.
import { ConfigError, IllegalOffsetError } from '../../errors/index.js';
import { type MessageExt, type MessageQueue, messageQueueText } from '../../message/index.js';
import { applySettings } from '../client-config.js';
import { withoutNamespace } from '../namespace.js';
import { LitePullBase } from './lite-pull-base.js';
import type { LitePullMember } from './lite-pull-member.js';
import type { LitePullConsumerOptions } from './pull-settings.js';

export class DefaultLitePullConsumer extends LitePullBase {
  constructor(options: LitePullConsumerOptions);
  constructor(consumerGroup: string, options?: LitePullConsumerOptions);
  constructor(first: string | LitePullConsumerOptions, options: LitePullConsumerOptions = {}) {
    super();
    applySettings(this, typeof first === 'string' ? { ...options, consumerGroup: first } : first, 'DefaultLitePullConsumer');
  }

  /**
   * Messages of one queue, at most pullBatchSize; none after `timeout` ms. Calling it says that what earlier calls gave is done: with
   * autoCommit that is committed. Rejects with the signal's reason when it is aborted; no message is lost by that.
   */
  async poll(timeout: number = this.pollTimeoutMillis, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<MessageExt[]> {
    const member = this.requireMember();
    if (!Number.isFinite(timeout) || timeout < 0) {
      throw new ConfigError('poll', [{ key: 'timeout', problem: `${timeout} is no number of ms; it must not be negative` }]);
    }
    this.requireMode();
    member.settle();
    const messages = [...(await member.board.poll(timeout, signal))];
    for (const message of messages) message.topic = withoutNamespace(this.namespace, message.topic);
    this.trace?.tell(messages);
    return messages;
  }

  /** Commits what poll() has given so far, the last call included, of every queue. Resolves when the brokers have it, rejects when one does not answer. */
  commit(): Promise<void>;
  /** These offsets: the next messages to be consumed. Without `persist` they are sent within the next 5 s. Queues that moved away are left out. */
  commit(offsets: ReadonlyMap<MessageQueue, number>, persist?: boolean): Promise<void>;
  /** What poll() has given of these queues. */
  commit(queues: Iterable<MessageQueue>, persist?: boolean): Promise<void>;
  async commit(what?: ReadonlyMap<MessageQueue, number> | Iterable<MessageQueue>, persist?: boolean): Promise<void> {
    const member = this.requireMember();
    const wanted = this.offsetsToCommit(member, what);
    for (const [queue, offset] of wanted) {
      member.offsets.set(queue, offset);
      member.queueOf(queue)?.settle(offset);
    }
    if (!(persist ?? what === undefined)) return;
    const [failure] = await member.offsets.persist(wanted.keys(), { answered: true });
    if (failure !== undefined) throw failure.error;
  }

  /** Java's older name of commit(). */
  async commitSync(): Promise<void> {
    await this.commit();
  }

  /** The group's offset: the one committed here, else the one the broker keeps; -1 when there is none. Rejects when the broker does not say. */
  async committed(queue: MessageQueue): Promise<number> {
    const { offsets } = this.requireMember();
    const wanted = this.onBrokerSide(queue);
    return offsets.get(wanted) ?? (await offsets.fetch(wanted)) ?? -1;
  }

  /** The next poll() of this queue begins there; nothing of the old position is given any more. Throws IllegalOffsetError outside of minOffset..maxOffset. */
  async seek(queue: MessageQueue, offset: number): Promise<void> {
    const member = this.requireMember();
    const wanted = this.onBrokerSide(queue);
    member.requireQueue(wanted);
    const [minOffset, maxOffset] = await Promise.all([member.bounds.minOffset(wanted), member.bounds.maxOffset(wanted)]);
    if (!Number.isSafeInteger(offset) || offset < minOffset || offset > maxOffset) {
      throw new IllegalOffsetError(
        `Seek offset illegal, seek offset = ${offset}, min offset = ${minOffset}, max offset = ${maxOffset} of ${messageQueueText(queue)}`,
        { offset, minOffset, maxOffset },
      );
    }
    member.requireQueue(wanted).seek(offset);
  }

  /** To the first message that is kept. */
  async seekToBegin(queue: MessageQueue): Promise<void> {
    const { member, wanted } = this.own(queue);
    const offset = await member.bounds.minOffset(wanted);
    member.requireQueue(wanted).seek(offset);
  }

  /** Behind the last message there is. */
  async seekToEnd(queue: MessageQueue): Promise<void> {
    const { member, wanted } = this.own(queue);
    const offset = await member.bounds.maxOffset(wanted);
    member.requireQueue(wanted).seek(offset);
  }

  /** Nothing more is pulled of these queues; what was pulled already is still given. Queues that are not this member's are left out. */
  pause(queues: Iterable<MessageQueue>): void {
    this.setPaused(queues, true);
  }

  resume(queues: Iterable<MessageQueue>): void {
    this.setPaused(queues, false);
  }

  /** Offset of the first message stored at or after `timestamp` (ms). */
  async offsetForTimestamp(queue: MessageQueue, timestamp: number): Promise<number> {
    return this.requireMember().bounds.searchOffset(this.onBrokerSide(queue), timestamp);
  }

  private own(queue: MessageQueue): { member: LitePullMember; wanted: MessageQueue } {
    const member = this.requireMember();
    const wanted = this.onBrokerSide(queue);
    member.requireQueue(wanted);
    return { member, wanted };
  }

  private setPaused(queues: Iterable<MessageQueue>, paused: boolean): void {
    const member = this.requireMember();
    for (const queue of queues) {
      const mine = member.queueOf(this.onBrokerSide(queue));
      if (mine !== undefined) mine.setPaused(paused);
      else this.warn(member, `${messageQueueText(queue)} is not assigned to this member, it cannot be ${paused ? 'paused' : 'resumed'}`);
    }
  }

  private offsetsToCommit(
    member: LitePullMember,
    what: ReadonlyMap<MessageQueue, number> | Iterable<MessageQueue> | undefined,
  ): Map<MessageQueue, number> {
    const offsets = new Map<MessageQueue, number>();
    if (what === undefined) {
      for (const { queue, consumed } of member.assignedQueues()) if (consumed !== undefined) offsets.set(queue, consumed);
      return offsets;
    }
    const given: Array<[MessageQueue, number | undefined]> = isMap(what) ? [...what] : [...what].map((queue) => [queue, undefined]);
    for (const [queue, offset] of given) {
      const mine = member.queueOf(this.onBrokerSide(queue));
      if (offset !== undefined && (!Number.isSafeInteger(offset) || offset < 0)) {
        throw new IllegalOffsetError(`${messageQueueText(queue)}: ${offset} is no offset, nothing is committed`, { offset });
      }
      const chosen = offset ?? mine?.consumed;
      if (mine === undefined) this.warn(member, `${messageQueueText(queue)} is not assigned to this member, its offset is not committed`);
      else if (chosen !== undefined) offsets.set(mine.queue, chosen);
    }
    return offsets;
  }

  private warn(member: LitePullMember, text: string): void {
    member.instance.ports.logger.warn(text, { consumerGroup: this.consumerGroup });
  }
}

function isMap(what: ReadonlyMap<MessageQueue, number> | Iterable<MessageQueue>): what is ReadonlyMap<MessageQueue, number> {
  return what instanceof Map;
}
