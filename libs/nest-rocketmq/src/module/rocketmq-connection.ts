// One named connection of an application: checked options, embedded cluster, clients. Must never start listeners: that is the outer module's.
import type { Clock, Logger } from 'rocketmq-core/common';
import type { ConsumeInterceptor, ContainerServices, RocketMQListenerRegistry } from '../listener/index.js';
import { RocketMQConfigurationError, type RocketMQOptions } from '../options/index.js';
import { interceptSends, type ProducerPort, type ReceiverPort } from '../template/index.js';
import { bindTransactionListener, type TransactionBinding } from '../transaction/index.js';
import { BackgroundStarts } from './background-starts.js';
import { ConnectionClients } from './connection-clients.js';
import { findConnectionProblems } from './connection-problems.js';
import { type EmbeddedCluster, startEmbeddedCluster } from './embedded-cluster.js';
import { type FoundInterceptors, type InterceptorExplorer, NO_INTERCEPTORS } from './interceptor-explorer.js';
import type { ListenerExplorer } from './listener-explorer.js';
import { registerListeners } from './listener-registration.js';
import type { ManagedProducer, ManagedReceiver } from './managed-client.js';
import type { TransactionExplorer } from './transaction-explorer.js';

export interface ConnectionServices {
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly explorer: Pick<ListenerExplorer, 'find' | 'connectionNames'>;
  readonly registry: RocketMQListenerRegistry;
  readonly transactions: Pick<TransactionExplorer, 'find'>;
  /** Absent: no interceptors. */
  readonly interceptors?: Pick<InterceptorExplorer, 'find'> | undefined;
  readonly createProducer: (nameServer: string, transactions: TransactionBinding | undefined) => ManagedProducer;
  /** Undefined without the option pullConsumer. */
  readonly createReceiver: (nameServer: string) => ManagedReceiver | undefined;
  readonly containerServices: (nameServer: string, interceptors: readonly ConsumeInterceptor[]) => ContainerServices;
}

export class RocketMQConnection {
  private embedded: EmbeddedCluster | undefined;
  private interceptors: FoundInterceptors = NO_INTERCEPTORS;
  private readonly starts: BackgroundStarts;
  private readonly clients: ConnectionClients;
  /** What the template sends through; usable once the application is initialised. */
  readonly producerPort: ProducerPort;

  constructor(
    readonly options: RocketMQOptions,
    private readonly services: ConnectionServices,
  ) {
    const { name, logger } = services;
    this.starts = new BackgroundStarts(services, () => options.startup === 'background');
    this.clients = new ConnectionClients(`RocketMQTemplate "${name}"`, () => this.isEnabled, this.starts, logger);
    this.producerPort = interceptSends(this.clients.producerPort, name, () => this.interceptors.sending);
  }

  /** What replies go through: no interceptor sees them. */
  get bareProducerPort(): ProducerPort {
    return this.clients.producerPort;
  }

  /** What the template receives through; as usable as the producer. */
  get receiverPort(): ReceiverPort {
    return this.clients.receiverPort;
  }

  get isEnabled(): boolean {
    return this.options.enabled !== false;
  }

  /** Checks everything first, so that a wrong option anywhere is told before anything connects. */
  async onModuleInit(): Promise<void> {
    const { name, clock, logger, registry } = this.services;
    const { options } = this;
    const known = this.services.explorer.connectionNames();
    const listeners = this.isEnabled ? this.services.explorer.find(name) : [];
    const transactions = this.isEnabled ? this.services.transactions.find(name, known) : [];
    this.interceptors = this.services.interceptors?.find(name) ?? NO_INTERCEPTORS;
    const problems = [
      ...findConnectionProblems({ name, options, listeners, transactions, known }),
      ...this.interceptors.problems,
      ...listeners.flatMap(({ definition }) =>
        this.interceptors.consuming.flatMap((interceptor) => interceptor.checkListener?.(definition) ?? []),
      ),
    ];
    if (problems.length > 0) throw new RocketMQConfigurationError(`RocketMQModule "${name}"`, problems);
    if (!this.isEnabled) {
      logger.info(`RocketMQ connection "${name}" is disabled (enabled: false)`);
      return;
    }
    try {
      const nameServer = await this.openCluster();
      const { createProducer, createReceiver } = this.services;
      const containerServices = (address: string): ContainerServices =>
        this.services.containerServices(address, this.interceptors.consuming);
      registerListeners(listeners, { connectionName: name, registry, logger, nameServer, consumer: options.consumer, containerServices });
      await this.clients.start({
        nameServer,
        isBackground: options.startup === 'background',
        transactions: transactions[0] && bindTransactionListener(transactions[0], clock),
        createProducer,
        createReceiver,
      });
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Runs a start as the option `startup` says: a failure ends the boot, or is tried again in the background. */
  startUp(what: string, start: () => Promise<void>): Promise<void> {
    return this.starts.startUp(what, start);
  }

  /** Ends attempts in the background. */
  stopRetrying(): Promise<void> {
    return this.starts.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** Closes pull consumer, producer and embedded cluster; closing again does nothing. */
  async close(): Promise<void> {
    await this.stopRetrying();
    const { embedded } = this;
    this.embedded = undefined;
    try {
      await this.clients.close();
    } finally {
      await embedded?.stop();
    }
  }

  private async openCluster(): Promise<string> {
    const { embedded, nameServer } = this.options;
    if (embedded === undefined || embedded === false) return nameServer!;
    const { name, logger } = this.services;
    this.embedded = await startEmbeddedCluster(name, embedded === true ? {} : embedded, { clock: this.options.clock, logger });
    logger.info(`embedded RocketMQ cluster is running, name server ${this.embedded.nameServer}`);
    return this.embedded.nameServer;
  }
}
