// One listener with its consumer: start, stop with a drain, start again. Must never decide what happens to a message.
import type { DefaultMQPushConsumer } from 'rocketmq-core';
import type { ConsumerFactory, ConsumerPort } from './consumer-port.js';
import type { ListenerDefinition } from './listener-definition.js';
import type { ResolvedListenerOptions } from './listener-options.js';
import type { HandlerServices } from './handler-services.js';
import { createMessagesHandler } from './messages-handler.js';

export interface ContainerServices extends HandlerServices {
  readonly createConsumer: ConsumerFactory;
}

type ContainerState = 'STOPPED' | 'STARTING' | 'RUNNING' | 'STOPPING';

export class RocketMQListenerContainer {
  private state: ContainerState = 'STOPPED';
  private port: ConsumerPort | undefined;
  private stopping = new AbortController();
  private inFlight = 0;
  /** Starts and stops run one after the other. */
  private sequence: Promise<void> = Promise.resolve();

  constructor(
    readonly definition: ListenerDefinition,
    private readonly services: ContainerServices,
  ) {}

  get id(): string {
    return this.definition.id;
  }

  get options(): ResolvedListenerOptions {
    return this.definition.options;
  }

  get isRunning(): boolean {
    return this.state === 'RUNNING';
  }

  /** Messages whose handler has not come back yet. */
  get inFlightMessages(): number {
    return this.inFlight;
  }

  /** The client consumer while running. */
  get consumer(): DefaultMQPushConsumer | undefined {
    return this.port?.client;
  }

  start(): Promise<void> {
    return this.enqueue(() => this.doStart());
  }

  stop(): Promise<void> {
    return this.enqueue(() => this.doStop());
  }

  private enqueue(step: () => Promise<void>): Promise<void> {
    const run = this.sequence.then(step);
    this.sequence = run.catch(() => undefined);
    return run;
  }

  private async doStart(): Promise<void> {
    if (this.state === 'RUNNING') return;
    this.state = 'STARTING';
    const stopping = new AbortController();
    try {
      const handle = await createMessagesHandler(this.definition, this.services);
      // A stopped client cannot start again, so each start makes a new one.
      const port = this.services.createConsumer(this.definition, async (messages, call) => {
        this.inFlight += messages.length;
        try {
          return await handle(messages, () => AbortSignal.any([stopping.signal, call.signal]));
        } finally {
          this.inFlight -= messages.length;
        }
      });
      if (port.client !== undefined) await this.definition.prepareStart?.(port.client);
      await port.start();
      this.port = port;
      this.stopping = stopping;
      this.state = 'RUNNING';
    } catch (error) {
      this.state = 'STOPPED';
      throw error;
    }
  }

  private async doStop(): Promise<void> {
    if (this.state !== 'RUNNING' || this.port === undefined) return;
    this.state = 'STOPPING';
    const drainMs = this.options.awaitTerminationMillisWhenShutdown;
    const { stopping, port } = this;
    const deadline = this.services.clock.setTimer(() => stopping.abort(new Error(`not done within ${drainMs} ms of the stop`)), drainMs);
    try {
      await port.shutdown(drainMs);
      if (this.inFlight > 0) {
        this.services.logger.warn(
          `${this.definition.className}: ${this.inFlight} messages were still in process after ${drainMs} ms; they will be delivered again`,
          { consumerGroup: this.options.consumerGroup },
        );
      }
    } finally {
      deadline.cancel();
      stopping.abort(new Error('the listener has been stopped'));
      this.port = undefined;
      this.state = 'STOPPED';
    }
  }
}
