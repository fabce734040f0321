// One named connection of an application: checked options, embedded cluster, clients. Must never start listeners: that is the outer module's.
import type { TlsOptions } from 'rocketmq-core';
import { type Clock, type Logger, reasonOf } from 'rocketmq-core/common';
import { NoNameServerError } from 'rocketmq-core/errors';
import type {
  ConsumeInterceptor,
  ContainerServices,
  ListenerDefinition,
  RocketMQListenerContainer,
  RocketMQListenerRegistry,
} from '../listener/index.js';
import { DefaultMessageConverter, type RocketMQMessageConverter } from '../messaging/index.js';
import { parseNameServer, type ConfigurationProblem, type RocketMQOptions, securitySettings } from '../options/index.js';
import { interceptSends, type ProducerPort, type ReceiverPort } from '../template/index.js';
import { TransactionRouter } from '../transaction/index.js';
import { type ApplicationPart, checkApplication } from './application-check.js';
import { BackgroundStarts } from './background-starts.js';
import { ConnectionClients } from './connection-clients.js';
import { type ConnectionSetup, labelOf, setUpConnection, type SetupServices } from './connection-setup.js';
import { type EmbeddedCluster, startEmbeddedCluster } from './embedded-cluster.js';
import { ListenerRegistration } from './listener-registration.js';
import type { ManagedProducer, ManagedReceiver } from './managed-client.js';
import { isAway, unreachableError, unreachableProblem } from './unreachable.js';

export interface ConnectionServices extends SetupServices {
  /** Unless the options bring one. */
  readonly clock: Clock;
  readonly logger: Logger;
  /** Undefined: a template without listeners. */
  readonly registry: RocketMQListenerRegistry | undefined;
  /** Whose settings count where this connection says nothing. */
  readonly parent?: (() => RocketMQConnection | undefined) | undefined;
  /** Further templates of the application that take this one's settings. */
  readonly children?: ((parent: RocketMQConnection) => RocketMQConnection[]) | undefined;
  /** All connections the module has set up, this one too. Absent: this one alone. */
  readonly all?: (() => readonly RocketMQConnection[]) | undefined;
  /** The application's, if it has one. */
  readonly messageConverter?: (() => RocketMQMessageConverter | undefined) | undefined;
  readonly createProducer: (
    options: RocketMQOptions,
    nameServer: string,
    transactions: TransactionRouter | undefined,
    clock: Clock,
  ) => ManagedProducer | undefined;
  /** Undefined without the option pullConsumer. */
  readonly createReceiver: (options: RocketMQOptions, nameServer: string, clock: Clock) => ManagedReceiver | undefined;
  readonly containerServices: (
    connection: RocketMQConnection,
    nameServer: string,
    interceptors: readonly ConsumeInterceptor[],
  ) => ContainerServices;
}

export class RocketMQConnection implements ApplicationPart {
  private setup: ConnectionSetup | undefined;
  private opening: Promise<void> | undefined;
  private embedded: EmbeddedCluster | undefined;
  private address: string | undefined;
  private childConnections: RocketMQConnection[] | undefined;
  /** Of the module, with settings of this one: they end before it. */
  private readonly dependants = new Set<RocketMQConnection>();
  private listenersStarted = false;
  private readonly abandonListeners: Array<() => void> = [];
  private readonly starts: BackgroundStarts;
  private readonly clients: ConnectionClients;
  /** What the template sends through; usable once the application is initialised. */
  readonly producerPort: ProducerPort;

  constructor(
    private readonly given: RocketMQOptions,
    private readonly services: ConnectionServices,
  ) {
    const { name, logger } = services;
    this.starts = new BackgroundStarts({ clock: () => this.clock, logger }, () => this.options.startup === 'background');
    const templateName = services.ext?.definition.className ?? `RocketMQTemplate "${name}"`;
    this.clients = new ConnectionClients(templateName, () => this.isEnabled, this.starts, logger);
    this.producerPort = interceptSends(this.clients.producerPort, name, () => this.prepare().interceptors.sending);
  }

  get name(): string {
    return this.services.name;
  }

  get label(): string {
    return labelOf(this.services);
  }

  /** Before the application is initialised as they were given, then with placeholders resolved and settings inherited. */
  get options(): RocketMQOptions {
    return this.setup?.options ?? this.given;
  }

  get clock(): Clock {
    return this.options.clock ?? this.services.clock;
  }

  get messageConverter(): RocketMQMessageConverter {
    return this.options.messageConverter ?? this.services.messageConverter?.() ?? DEFAULT_CONVERTER;
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
    return (this.options as Partial<RocketMQOptions> | undefined)?.enabled !== false;
  }

  /** Works out what this connection is to be; once. */
  prepare(): ConnectionSetup {
    this.setup ??= setUpConnection(this.given, this.services, this.services.parent?.()?.prepare());
    return this.setup;
  }

