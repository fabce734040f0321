// One named connection of an application: checked options, embedded cluster, producer. Must never start listeners: that is the outer module's.
import { type Clock, type Logger, sleep } from 'rocketmq-core/common';
import { NoNameServerError, NotStartedError } from 'rocketmq-core/errors';
import type { DefaultLitePullConsumer, DefaultMQProducer } from 'rocketmq-core';
import {
  type ConsumeInterceptor,
  type ContainerServices,
  describeListener,
  findGroupConflicts,
  findListenerProblems,
  RocketMQListenerContainer,
  type RocketMQListenerRegistry,
  unclaimedListenerClasses,
} from '../listener/index.js';
import { findModuleProblems, RocketMQConfigurationError, type RocketMQOptions, show } from '../options/index.js';
import { interceptSends, type ProducerPort, type ReceiverPort } from '../template/index.js';
import {
  bindTransactionListener,
  findTransactionProblems,
  type FoundTransactionListener,
  type TransactionBinding,
} from '../transaction/index.js';
import type { ManagedReceiver } from './client-receiver.js';
import { type EmbeddedCluster, startEmbeddedCluster } from './embedded-cluster.js';
import { type FoundInterceptors, type InterceptorExplorer, NO_INTERCEPTORS } from './interceptor-explorer.js';
import type { FoundListener, ListenerExplorer } from './listener-explorer.js';
import type { TransactionExplorer } from './transaction-explorer.js';

/** First and longest pause between two attempts of a start in the background, ms. */
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 30_000;

