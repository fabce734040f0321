// Watches the committed offsets of a group and notes every step back. Must never commit anything itself.
import { type Clock, silentLogger, sleep } from 'rocketmq-core/common';
import { BrokerReplyError } from 'rocketmq-core/errors';
import { decodeTopicRouteData, GET_MAX_OFFSET, GET_ROUTEINFO_BY_TOPIC, QUERY_CONSUMER_OFFSET } from 'rocketmq-core/protocol';
import { createRemotingClient, NodeNetwork, type RemotingClient } from 'rocketmq-core/remoting';

interface WatchedQueue {
  readonly address: string;
  readonly queueId: number;
  committed: number;
  maxOffset: number;
}

const PERIOD_MS = 50;

export class CommittedOffsetWatch {
  /** One line for each time an offset went down. */
  readonly stepsBack: string[] = [];
  private running = true;
  private watching: Promise<void> = Promise.resolve();

  private constructor(
    private readonly client: RemotingClient,
    private readonly topic: string,
    private readonly consumerGroup: string,
    private readonly queues: WatchedQueue[],
    private readonly clock: Clock,
  ) {}

  static async start(nameServer: string, topic: string, consumerGroup: string, clock: Clock): Promise<CommittedOffsetWatch> {
    const client = createRemotingClient({ network: new NodeNetwork(), clock, logger: silentLogger });
    const { body } = await client.call(GET_ROUTEINFO_BY_TOPIC, nameServer, { topic });
    const { queueDatas, brokerDatas } = decodeTopicRouteData(body);
    const queues = queueDatas.flatMap(({ brokerName, readQueueNums }) => {
      const address = brokerDatas.find((broker) => broker.brokerName === brokerName)!.brokerAddrs.get(0)!;
      return Array.from({ length: readQueueNums }, (_, queueId) => ({ address, queueId, committed: -1, maxOffset: 0 }));
    });
    const watch = new CommittedOffsetWatch(client, topic, consumerGroup, queues, clock);
    watch.watching = watch.run();
    // stop() tells a failure; a test that ended before it has told its own.
    watch.watching.catch(() => undefined);
    return watch;
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.watching;
    await this.look();
    await this.client.shutdown();
  }

  committedTotal(): number {
    return this.queues.reduce((sum, { committed }) => sum + committed, 0);
  }

  maxTotal(): number {
    return this.queues.reduce((sum, { maxOffset }) => sum + maxOffset, 0);
  }

  private async run(): Promise<void> {
    while (this.running) {
      await this.look();
      await sleep(this.clock, PERIOD_MS);
    }
  }

  private async look(): Promise<void> {
    for (const queue of this.queues) {
      const { topic, consumerGroup } = this;
      const { address, queueId } = queue;
      const committed = await this.client
        .call(QUERY_CONSUMER_OFFSET, address, { consumerGroup, topic, queueId })
        .then(({ header }) => header?.offset ?? -1)
        .catch((error: unknown) => {
          if (error instanceof BrokerReplyError) return -1;
          throw error;
        });
      if (committed < queue.committed) this.stepsBack.push(`queue ${queueId}: ${queue.committed} -> ${committed}`);
      queue.committed = committed;
      queue.maxOffset = (await this.client.call(GET_MAX_OFFSET, address, { topic, queueId })).header?.offset ?? -1;
    }
  }
}
