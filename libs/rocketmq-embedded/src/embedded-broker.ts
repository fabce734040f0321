// One broker of the embedded cluster: start, stop, start again at the same address. Must never remove its store.
import {
  BrokerLifecycle,
  BrokerModule,
  createBrokerConfig,
  MESSAGE_STORE,
  PullRequestHold,
  RegisterService,
  topicConfig,
  TopicConfigTable,
  TransactionService,
  type UnresolvedTransaction,
} from '@nest-rocketmq/broker';
import type { Clock, Logger } from 'rocketmq-core/common';
import { NotStartedError } from 'rocketmq-core/errors';
import { validateTopicName } from 'rocketmq-core/message';
import type { MessageStore } from 'rocketmq-core/store';
import { EmbeddedServer } from './embedded-server.js';
import type { EmbeddedRocketMQOptions } from './embedded-options.js';

export interface EmbeddedBrokerSettings {
  readonly name: string;
  readonly storePath: string;
  readonly nameServer: string;
  readonly brokerConfig: EmbeddedRocketMQOptions['brokerConfig'];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** As Apache's brokers give a topic made by a send. */
const DEFAULT_QUEUES = 4;
const LOOPBACK = '127.0.0.1';
/** Undecided transactions that are listed unless told otherwise. */
const UNRESOLVED_MAX = 100;

export class EmbeddedBroker {
  private server: EmbeddedServer | undefined;
  /** 0 until the first start has picked one. */
  private port = 0;

  constructor(private readonly settings: EmbeddedBrokerSettings) {}

  get name(): string {
    return this.settings.name;
  }

  /** `host:port`. */
  get address(): string {
    return `${LOOPBACK}:${this.port}`;
  }

  get storePath(): string {
    return this.settings.storePath;
  }

  get isRunning(): boolean {
    return this.server !== undefined;
  }

  async start(): Promise<void> {
    if (this.server !== undefined) return;
    const { name, storePath, nameServer, brokerConfig, clock, logger } = this.settings;
    const { config } = createBrokerConfig({
      where: 'embedded broker',
      overrides: {
        ...brokerConfig,
        brokerName: name,
        namesrvAddr: [nameServer],
        bindAddress: LOOPBACK,
        listenPort: this.port,
        storePathRootDir: storePath,
      },
    });
    const server = await EmbeddedServer.start(BrokerModule.forRoot(config, { clock, logger }));
    this.server = server;
    this.port = server.get(BrokerLifecycle).address.port;
  }

  /** Makes the topics that are not there yet and resolves when the name server has been told. Throws for a name no topic may have. */
  async createTopics(names: readonly string[], queues = DEFAULT_QUEUES): Promise<void> {
    for (const name of names) validateTopicName(name);
    const server = this.running();
    server.get(TopicConfigTable).ensure(names.map((name) => topicConfig(name, queues)));
    await server.get(RegisterService).settled();
  }

  /** The offset the next message of the queue will have; 0 for a queue nothing was ever written to. */
  maxOffset(topic: string, queueId: number): number {
    return this.running().get<MessageStore>(MESSAGE_STORE).findQueue(topic, queueId)?.maxOffset ?? 0;
  }

  /** Pulls of a group that wait on a queue: nothing that has arrived is for them. */
  waitingPulls(topic: string, queueId: number, consumerGroup: string): number {
    return this.running().get(PullRequestHold).waitingPulls(topic, queueId, consumerGroup);
  }

  /** Transactions nobody has decided yet, the oldest first, `limit` at most. */
  unresolvedTransactions(limit = UNRESOLVED_MAX): UnresolvedTransaction[] {
    return this.running().get(TransactionService).unresolved(limit);
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    await server?.stop();
  }

  private running(): EmbeddedServer {
    if (this.server === undefined) throw new NotStartedError(`embedded broker ${this.name}`, 'not running');
    return this.server;
  }
}
