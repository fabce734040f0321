// Tells every broker which groups this client serves. One heartbeat at a time; one asked for meanwhile follows, so that none is lost.
// Must never throw: a broker that cannot be reached is logged and met again at the next beat.
import { type Logger, reasonOf } from '../../common/index.js';
import { type ConsumerData, encodeHeartbeatData, HEART_BEAT, type HeartbeatData } from '../../protocol/index.js';
import type { RemotingClient } from '../../remoting/index.js';
import type { BrokerTable } from './broker-table.js';
import { MASTER_ID } from './topic-route.js';

/** Group of the producer inside every client; always announced [java MixAll#CLIENT_INNER_PRODUCER_GROUP]. */
export const CLIENT_INNER_PRODUCER_GROUP = 'CLIENT_INNER_PRODUCER';

export interface HeartbeatParts {
  readonly clientId: string;
  readonly remoting: RemotingClient;
  readonly brokers: BrokerTable;
  readonly logger: Logger;
  readonly timeoutMs: number;
  producerGroups(): Iterable<string>;
  consumers(): ConsumerData[];
}

export class Heartbeat {
  private readonly parts: HeartbeatParts;
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  constructor(parts: HeartbeatParts) {
    this.parts = parts;
  }

  /** Resolves when a heartbeat that began after this call has been answered, or failed, everywhere. */
  beat(): Promise<void> {
    if (this.running === undefined) return this.start();
    this.next ??= this.running.then(() => {
      this.next = undefined;
      return this.start();
    });
    return this.next;
  }

  private start(): Promise<void> {
    this.running = this.beatAll().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async beatAll(): Promise<void> {
    const { parts } = this;
    const consumers = parts.consumers();
    const data: HeartbeatData = {
      clientID: parts.clientId,
      producerDataSet: [...parts.producerGroups(), CLIENT_INNER_PRODUCER_GROUP].map((groupName) => ({ groupName })),
      consumerDataSet: consumers,
      heartbeatFingerprint: 0,
      withoutSub: false,
    };
    const body = encodeHeartbeatData(data);
    // A client without consumers has nothing to say to replicas.
    const targets = parts.brokers.all().filter((broker) => consumers.length > 0 || broker.brokerId === MASTER_ID);
    await Promise.all(targets.map(({ address }) => this.beatOne(address, body)));
  }

  private async beatOne(address: string, body: Uint8Array): Promise<void> {
    const { brokers, logger, remoting, timeoutMs } = this.parts;
    try {
      const { version } = await remoting.call(HEART_BEAT, address, {}, { body, timeoutMs });
      brokers.setVersion(address, version);
    } catch (error) {
      logger.warn(`heartbeat to ${address} failed: ${reasonOf(error)}`, { address });
    }
  }
}
