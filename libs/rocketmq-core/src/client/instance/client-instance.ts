// What producers and consumers of one client id share: connections, routes, broker table, heartbeats, timers [java MQClientInstance].
// Must never outlive its last user: the registry shuts it down.
import { reasonOf, type Timer } from '../../common/index.js';
import { IllegalSubscriptionError } from '../../errors/index.js';
import { DEFAULT_TOPIC } from '../../message/index.js';
import { type ConsumerData, UNREGISTER_CLIENT } from '../../protocol/index.js';
import type { RemotingClient, RemotingClientOptions, RpcHook } from '../../remoting/index.js';
import { BackgroundTasks } from '../background-tasks.js';
import type { ClientPorts } from '../ports.js';
import { VipChannelClient } from '../vip-channel.js';
import { BrokerTable } from './broker-table.js';
import { type CheckHandler, type ConsumerIntrospection, serveBrokerRequests } from './client-requests.js';
import { Heartbeat } from './heartbeat.js';
import { NameServerList } from './name-server-list.js';
import { RebalanceLoop } from './rebalance-loop.js';
import { ReplyTable } from './reply-table.js';
import { RouteCache } from './route-cache.js';

export interface InstanceConfig {
  readonly clientId: string;
  readonly nameServers: readonly string[];
  readonly pollNameServerInterval: number;
  readonly heartbeatBrokerInterval: number;
  readonly persistConsumerOffsetInterval: number;
  readonly mqClientApiTimeout: number;
  readonly rpcHooks: readonly RpcHook[];
  readonly vipChannelEnabled: boolean;
  readonly remoting: RemotingClientOptions;
}

/** A consumer as its instance sees it. */
export interface ConsumerMember {
  readonly consumerGroup: string;
  heartbeatData(): ConsumerData;
  subscribedTopics(): Iterable<string>;
  /** Resolves to whether the assignment is complete. Never rejects. */
  rebalance(): Promise<boolean>;
  persistOffsets(): Promise<void>;
  /** Absent: this consumer tells nothing of itself. */
  readonly introspection?: ConsumerIntrospection;
}

const ROUTE_FIRST_MS = 10;
const HEARTBEAT_FIRST_MS = 1000;
const PERSIST_FIRST_MS = 10_000;

export class ClientInstance {
  readonly clientId: string;
  readonly config: InstanceConfig;
  readonly ports: ClientPorts;
  readonly remoting: RemotingClient;
  readonly brokers: BrokerTable;
  readonly routes: RouteCache;
  readonly tasks: BackgroundTasks;
  /** Requests that wait for their reply. */
  readonly replies: ReplyTable;
  private readonly heartbeat: Heartbeat;
  private readonly rebalanceLoop: RebalanceLoop;
  private readonly producerGroups = new Set<string>();
  private readonly checkHandlers = new Map<string, CheckHandler>();
  private readonly consumers = new Map<string, ConsumerMember>();
  private timers: Timer[] = [];

  constructor(config: InstanceConfig, ports: ClientPorts) {
    this.clientId = config.clientId;
    this.config = config;
    this.ports = ports;
    const remoting = ports.createRemoting(config.remoting);
    this.remoting = config.vipChannelEnabled ? new VipChannelClient(remoting) : remoting;
    for (const hook of config.rpcHooks) this.remoting.addHook(hook);
    this.brokers = new BrokerTable(ports.random);
    this.tasks = new BackgroundTasks(ports.logger);
    const shared = { remoting: this.remoting, brokers: this.brokers, logger: ports.logger, timeoutMs: config.mqClientApiTimeout };
    this.routes = new RouteCache({ ...shared, nameServers: new NameServerList(config.nameServers, ports.random) });
    this.heartbeat = new Heartbeat({
      ...shared,
      clientId: config.clientId,
      producerGroups: () => this.producerGroups,
      consumers: () => [...this.consumers.values()].map((consumer) => consumer.heartbeatData()),
    });
    this.rebalanceLoop = new RebalanceLoop(ports.clock, () => this.rebalanceAll());
    this.replies = new ReplyTable(ports.clock, ports.logger);
    this.replies.serve(this.remoting);
    this.routes.onChange((topic) => this.routeChanged(topic));
    serveBrokerRequests({
      remoting: this.remoting,
      find: (consumerGroup) => this.consumers.get(consumerGroup),
      findChecks: (producerGroup) => this.checkHandlers.get(producerGroup),
      requestRebalance: () => this.requestRebalance(),
      run: (what, work) => this.tasks.run(what, work),
    });
  }

