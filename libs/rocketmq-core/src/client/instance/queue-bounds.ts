// Offsets a broker knows of a queue, whoever consumes it [java MQAdminImpl]. Must never guess when a broker does not answer.
import { ConnectError, MalformedCommandError, NoRouteError } from '../../errors/index.js';
import type { MessageQueue } from '../../message/index.js';
import { GET_EARLIEST_MSG_STORETIME, GET_MAX_OFFSET, GET_MIN_OFFSET, SEARCH_OFFSET_BY_TIMESTAMP } from '../../protocol/index.js';
import type { ClientInstance } from './client-instance.js';

export class QueueBounds {
  private readonly instance: ClientInstance;

  constructor(instance: ClientInstance) {
    this.instance = instance;
  }

  /** Next offset to be written. */
  async maxOffset(queue: MessageQueue): Promise<number> {
    return this.ask(queue, (address) =>
      this.instance.remoting.call(GET_MAX_OFFSET, address, { ...headerOf(queue), committed: true }, this.options),
    );
  }

  /** First readable offset. */
  async minOffset(queue: MessageQueue): Promise<number> {
    return this.ask(queue, (address) => this.instance.remoting.call(GET_MIN_OFFSET, address, headerOf(queue), this.options));
  }

  /** Offset of the first message stored at or after `timestamp` (ms). */
  async searchOffset(queue: MessageQueue, timestamp: number): Promise<number> {
    return this.ask(queue, (address) =>
      this.instance.remoting.call(
        SEARCH_OFFSET_BY_TIMESTAMP,
        address,
        { ...headerOf(queue), timestamp, boundaryType: 'LOWER' },
        this.options,
      ),
    );
  }

  /** Store time (ms) of the first readable message, -1 without one. */
  async earliestMsgStoreTime(queue: MessageQueue): Promise<number> {
    const address = await masterAddress(this.instance, queue);
    const { header } = await this.instance.remoting.call(GET_EARLIEST_MSG_STORETIME, address, headerOf(queue), this.options);
    if (header === undefined) throw new MalformedCommandError('the answer lacks the timestamp', { address, queueId: queue.queueId });
    return header.timestamp;
  }

  private get options(): { timeoutMs: number } {
    return { timeoutMs: this.instance.config.mqClientApiTimeout };
  }

  private async ask(queue: MessageQueue, call: (address: string) => Promise<{ header: { offset: number } | undefined }>): Promise<number> {
    const address = await masterAddress(this.instance, queue);
    const { header } = await call(address);
    if (header === undefined) throw new MalformedCommandError('the answer lacks the offset', { address, queueId: queue.queueId });
    return header.offset;
  }
}

function headerOf(queue: MessageQueue): { topic: string; queueId: number; brokerName: string } {
  return { topic: queue.topic, queueId: queue.queueId, brokerName: queue.brokerName };
}

/** The master of the queue's broker, asking for the route if need be. */
export async function masterAddress(instance: ClientInstance, queue: MessageQueue): Promise<string> {
  const known = instance.brokers.masterOf(queue.brokerName);
  if (known !== undefined) return known;
  if ((await instance.routes.refresh(queue.topic)) === undefined) throw new NoRouteError(queue.topic, 'no name server knows it');
  const found = instance.brokers.masterOf(queue.brokerName);
  if (found === undefined) throw new ConnectError(queue.brokerName, 'no master address of this broker is known');
  return found;
}