  /** Further templates that take their settings from here. */
  get children(): readonly RocketMQConnection[] {
    this.childConnections ??= this.services.children?.(this) ?? [];
    return this.childConnections;
  }

  /** Checks everything first, of all connections, so that a wrong option anywhere is told before anything connects. */
  onModuleInit(): Promise<void> {
    this.opening ??= this.open();
    return this.opening;
  }

  /** Resolves when a name server has answered, to false when nothing has connected yet (lazyConnect); rejects with why not. */
  reach(): Promise<boolean> {
    return this.clients.reach();
  }

  /** Starts all listeners that start by themselves, lower phases first; from now on those registered later do so too. */
  async startListeners(): Promise<void> {
    if (!this.isEnabled) return;
    this.listenersStarted = true;
    const waiting = (this.services.registry?.list() ?? []).toSorted((a, b) => a.options.phase - b.options.phase);
    for (const [index, container] of waiting.entries()) {
      // The application may be closed meanwhile.
      if (this.listenersStarted) await this.startListener(container, waiting.slice(index + 1));
    }
  }

  /** Drains all listeners, each in its own time, and ends attempts in the background; closes nothing else. */
  async stopListeners(): Promise<void> {
    this.listenersStarted = false;
    this.starts.close();
    await Promise.all([this.starts.stop(), this.services.registry?.stop()]);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  /** Closes listeners, further templates, pull consumer, producer and embedded cluster; closing again does nothing. */
  async close(): Promise<void> {
    const { embedded } = this;
    this.embedded = undefined;
    await this.stopListeners().catch((error: unknown) => this.tell(error));
    try {
      await Promise.all([...(this.childConnections ?? []), ...this.dependants].map((child) => child.close()));
      await this.clients.close();
    } finally {
      await embedded?.stop();
    }
  }

  /** Of what went wrong while it was closed: nobody is there to be given the error. */
  tell(error: unknown): void {
    this.services.logger.warn(`${this.label}: ${reasonOf(error)}`);
  }

  /** Called when the boot has failed: Nest tells nobody. */
  onAbandon(listener: () => void): void {
    this.abandonListeners.push(listener);
  }

  /** The boot has failed: no connection of the application may stay open. */
  async abandon(): Promise<void> {
    const all = new Set<RocketMQConnection>([this, ...(this.services.all?.() ?? [])]);
    for (const listener of [...all].flatMap((connection) => connection.abandonListeners)) listener();
    await Promise.allSettled([...all].map((connection) => connection.close()));
  }

  /** For a boot that fails anyway: is the name server there? */
  async findUnreachable(): Promise<ConfigurationProblem | undefined> {
    const { options } = this;
    const { nameServer, startup, lazyConnect } = options;
    if (!this.isEnabled || startup === 'background' || lazyConnect === true || typeof nameServer !== 'string' || !isAddress(nameServer))
      return undefined;
    if (this.services.parent?.()?.options.nameServer === nameServer) return undefined;
    const error = await this.probe(nameServer, securitySettings(options.producer).tls);
    return error === undefined ? undefined : unreachableProblem(this.label, nameServer, error);
  }

  /** Why a name server cannot be asked; undefined: it answers. */
  private async probe(nameServer: string, tls: TlsOptions | undefined): Promise<unknown> {
    const producer = { group: PROBE_GROUP, tlsEnable: tls !== undefined, tls };
    const probe = this.services.createProducer({ ...this.options, producer }, nameServer, undefined, this.clock);
    try {
      await probe?.start();
      await probe?.reach();
      return undefined;
    } catch (error) {
      return error;
    } finally {
      await probe?.shutdown();
    }
  }

  private async open(): Promise<void> {
    const { name, logger, registry, createProducer, createReceiver } = this.services;
    const all = this.services.all?.() ?? [this];
    await checkApplication(all, this, logger);
    const { options, listeners, transactions, interceptors } = this.prepare();
    if (!this.isEnabled) {
      const reason = `RocketMQ connection "${name}" is disabled (enabled: false)`;
      registry?.refuse(reason);
      logger.info(reason);
      return;
    }
    try {
      await this.services.parent?.()?.openAsParent(this);
      const nameServer = await this.openCluster();
      this.address = nameServer;
      if (registry !== undefined) {
        const containerServices = (address: string): ContainerServices =>
          this.services.containerServices(this, address, interceptors.consuming);
        const startLate = (container: RocketMQListenerContainer): Promise<void> => this.startLate(container);
        const { explorer, resolve } = this.services;
        const check = (definition: ListenerDefinition): readonly ConfigurationProblem[] =>
          interceptors.consuming.flatMap((interceptor) => interceptor.checkListener?.(definition) ?? []);
        const parts = {
          connectionName: name,
          registry,
          explorer,
          resolve,
          logger,
          nameServer,
          options,
          containerServices,
          check,
          startLate,
        };
        new ListenerRegistration(parts).registerAll(listeners);
      }
      const router = new TransactionRouter(transactions, {
        templateName: this.services.ext?.definition.className ?? `RocketMQTemplate "${name}"`,
        hasGroup: options.producer !== undefined,
        clock: this.clock,
        logger,
      });
      await this.clients.start({
        nameServer,
        isBackground: options.startup === 'background',
        isLazy: options.lazyConnect === true,
        transactions: router,
        producer: createProducer(options, nameServer, router, this.clock),
        receiver: createReceiver(options, nameServer, this.clock),
        receiverNameServer: options.pullConsumer?.nameServer,
      });
      for (const child of this.children) await child.onModuleInit();
    } catch (error) {
      const failure = error instanceof NoNameServerError ? await this.withOthersUnreachable(error, all) : error;
      await this.abandon();
      throw failure;
    }
  }

  /** One name server does not answer: whoever starts it wants to know of the others too. */
  private async withOthersUnreachable(error: NoNameServerError, all: readonly RocketMQConnection[]): Promise<NoNameServerError> {
    const others = all.filter((connection) => connection !== this);
    const found = (await Promise.all(others.map((connection) => connection.findUnreachable()))).filter((problem) => problem !== undefined);
    const more = unreachableError(found).message;
    return new NoNameServerError([`${this.label}: ${error.message}`, ...(found.length === 0 ? [] : [more])].join('\n'));
  }

  /** As its option `startup` says: a failure ends the boot, or is tried again in the background until it is stopped. */
  private async startListener(container: RocketMQListenerContainer, behind: readonly RocketMQListenerContainer[] = []): Promise<void> {
    if (this.startsItself(container)) {
      const { startup } = container.options;
      return this.starts.startUp(`listener ${container.id}`, container.attempt(), startup).catch(async (error: unknown) => {
        const nameServer = container.options.nameServer ?? this.address!;
        throw isAway(nameServer, error) ? await this.listenersUnreachable(container, behind, nameServer, error) : error;
      });
    }
    this.services.logger.info(`listener ${container.id} waits for RocketMQListenerRegistry.start() (autoStart: false)`);
  }

  private startsItself({ options: { autoStart = this.options.autoStart ?? true } }: RocketMQListenerContainer): boolean {
    return autoStart;
  }

  /** The name server of one listener does not answer: what of those that others, which start behind it, name for themselves? */
  private async listenersUnreachable(
    failed: RocketMQListenerContainer,
    behind: readonly RocketMQListenerContainer[],
    nameServer: string,
    error: unknown,
  ): Promise<NoNameServerError> {
    const others = behind.filter((each) => {
      const { options, isRunning } = each;
      const mustStart = !isRunning && this.startsItself(each) && (options.startup ?? this.options.startup) !== 'background';
      return mustStart && options.nameServer !== undefined && options.nameServer !== nameServer;
    });
    const found = others.map(async ({ definition: { className, options } }) => {
      const reason = await this.probe(options.nameServer!, securitySettings(options, this.options.consumer).tls);
      return reason === undefined ? [] : [unreachableProblem(className, options.nameServer!, reason)];
    });
    return unreachableError([unreachableProblem(failed.definition.className, nameServer, error), ...(await Promise.all(found)).flat()]);
  }

  private async startLate(container: RocketMQListenerContainer): Promise<void> {
    if (this.listenersStarted) await this.startListener(container);
  }

  /** A child of the module starts after its parent, whichever Nest asks first; one of this connection's own is started by it. */
  private async openAsParent(child: RocketMQConnection): Promise<void> {
    if (this.children.includes(child)) return;
    this.dependants.add(child);
    await this.onModuleInit();
  }

  private async openCluster(): Promise<string> {
    const { embedded, nameServer } = this.options;
    if (embedded === undefined || embedded === false) return nameServer!;
    const parent = this.services.parent?.();
    if (parent !== undefined && this.given.embedded === undefined) return parent.address!;
    const { name, logger } = this.services;
    this.embedded = await startEmbeddedCluster(name, embedded === true ? {} : embedded, { clock: this.options.clock, logger });
    logger.info(`embedded RocketMQ cluster is running, name server ${this.embedded.nameServer}`);
    return this.embedded.nameServer;
  }
}

/** Of a client that only asks whether a name server is there. */
const PROBE_GROUP = 'nest-rocketmq-probe';

const DEFAULT_CONVERTER = new DefaultMessageConverter();

function isAddress(nameServer: string): boolean {
  try {
    return parseNameServer(nameServer).length > 0;
  } catch {
    return false;
  }
}
