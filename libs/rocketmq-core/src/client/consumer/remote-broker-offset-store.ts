// Offsets of a clustering group: in memory as they grow, committed to each queue's broker [java RemoteBrokerOffsetStore].
// Must never take a broker that did not answer for one that has no offset.
import { reasonOf } from '../../common/index.js';
import { BrokerReplyError, ConnectError, MalformedCommandError } from '../../errors/index.js';
import type { MessageQueue } from '../../message/index.js';
import { QUERY_CONSUMER_OFFSET, RESPONSE_CODES, UPDATE_CONSUMER_OFFSET } from '../../protocol/index.js';
import type { ClientInstance } from '../instance/client-instance.js';
import { OffsetStore, type PersistFailure } from './offset-store.js';

export class RemoteBrokerOffsetStore extends OffsetStore {
  private readonly instance: ClientInstance;
  private readonly consumerGroup: string;

  constructor(instance: ClientInstance, consumerGroup: string) {
    super();
    this.instance = instance;
    this.consumerGroup = consumerGroup;
  }

  load(): Promise<void> {
    return Promise.resolve();
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

  /** Commits one-way, as Java does, unless `answered`. */
  async persist(queues: Iterable<MessageQueue>, { answered } = { answered: false }): Promise<readonly PersistFailure[]> {
    const failures: PersistFailure[] = [];
    const persistOne = async (queue: MessageQueue): Promise<void> => {
      const offset = this.get(queue);
      if (offset === undefined) return;
      try {
        await this.commit(queue, offset, answered);
      } catch (error) {
        failures.push({ queue, error });
        this.instance.ports.logger.warn(
          `committing offset ${offset} of ${queue.topic} ${queue.brokerName}/${queue.queueId} failed: ${reasonOf(error)}`,
          { consumerGroup: this.consumerGroup },
        );
      }
    };
    await Promise.all([...queues].map(persistOne));
    return failures;
  }

  /** Rejects when the broker cannot be told; `answered`: when it does not say that it took the offset. */
  async commit(queue: MessageQueue, commitOffset: number, answered: boolean): Promise<void> {
    const { instance, consumerGroup } = this;
    const { topic, queueId, brokerName } = queue;
    const address = await this.addressOf(queue);
    const header = { consumerGroup, topic, queueId, commitOffset, brokerName };
    if (answered) await instance.remoting.call(UPDATE_CONSUMER_OFFSET, address, header, { timeoutMs: instance.config.mqClientApiTimeout });
    else await instance.remoting.invokeOneWay(UPDATE_CONSUMER_OFFSET, address, header);
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
