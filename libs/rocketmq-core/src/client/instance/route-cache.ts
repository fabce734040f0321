// Routes of the topics a client uses: asked for once however many wait, refreshed by the instance's timer, compared for change.
// Must never drop a route because a name server is silent: stale is better than none.
import type { Logger } from '../../common/index.js';
import { BrokerReplyError, NoRouteError } from '../../errors/index.js';
import { decodeTopicRouteData, GET_ROUTEINFO_BY_TOPIC, RESPONSE_CODES, type TopicRouteData } from '../../protocol/index.js';
import type { RemotingClient } from '../../remoting/index.js';
import type { BrokerTable } from './broker-table.js';
import type { NameServerList } from './name-server-list.js';
import { createTopicRoute, routeFromTemplate, sameRoute, type TopicRoute } from './topic-route.js';

export interface RouteCacheParts {
  readonly remoting: RemotingClient;
  readonly nameServers: NameServerList;
  readonly brokers: BrokerTable;
  readonly logger: Logger;
  readonly timeoutMs: number;
}

/** Stands in for a topic no name server knows yet. */
export interface TopicTemplate {
  readonly createTopicKey: string;
  readonly defaultTopicQueueNums: number;
}

export class RouteCache {
  private readonly parts: RouteCacheParts;
  private readonly routes = new Map<string, TopicRoute>();
  private readonly asking = new Map<string, Promise<TopicRouteData | undefined>>();
  private readonly changeListeners: Array<(topic: string) => void> = [];

  constructor(parts: RouteCacheParts) {
    this.parts = parts;
  }

  get(topic: string): TopicRoute | undefined {
    return this.routes.get(topic);
  }

  topics(): string[] {
    return [...this.routes.keys()];
  }

  knows(topic: string): boolean {
    return this.routes.has(topic);
  }

  all(): Iterable<TopicRoute> {
    return this.routes.values();
  }

  onChange(listener: (topic: string) => void): void {
    this.changeListeners.push(listener);
  }

  /** The route of an existing topic, asked for if need be; undefined when no name server knows the topic. */
  async find(topic: string): Promise<TopicRoute | undefined> {
    const known = this.routes.get(topic);
    const route = known === undefined || known.fromTemplate ? await this.refresh(topic) : known;
    return route?.fromTemplate === true ? undefined : route;
  }

  /** Where to send; falls back to the template. Throws NoRouteError when there is no queue to send to. */
  async findToPublish(topic: string, template: TopicTemplate): Promise<TopicRoute> {
    const known = this.routes.get(topic);
    if (known !== undefined && known.publishQueues.length > 0) return known;
    const route = (await this.refresh(topic)) ?? (await this.fromTemplate(topic, template));
    return this.requireQueues(topic, route, `, nor the template topic ${template.createTopicKey}`);
  }

  /** The same of a topic that exists, without the template, as a name server says it now; rejects when none answers, or none knows it any more. */
  async askExistingToPublish(topic: string): Promise<TopicRoute> {
    const data = await this.ask(topic);
    return this.requireQueues(topic, data === undefined ? undefined : this.store(createTopicRoute(topic, data)), '');
  }

  private requireQueues(topic: string, route: TopicRoute | undefined, alsoUnknown: string): TopicRoute {
    if (route === undefined) {
      throw new NoRouteError(topic, `no name server of ${this.parts.nameServers.addresses.join(';')} knows it${alsoUnknown}`);
    }
    if (route.publishQueues.length === 0) throw new NoRouteError(topic, 'no broker with a master has writable queues of it');
    return route;
  }

  /** Asks again and takes over what changed; a topic that is not known (any more) keeps its old route. */
  async refresh(topic: string): Promise<TopicRoute | undefined> {
    const data = await this.ask(topic);
    return data === undefined ? this.routes.get(topic) : this.store(createTopicRoute(topic, data));
  }

  private async fromTemplate(topic: string, template: TopicTemplate): Promise<TopicRoute | undefined> {
    const data = await this.ask(template.createTopicKey);
    if (data === undefined) return undefined;
    return this.store(routeFromTemplate(topic, data, template.defaultTopicQueueNums));
  }

  private store(route: TopicRoute): TopicRoute {
    const { topic } = route;
    const old = this.routes.get(topic);
    this.parts.brokers.update(route.data.brokerDatas);
    if (old !== undefined && old.fromTemplate === route.fromTemplate && sameRoute(old.data, route.data)) return old;
    this.routes.set(topic, route);
    this.parts.logger.info(`route of topic ${topic} ${old === undefined ? 'found' : 'changed'}`, {
      topic,
      publishQueues: route.publishQueues.length,
      brokers: route.data.brokerDatas.map((broker) => broker.brokerName).join(','),
    });
    for (const listener of this.changeListeners) listener(topic);
    return route;
  }

  /** One request per topic at a time; whoever asks meanwhile gets the same answer. */
  private ask(topic: string): Promise<TopicRouteData | undefined> {
    let asking = this.asking.get(topic);
    if (asking === undefined) {
      asking = this.request(topic).finally(() => this.asking.delete(topic));
      this.asking.set(topic, asking);
    }
    return asking;
  }

  private async request(topic: string): Promise<TopicRouteData | undefined> {
    const { remoting, nameServers, timeoutMs } = this.parts;
    try {
      const answer = await nameServers.ask((address) => remoting.call(GET_ROUTEINFO_BY_TOPIC, address, { topic }, { timeoutMs }));
      const data = decodeTopicRouteData(answer.body);
      return data.queueDatas.length === 0 && data.brokerDatas.length === 0 ? undefined : data;
    } catch (error) {
      if (error instanceof BrokerReplyError && error.responseCode === RESPONSE_CODES.TOPIC_NOT_EXIST) return undefined;
      throw error;
    }
  }
}
