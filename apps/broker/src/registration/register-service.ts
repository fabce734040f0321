// Registers the broker with every name server: at start, every 30 s, at once when topics change, and takes it back at stop.
// Must never let two registrations to one name server overtake each other: the older one would undo the newer.
import type { Clock, Logger, Timer } from 'rocketmq-core/common';
import { crc32 } from 'rocketmq-core/common';
import { decodeKVTable, encodeRegisterBrokerBody, REGISTER_BROKER, type TopicConfig, UNREGISTER_BROKER } from 'rocketmq-core/protocol';
import type { RemotingClient } from 'rocketmq-core/remoting';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import type { BrokerAddress } from '../lifecycle/broker-address.js';
import { PERM_READ, PERM_WRITE } from '../topic/permission.js';
import type { TopicConfigTable } from '../topic/topic-config-table.js';

const MIN_PERIOD_MS = 10_000;
const MAX_PERIOD_MS = 60_000;
/** Longest that a request waits for its new topic to be routed. */
export const SETTLE_WAIT_MS = 1000;

/** What one name server has still to be told. */
interface NameServer {
  readonly address: string;
  /** Everything, not only `topics`. */
  full: boolean;
  topics: Set<string>;
  underWay: Promise<void> | undefined;
  registered: boolean;
}

export class RegisterService {
  private readonly servers: NameServer[];
  private timer: Timer | undefined;
  private running = false;

  constructor(
    private readonly config: BrokerConfig,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly client: RemotingClient,
    private readonly topics: TopicConfigTable,
    private readonly address: BrokerAddress,
  ) {
    this.servers = config.namesrvAddr.map((server) => ({
      address: server,
      full: false,
      topics: new Set(),
      underWay: undefined,
      registered: false,
    }));
    topics.onChange((changed) => this.topicsChanged(changed.keys()));
  }

  /** Registers with all name servers and resolves when each has answered or failed. A name server that is down does not keep a broker from starting. */
  async start(): Promise<void> {
    this.running = true;
    const period = Math.min(Math.max(this.config.registerNameServerPeriod, MIN_PERIOD_MS), MAX_PERIOD_MS);
    this.timer = this.clock.setPeriodic(() => void this.registerAll(), period);
    await this.registerAll();
  }

  /** Name servers that have not taken the last registration. */
  notRegistered(): string[] {
    return this.servers.filter((server) => !server.registered).map((server) => server.address);
  }

  /** Unregisters from all name servers. */
  async stop(): Promise<void> {
    this.running = false;
    this.timer?.cancel();
    await Promise.all(this.servers.map(async (server) => server.underWay));
    await Promise.all(this.servers.map((server) => this.unregister(server)));
  }

  /** Everything to every name server. */
  async registerAll(): Promise<void> {
    if (!this.running) return;
    for (const server of this.servers) server.full = true;
    await Promise.all(this.servers.map((server) => this.send(server)));
  }

  /** Resolves when the changes made so far are known to every name server, at the latest after `SETTLE_WAIT_MS`. */
  async settled(): Promise<void> {
    const underWay = this.servers.map((server) => server.underWay).filter((wait) => wait !== undefined);
    if (underWay.length === 0) return;
    let timer: Timer | undefined;
    const timeout = new Promise<void>((resolve) => (timer = this.clock.setTimer(resolve, SETTLE_WAIT_MS)));
    await Promise.race([Promise.all(underWay), timeout]);
    timer?.cancel();
  }

  private topicsChanged(topics: Iterable<string>): void {
    if (!this.running) return;
    const changed = [...topics];
    for (const server of this.servers) {
      for (const topic of changed) server.topics.add(topic);
      void this.send(server);
    }
  }

  /** Sends what is open, one registration at a time; what comes up meanwhile goes with the next one. */
  private send(server: NameServer): Promise<void> {
    server.underWay ??= this.sendOpen(server).finally(() => (server.underWay = undefined));
    return server.underWay;
  }

  private async sendOpen(server: NameServer): Promise<void> {
    while (server.full || server.topics.size > 0) {
      const only = server.full ? undefined : server.topics;
      server.full = false;
      server.topics = new Set();
      try {
        await this.register(server, only);
        if (!server.registered) this.logger.info('registered with name server', { nameServer: server.address });
        server.registered = true;
      } catch (error) {
        server.registered = false;
        this.logger.warn('registration failed, tried again with the next period', { nameServer: server.address, error });
        return;
      }
    }
  }

  private async register(server: NameServer, only: ReadonlySet<string> | undefined): Promise<void> {
    const body = encodeRegisterBrokerBody({
      topicConfigSerializeWrapper: {
        dataVersion: this.topics.dataVersion,
        topicConfigTable: this.publicTopics(only),
      },
      filterServerList: [],
    });
    const { config } = this;
    const answer = await this.client.call(
      REGISTER_BROKER,
      server.address,
      {
        brokerName: config.brokerName,
        brokerAddr: this.address.brokerAddr,
        clusterName: config.brokerClusterName,
        haServerAddr: `${config.brokerIP2}:${config.haListenPort}`,
        brokerId: config.brokerId,
        enableActingMaster: false,
        compressed: false,
        bodyCrc32: crc32(body) & 0x7fffffff,
      },
      { body, timeoutMs: config.registerBrokerTimeoutMills },
    );
    if (only === undefined && answer.body.length > 0) {
      this.topics.applyOrderTopics(new Set(decodeKVTable(answer.body).table.keys()));
    }
  }

  /** Topics as the outside may use them: limited to what the broker permits. */
  private publicTopics(only: ReadonlySet<string> | undefined): Map<string, TopicConfig> {
    const { brokerPermission } = this.config;
    const limited = (brokerPermission & (PERM_READ | PERM_WRITE)) !== (PERM_READ | PERM_WRITE);
    const shown = new Map<string, TopicConfig>();
    for (const [name, config] of this.topics.all()) {
      if (only !== undefined && !only.has(name)) continue;
      shown.set(name, limited ? { ...config, perm: config.perm & brokerPermission } : config);
    }
    return shown;
  }

  private async unregister(server: NameServer): Promise<void> {
    const { config } = this;
    try {
      await this.client.call(
        UNREGISTER_BROKER,
        server.address,
        {
          brokerName: config.brokerName,
          brokerAddr: this.address.brokerAddr,
          clusterName: config.brokerClusterName,
          brokerId: config.brokerId,
        },
        { timeoutMs: 3000 },
      );
    } catch (error) {
      this.logger.warn('could not unregister, the name server will notice by itself', { nameServer: server.address, error });
    }
  }
}
