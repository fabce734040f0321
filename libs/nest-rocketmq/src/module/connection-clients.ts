// Producer and pull consumer of one connection: started together or when first needed, closed together, handed out as ports that say why there is
// none. Must never look at listeners.
import type { DefaultLitePullConsumer, DefaultMQProducer } from 'rocketmq-core';
import { type Logger, reasonOf } from 'rocketmq-core/common';
import { NoNameServerError, NotStartedError } from 'rocketmq-core/errors';
import type { ProducerPort, ReceiverPort } from '../template/index.js';
import type { TransactionRouter } from '../transaction/index.js';
import { type BackgroundStarts } from './background-starts.js';
import { LazyStart } from './lazy-start.js';
import type { ManagedProducer, ManagedReceiver } from './managed-client.js';
import { isAway, isUnreachable, unreachableError, unreachableProblem } from './unreachable.js';

/** What is there once the connection's options are checked. */
export interface ClientPlan {
  readonly nameServer: string;
  readonly isBackground: boolean;
  /** Connect with the first send or receive. */
  readonly isLazy: boolean;
  readonly transactions: TransactionRouter;
  /** Undefined: this template receives only. */
  readonly producer: ManagedProducer | undefined;
  /** Undefined without the option pullConsumer. */
  readonly receiver: ManagedReceiver | undefined;
  /** Of the pull consumer, when it has one of its own. */
  readonly receiverNameServer: string | undefined;
}

const NOT_STARTED = 'not started yet: it works from onModuleInit on, but Nest starts nothing in a module that LazyModuleLoader loads';

interface Started<T> {
  readonly client: T;
  readonly start: LazyStart;
}

export class ConnectionClients {
  private plan: ClientPlan | undefined;
  private producer: Started<ManagedProducer> | undefined;
  private receiver: Started<ManagedReceiver> | undefined;

  constructor(
    private readonly templateName: string,
    private readonly isEnabled: () => boolean,
    private readonly starts: BackgroundStarts,
    private readonly logger: Logger,
  ) {}

  readonly producerPort: ProducerPort = {
    send: async (message, how) => (await this.readyProducer()).send(message, how),
    sendBatch: async (messages, how) => (await this.readyProducer()).sendBatch(messages, how),
    request: async (message, how) => (await this.readyProducer()).request(message, how),
    sendInTransaction: async (message, arg, timeout) => {
      this.requireProducer();
      this.plan?.transactions.requireDecider(message.topic, arg);
      return (await this.readyProducer()).sendInTransaction(message, arg, timeout);
    },
    sendOneWay: async (message, selectQueue) => (await this.readyProducer()).sendOneWay(message, selectQueue),
    client: (): DefaultMQProducer => this.requireProducer().client.client(),
  };

  readonly receiverPort: ReceiverPort = {
    poll: async (timeoutMs, signal) => {
      const { client, start } = this.requireReceiver();
      await start.run();
      return client.poll(timeoutMs, signal);
    },
    client: (): DefaultLitePullConsumer => this.requireReceiver().client.client(),
  };

  async start(plan: ClientPlan): Promise<void> {
    this.plan = plan;
    const { producer, receiver, isLazy, transactions } = plan;
    this.producer = producer && { client: producer, start: new LazyStart(() => producer.start()) };
    this.receiver = receiver && { client: receiver, start: new LazyStart(() => receiver.start()) };
    // Brokers ask members that are connected: one that waits for its first send would not be asked.
    if (producer !== undefined && (!isLazy || transactions.hasListeners)) {
      await this.connect(plan, producer);
    }
    if (receiver === undefined || isLazy) return;
    const started = this.starts.startUp('the pull consumer', () => this.receiver?.start.run() ?? Promise.resolve());
    await started.catch((error: unknown) => {
      const nameServer = plan.receiverNameServer ?? plan.nameServer;
      throw isAway(nameServer, error) ? unreachableError([unreachableProblem('pullConsumer', nameServer, error)]) : error;
    });
  }

  /** Resolves when a name server has answered the producer, to false when it still waits for its first send; rejects with why not. */
  async reach(): Promise<boolean> {
    if (this.requireOpen().producer === undefined) return this.requireReceiver().start.isStarted;
    const { client, start } = this.requireProducer();
    if (!start.isStarted) return false;
    await start.run();
    await client.reach();
    return true;
  }

  async close(): Promise<void> {
    const { producer, receiver } = this;
    this.receiver = undefined;
    this.producer = undefined;
    for (const started of [receiver, producer]) {
      await started?.start.settled();
      await started?.client.shutdown();
    }
  }

  /** A boot that cannot work is better told now, unless asked otherwise: then the producer starts when its name server is there. */
  private async connect({ nameServer, isBackground }: ClientPlan, producer: ManagedProducer): Promise<void> {
    const run = (): Promise<void> => this.producer?.start.run() ?? Promise.resolve();
    try {
      await run();
      await producer.reach();
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      const text = `no name server of ${nameServer} can be reached: ${reasonOf(error)}`;
      if (!isBackground) {
        throw new NoNameServerError(`${text}. Start it, correct nameServer, or set startup: 'background' to start without it.`);
      }
      this.logger.warn(`${text}; sends fail and listeners wait until one answers`);
      await this.starts.startUp('the producer', run);
    }
  }

  private async readyProducer(): Promise<ManagedProducer> {
    const { client, start } = this.requireProducer();
    await start.run();
    return client;
  }

  private requireReceiver(): Started<ManagedReceiver> {
    const plan = this.requireOpen();
    if (this.receiver !== undefined) return this.receiver;
    if (plan.receiver !== undefined) throw this.closed();
    throw new NotStartedError(
      this.templateName,
      'without a pull consumer: give RocketMQModule.forRoot the option pullConsumer { group, topic }',
    );
  }

  private requireProducer(): Started<ManagedProducer> {
    const plan = this.requireOpen();
    if (this.producer !== undefined) return this.producer;
    if (plan.producer !== undefined) throw this.closed();
    throw new NotStartedError(this.templateName, 'without a producer: decorate the class with @ExtRocketMQTemplateConfiguration() too');
  }

  private requireOpen(): ClientPlan {
    if (!this.isEnabled()) throw new NotStartedError(this.templateName, 'disabled (enabled: false)');
    if (this.plan === undefined) throw new NotStartedError(this.templateName, NOT_STARTED);
    return this.plan;
  }

  private closed(): NotStartedError {
    return new NotStartedError(this.templateName, 'closed already');
  }
}
