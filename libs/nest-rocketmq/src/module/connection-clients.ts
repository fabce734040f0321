// Producer and pull consumer of one connection: started together, closed together, handed out as ports that say why there is none.
// Must never look at listeners.
import type { DefaultLitePullConsumer, DefaultMQProducer } from 'rocketmq-core';
import type { Logger } from 'rocketmq-core/common';
import { NoNameServerError, NotStartedError } from 'rocketmq-core/errors';
import type { ProducerPort, ReceiverPort } from '../template/index.js';
import type { TransactionBinding } from '../transaction/index.js';
import { type BackgroundStarts, reasonOf } from './background-starts.js';
import type { ManagedProducer, ManagedReceiver } from './managed-client.js';

/** What is there once the connection's options are checked. */
export interface ClientPlan {
  readonly nameServer: string;
  readonly isBackground: boolean;
  readonly transactions: TransactionBinding | undefined;
  readonly createProducer: (nameServer: string, transactions: TransactionBinding | undefined) => ManagedProducer;
  /** Gives undefined without the option pullConsumer. */
  readonly createReceiver: (nameServer: string) => ManagedReceiver | undefined;
}

export class ConnectionClients {
  private producer: ManagedProducer | undefined;
  private receiver: ManagedReceiver | undefined;
  private hasTransactions = false;

  constructor(
    private readonly templateName: string,
    private readonly isEnabled: () => boolean,
    private readonly starts: BackgroundStarts,
    private readonly logger: Logger,
  ) {}

  readonly producerPort: ProducerPort = {
    send: async (message, how) => this.requireProducer().send(message, how),
    sendBatch: async (messages, how) => this.requireProducer().sendBatch(messages, how),
    request: async (message, how) => this.requireProducer().request(message, how),
    sendInTransaction: async (message, arg, timeout) => {
      const producer = this.requireProducer();
      if (this.hasTransactions) return producer.sendInTransaction(message, arg, timeout);
      throw new NotStartedError(
        this.templateName,
        'without a transaction listener: give a provider of the application @RocketMQTransactionListener()',
      );
    },
    sendOneWay: async (message, selectQueue) => this.requireProducer().sendOneWay(message, selectQueue),
    client: (): DefaultMQProducer => this.requireProducer().client(),
  };

  readonly receiverPort: ReceiverPort = {
    poll: async (timeoutMs, signal) => this.requireReceiver().poll(timeoutMs, signal),
    client: (): DefaultLitePullConsumer => this.requireReceiver().client(),
  };

  async start({ nameServer, isBackground, transactions, createProducer, createReceiver }: ClientPlan): Promise<void> {
    this.hasTransactions = transactions !== undefined;
    const producer = createProducer(nameServer, transactions);
    this.producer = producer;
    await producer.start();
    await this.requireNameServer(nameServer, producer, isBackground);
    const receiver = createReceiver(nameServer);
    this.receiver = receiver;
    if (receiver !== undefined) await this.starts.startUp('the pull consumer', () => receiver.start());
  }

  async close(): Promise<void> {
    const { producer, receiver } = this;
    this.receiver = undefined;
    this.producer = undefined;
    await receiver?.shutdown();
    await producer?.shutdown();
  }

  /** The client starts without a name server and waits for one; a boot that cannot work is better told now, unless asked otherwise. */
  private async requireNameServer(nameServer: string, producer: ManagedProducer, isBackground: boolean): Promise<void> {
    try {
      await producer.reach();
    } catch (error) {
      const text = `no name server of ${nameServer} can be reached: ${reasonOf(error)}`;
      if (!isBackground) {
        throw new NoNameServerError(`${text}. Start it, correct nameServer, or set startup: 'background' to start without it.`);
      }
      this.logger.warn(`${text}; sends fail and listeners wait until one answers`);
    }
  }

  private requireReceiver(): ManagedReceiver {
    this.requireProducer();
    if (this.receiver !== undefined) return this.receiver;
    throw new NotStartedError(
      this.templateName,
      'without a pull consumer: give RocketMQModule.forRoot the option pullConsumer { group, topic }',
    );
  }

  private requireProducer(): ManagedProducer {
    if (!this.isEnabled()) throw new NotStartedError(this.templateName, 'disabled (enabled: false)');
    if (this.producer === undefined) throw new NotStartedError(this.templateName, 'not started or closed already');
    return this.producer;
  }
}
