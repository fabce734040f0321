// Offsets of a clustering group: in memory as they grow, committed to each queue's broker [java RemoteBrokerOffsetStore].
// Must never take a broker that did not answer for one that has no offset.
import { BrokerReplyError, ConnectError, MalformedCommandError } from '../../errors/index.js';
import { type MessageQueue, messageQueueKey } from '../../message/index.js';
import { QUERY_CONSUMER_OFFSET, RESPONSE_CODES, UPDATE_CONSUMER_OFFSET } from '../../protocol/index.js';
import type { ClientInstance } from '../instance/client-instance.js';

interface Known {
  readonly queue: MessageQueue;
  offset: number;
  /** Set by the broker's correction: late results must not move it. */
  frozen: boolean;
}

export class RemoteBrokerOffsetStore {
  private readonly instance: ClientInstance;
  private readonly consumerGroup: string;
  private readonly known = new Map<string, Known>();

  constructor(instance: ClientInstance, consumerGroup: string) {
    this.instance = instance;
    this.consumerGroup = consumerGroup;
  }

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

  /** The committed offset, asked of the broker; undefined when there is none. Rejects when the broker does not say. */
  async fetch(queue: MessageQueue): Promise<number | undefined> {
    const address = await this.addressOf(queue);
    try {
      const { header } = await this.instance.remoting.call(
        QUERY_CONSUMER_OFFSET,
        address,
        { consumerGroup: this.consumerGroup, topic: queue.topic, queueId: queue.queueId, brokerName: queue.brokerName },
        { timeoutMs: this.instance.config.mqClientApiTimeout },
      );
      if (header === undefined) throw new MalformedCommandError('the answer lacks the offset', { address, queueId: queue.queueId });
      return header.offset;
    } catch (error) {
      if (error instanceof BrokerReplyError && error.responseCode === RESPONSE_CODES.QUERY_NOT_FOUND) return undefined;
      throw error;
    }
  }

  /** Commits what memory holds of these queues, one-way as Java does. Never rejects: a failure is logged, the next commit repeats it. */
  async persist(queues: Iterable<MessageQueue>): Promise<void> {
    for (const queue of queues) {
      const entry = this.known.get(messageQueueKey(queue));
      if (entry === undefined) continue;
      try {
        const address = await this.addressOf(queue);
        await this.instance.remoting.invokeOneWay(UPDATE_CONSUMER_OFFSET, address, {
          consumerGroup: this.consumerGroup,
          topic: queue.topic,
          queueId: queue.queueId,
          commitOffset: entry.offset,
          brokerName: queue.brokerName,
        });
      } catch (error) {
        this.instance.ports.logger.warn(
          `committing offset ${entry.offset} of ${queue.topic} ${queue.brokerName}/${queue.queueId} failed: ${error instanceof Error ? error.message : String(error)}`,
          { consumerGroup: this.consumerGroup },
        );
      }
    }
  }

  private async addressOf(queue: MessageQueue): Promise<string> {
    const { brokers, routes } = this.instance;
    const known = brokers.masterOrAny(queue.brokerName);
    if (known !== undefined) return known.address;
    await routes.refresh(queue.topic);
    const found = brokers.masterOrAny(queue.brokerName);
    if (found === undefined) throw new ConnectError(queue.brokerName, 'no address of this broker is known');
    return found.address;
  }
}
