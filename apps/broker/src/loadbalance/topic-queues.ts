// The readable queues of a topic over all brokers, as the name servers say; remembered for a while. Must never pass off a part for the
// whole: members would give up the queues that are missing.
import type { Clock, Logger } from 'rocketmq-core/common';
import type { MessageQueue } from 'rocketmq-core/message';
import { decodeTopicRouteData, GET_ROUTEINFO_BY_TOPIC } from 'rocketmq-core/protocol';
import type { RemotingClient } from 'rocketmq-core/remoting';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { isReadable } from '../topic/permission.js';
import type { TopicConfigTable } from '../topic/topic-config-table.js';

/** Routes remembered; the one asked for longest ago gives way. */
export const ROUTES_MAX = 10_000;
const ROUTE_TIMEOUT_MS = 3000;
const TOPIC_NOT_EXIST = 17;

interface Route {
  readonly queues: MessageQueue[] | undefined;
  readonly readAtMs: number;
}

type TopicQueuesConfig = Pick<BrokerConfig, 'brokerName' | 'namesrvAddr' | 'loadBalancePollNameServerInterval'>;

export class TopicQueues {
  private readonly routes = new Map<string, Route>();
  private readonly asking = new Map<string, Promise<MessageQueue[] | undefined>>();

  constructor(
    private readonly config: TopicQueuesConfig,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly client: RemotingClient,
    private readonly topics: TopicConfigTable,
  ) {}

  /** Undefined: the topic is not known, or nobody can be asked. */
  async of(topic: string): Promise<MessageQueue[] | undefined> {
    if (this.config.namesrvAddr.length === 0) return this.own(topic);
    const known = this.routes.get(topic);
    if (known !== undefined && this.clock.monotonic() - known.readAtMs < this.config.loadBalancePollNameServerInterval) return known.queues;
    let asked = this.asking.get(topic);
    if (asked === undefined) {
      asked = this.ask(topic, known).finally(() => this.asking.delete(topic));
      this.asking.set(topic, asked);
    }
    return asked;
  }

  /** A broker by itself is the whole cluster. */
  private own(topic: string): MessageQueue[] | undefined {
    const config = this.topics.find(topic);
    if (config === undefined) return undefined;
    return isReadable(config.perm) ? queuesOf(topic, this.config.brokerName, config.readQueueNums) : [];
  }

  private async ask(topic: string, known: Route | undefined): Promise<MessageQueue[] | undefined> {
    for (const address of this.config.namesrvAddr) {
      try {
        const { code, body } = await this.client.invoke(GET_ROUTEINFO_BY_TOPIC, address, { topic }, { timeoutMs: ROUTE_TIMEOUT_MS });
        if (code === 0) return this.remember(topic, readableQueues(topic, body));
        if (code === TOPIC_NOT_EXIST) return this.remember(topic, undefined);
      } catch (error) {
        this.logger.debug('route not read', { topic, address, error });
      }
    }
    this.logger.warn('no name server tells the route of a topic', { topic, known: known !== undefined });
    return known?.queues;
  }

  private remember(topic: string, queues: MessageQueue[] | undefined): MessageQueue[] | undefined {
    this.routes.delete(topic);
    // An unknown topic may come into being any moment.
    if (queues === undefined) return undefined;
    this.routes.set(topic, { queues, readAtMs: this.clock.monotonic() });
    if (this.routes.size > ROUTES_MAX) this.routes.delete(this.routes.keys().next().value!);
    return queues;
  }
}

function readableQueues(topic: string, body: Uint8Array): MessageQueue[] {
  const { queueDatas } = decodeTopicRouteData(body);
  return queueDatas
    .filter(({ perm }) => isReadable(perm))
    .flatMap(({ brokerName, readQueueNums }) => queuesOf(topic, brokerName, readQueueNums));
}

function queuesOf(topic: string, brokerName: string, count: number): MessageQueue[] {
  return Array.from({ length: count }, (_, queueId) => ({ topic, brokerName, queueId }));
}