  /** Sets the timers; starting again does nothing. */
  start(): void {
    if (this.timers.length > 0) return;
    const { config, ports } = this;
    const every = (what: string, work: () => Promise<unknown>, periodMs: number, firstMs: number): Timer =>
      ports.clock.setPeriodic(() => this.tasks.run(what, work), periodMs, firstMs);
    this.timers = [
      every('route refresh', () => this.refreshRoutes(), config.pollNameServerInterval, ROUTE_FIRST_MS),
      every('heartbeat', () => this.cleanAndBeat(), config.heartbeatBrokerInterval, HEARTBEAT_FIRST_MS),
      every('offset commit', () => this.persistOffsets(), config.persistConsumerOffsetInterval, PERSIST_FIRST_MS),
    ];
  }

  /** Rejects with the transport failure when no name server answers. */
  async checkNameServers(): Promise<void> {
    await this.routes.refresh(DEFAULT_TOPIC);
  }

  consumer(consumerGroup: string): ConsumerMember | undefined {
    return this.consumers.get(consumerGroup);
  }

  registerProducer(producerGroup: string): void {
    if (this.producerGroups.has(producerGroup)) throw alreadyThere('producer', producerGroup, this.clientId);
    this.producerGroups.add(producerGroup);
  }

  async unregisterProducer(producerGroup: string): Promise<void> {
    if (this.producerGroups.delete(producerGroup)) await this.leave({ producerGroup });
  }

  /** From now on `handler` is told what brokers ask about transactions of the group. */
  serveChecks(producerGroup: string, handler: CheckHandler): void {
    this.checkHandlers.set(producerGroup, handler);
  }

  ignoreChecks(producerGroup: string): void {
    this.checkHandlers.delete(producerGroup);
  }

  registerConsumer(consumer: ConsumerMember): void {
    if (this.consumers.has(consumer.consumerGroup)) throw alreadyThere('consumer', consumer.consumerGroup, this.clientId);
    this.consumers.set(consumer.consumerGroup, consumer);
  }

  async unregisterConsumer(consumerGroup: string): Promise<void> {
    if (this.consumers.delete(consumerGroup)) await this.leave({ consumerGroup });
  }

  /** A heartbeat to every known broker; resolves when it has been answered or failed everywhere. Never rejects. */
  heartbeatToAll(): Promise<void> {
    return this.heartbeat.beat();
  }

  requestRebalance(): void {
    this.rebalanceLoop.request();
  }

  /** Ends timers, then connections. */
  async shutdown(): Promise<void> {
    for (const timer of this.timers) timer.cancel();
    this.timers = [];
    this.replies.close(this.clientId);
    const lastRound = this.rebalanceLoop.stop();
    this.tasks.end();
    // Closing first lets whatever still waits for an answer fail at once.
    await this.remoting.shutdown();
    await lastRound;
    await this.tasks.settled();
  }

  private routeChanged(topic: string): void {
    for (const consumer of this.consumers.values()) {
      for (const subscribed of consumer.subscribedTopics()) if (subscribed === topic) this.requestRebalance();
    }
  }

  private async refreshRoutes(): Promise<void> {
    const topics = new Set(this.routes.topics());
    for (const consumer of this.consumers.values()) for (const topic of consumer.subscribedTopics()) topics.add(topic);
    for (const topic of topics) await this.routes.refresh(topic);
  }

  private async cleanAndBeat(): Promise<void> {
    this.brokers.retain([...this.routes.all()].flatMap((route) => route.data.brokerDatas));
    await this.heartbeatToAll();
  }

  private async persistOffsets(): Promise<void> {
    for (const consumer of this.consumers.values()) await consumer.persistOffsets();
  }

  private async rebalanceAll(): Promise<boolean> {
    const results = await Promise.all([...this.consumers.values()].map((consumer) => consumer.rebalance()));
    return results.every(Boolean);
  }

  private async leave(groups: { producerGroup?: string; consumerGroup?: string }): Promise<void> {
    const { mqClientApiTimeout: timeoutMs } = this.config;
    const leaveOne = async (address: string): Promise<void> => {
      try {
        await this.remoting.call(UNREGISTER_CLIENT, address, { clientID: this.clientId, ...groups }, { timeoutMs });
      } catch (error) {
        this.ports.logger.warn(`leaving a group at ${address} failed: ${reasonOf(error)}`, groups);
      }
    };
    await Promise.all(this.brokers.all().map(({ address }) => leaveOne(address)));
  }
}

function alreadyThere(kind: string, group: string, clientId: string): IllegalSubscriptionError {
  return new IllegalSubscriptionError(
    `the ${kind} group[${group}] is already used by client ${clientId}; give another group or instanceName`,
    {
      group,
      clientId,
    },
  );
}