/** A producer with its life in the hands of the connection. */
export interface ManagedProducer extends ProducerPort {
  start(): Promise<void>;
  /** Resolves when a name server has answered, whatever it said. */
  reach(): Promise<void>;
  shutdown(): Promise<void>;
}

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
  private producer: ManagedProducer | undefined;
  private receiver: ManagedReceiver | undefined;
  private readonly closing = new AbortController();
  private hasTransactions = false;
  private interceptors: FoundInterceptors = NO_INTERCEPTORS;
  private background: Promise<void>[] = [];

  constructor(
    readonly options: RocketMQOptions,
    private readonly services: ConnectionServices,
  ) {
    this.producerPort = interceptSends(this.bareProducerPort, services.name, () => this.interceptors.sending);
  }

  /** What replies go through: no interceptor sees them. */
  readonly bareProducerPort: ProducerPort = {
    send: async (message, how) => this.requireProducer().send(message, how),
    sendBatch: async (messages, how) => this.requireProducer().sendBatch(messages, how),
    request: async (message, how) => this.requireProducer().request(message, how),
    sendInTransaction: async (message, arg, timeout) => {
      const producer = this.requireProducer();
      if (this.hasTransactions) return producer.sendInTransaction(message, arg, timeout);
      throw new NotStartedError(
        `RocketMQTemplate "${this.services.name}"`,
        'without a transaction listener: give a provider of the application @RocketMQTransactionListener()',
      );
    },
    sendOneWay: async (message, selectQueue) => this.requireProducer().sendOneWay(message, selectQueue),
    client: (): DefaultMQProducer => this.requireProducer().client(),
  };

  /** What the template sends through; usable once the application is initialised. */
  readonly producerPort: ProducerPort;

  /** What the template receives through; as usable as the producer. */
  readonly receiverPort: ReceiverPort = {
    poll: async (timeoutMs, signal) => this.requireReceiver().poll(timeoutMs, signal),
    client: (): DefaultLitePullConsumer => this.requireReceiver().client(),
  };

  get isEnabled(): boolean {
    return this.options.enabled !== false;
  }

  /** Checks everything first, so that a wrong option anywhere is told before anything connects. */
  async onModuleInit(): Promise<void> {
    const listeners = this.isEnabled ? this.services.explorer.find(this.services.name) : [];
    const known = this.services.explorer.connectionNames();
    const transactions = this.isEnabled ? this.services.transactions.find(this.services.name, known) : [];
    this.interceptors = this.services.interceptors?.find(this.services.name) ?? NO_INTERCEPTORS;
    this.check(listeners, transactions);
    if (!this.isEnabled) {
      this.services.logger.info(`RocketMQ connection "${this.services.name}" is disabled (enabled: false)`);
      return;
    }
    try {
      const nameServer = await this.openCluster();
      this.fillRegistry(listeners, nameServer);
      const [found] = transactions;
      this.hasTransactions = found !== undefined;
      const producer = this.services.createProducer(
        nameServer,
        found === undefined ? undefined : bindTransactionListener(found, this.services.clock),
      );
      this.producer = producer;
      await producer.start();
      await this.requireNameServer(nameServer, producer);
      this.receiver = this.services.createReceiver(nameServer);
      if (this.receiver !== undefined) await this.startUp('the pull consumer', () => this.receiver!.start());
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** The client starts without a name server and waits for one; a boot that cannot work is better told now, unless asked otherwise. */
  private async requireNameServer(nameServer: string, producer: ManagedProducer): Promise<void> {
    try {
      await producer.reach();
    } catch (error) {
      const text = `no name server of ${nameServer} can be reached: ${reasonOf(error)}`;
      if (this.options.startup !== 'background') {
        throw new NoNameServerError(`${text}. Start it, correct nameServer, or set startup: 'background' to start without it.`);
      }
      this.services.logger.warn(`${text}; sends fail and listeners wait until one answers`);
    }
  }

  /** Runs a start as the option `startup` says: a failure ends the boot, or is tried again in the background. */
  async startUp(what: string, start: () => Promise<void>): Promise<void> {
    try {
      await start();
    } catch (error) {
      if (this.options.startup !== 'background') throw error;
      this.services.logger.warn(`${what} cannot start yet, trying again in the background: ${reasonOf(error)}`);
      this.background.push(this.retry(what, start));
    }
  }

  /** Ends attempts in the background. */
  async stopRetrying(): Promise<void> {
    this.closing.abort(new Error('the application is stopping'));
    await Promise.allSettled(this.background);
    this.background = [];
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** Closes pull consumer, producer and embedded cluster; closing again does nothing. */
  async close(): Promise<void> {
    await this.stopRetrying();
    const { producer, receiver, embedded } = this;
    this.receiver = undefined;
    this.producer = undefined;
    this.embedded = undefined;
    try {
      await receiver?.shutdown();
      await producer?.shutdown();
    } finally {
      await embedded?.stop();
    }
  }

  private check(listeners: readonly FoundListener[], transactions: readonly FoundTransactionListener[]): void {
    const { name } = this.services;
    const nameServerOf = ({ definition }: FoundListener): string => definition.options.nameServer ?? '';
    const known = this.services.explorer.connectionNames();
    const problems = [
      ...findModuleProblems(name, this.options),
      ...this.interceptors.problems,
      ...listeners.flatMap(({ type, definition }) => findListenerProblems(definition.className, definition.options, type.prototype)),
      ...listeners
        .filter(({ definition }) => !known.includes(definition.options.connection))
        .map(({ definition }) => ({
          where: definition.className,
          option: 'connection',
          problem: `${show(definition.options.connection)} is no connection of this application`,
          remedy: `Give one of ${known.join(', ')}, or import RocketMQModule.forRoot({ name: ${show(definition.options.connection)}, ... }).`,
        })),
      ...findTransactionProblems(transactions, name, known, this.options.producer),
      ...findGroupConflicts(
        listeners
          .filter((listener) => this.isSwitchedOn(listener))
          .map((listener) => ({
            className: listener.definition.className,
            nameServer: nameServerOf(listener),
            options: listener.definition.options,
          })),
      ),
    ];
    if (problems.length > 0) throw new RocketMQConfigurationError(`RocketMQModule "${name}"`, problems);
  }

  private isSwitchedOn({ definition: { options } }: FoundListener): boolean {
    return options.enabled && this.options.consumer?.listeners?.[options.consumerGroup]?.[options.topic] !== false;
  }

  private async openCluster(): Promise<string> {
    const { embedded, nameServer } = this.options;
    if (embedded === undefined || embedded === false) return nameServer!;
    const { name, logger } = this.services;
    this.embedded = await startEmbeddedCluster(name, embedded === true ? {} : embedded, { clock: this.options.clock, logger });
    logger.info(`embedded RocketMQ cluster is running, name server ${this.embedded.nameServer}`);
    return this.embedded.nameServer;
  }

  private fillRegistry(listeners: readonly FoundListener[], nameServer: string): void {
    const { logger, registry } = this.services;
    for (const listener of listeners) {
      const { definition, type } = listener;
      if (!this.isSwitchedOn(listener)) {
        logger.info(
          `${definition.className} is switched off (group=${definition.options.consumerGroup}, topic=${definition.options.topic})`,
        );
        continue;
      }
      if (definition.options.consumeMessageBatchMaxSize > 1) {
        logger.warn(`${definition.className}: consumeMessageBatchMaxSize is kept at 1, as onMessage gets messages one by one`);
      }
      const services = this.services.containerServices(definition.options.nameServer ?? nameServer, this.interceptors.consuming);
      registry.add(type, new RocketMQListenerContainer(definition, services));
      logger.info(describeListener(definition));
    }
    const forgotten = unclaimedListenerClasses();
    if (forgotten.length > 0) {
      logger.warn(
        `decorated with @RocketMQMessageListener but no provider of a module, so never called: ${forgotten.join(', ')}. ` +
          'Add each to the providers of a module that is imported.',
      );
    }
    if (registry.list().length === 0) logger.info(`connection "${this.services.name}" has no listeners`);
  }

  private async retry(what: string, start: () => Promise<void>): Promise<void> {
    for (let pauseMs = RETRY_FIRST_MS; ; pauseMs = Math.min(pauseMs * 2, RETRY_MAX_MS)) {
      try {
        await sleep(this.services.clock, pauseMs, this.closing.signal);
        await start();
        this.services.logger.info(`${what} has started`);
        return;
      } catch (error) {
        if (this.closing.signal.aborted) return;
        this.services.logger.warn(`${what} cannot start yet: ${reasonOf(error)}`);
      }
    }
  }

  private requireReceiver(): ManagedReceiver {
    this.requireProducer();
    if (this.receiver !== undefined) return this.receiver;
    throw new NotStartedError(
      `RocketMQTemplate "${this.services.name}"`,
      'without a pull consumer: give RocketMQModule.forRoot the option pullConsumer { group, topic }',
    );
  }

  private requireProducer(): ManagedProducer {
    if (!this.isEnabled) throw new NotStartedError(`RocketMQTemplate "${this.services.name}"`, 'disabled (enabled: false)');
    if (this.producer === undefined) throw new NotStartedError(`RocketMQTemplate "${this.services.name}"`, 'not started or closed already');
    return this.producer;
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
