// What a template made without a connection uses until the module gives it one: a class of the application extends RocketMQTemplate and Nest makes
// it like any provider. Must never send anything itself.
import type { DefaultLitePullConsumer, DefaultMQProducer } from 'rocketmq-core';
import { NotStartedError } from 'rocketmq-core/errors';
import { addsSpringHeaders, type MappingContext } from './message-mapping.js';
import type { ProducerPort } from './producer-port.js';
import type { ReceiverPort } from './receiver-port.js';

/** Under this key a template made without ports takes them; of all copies of this package. */
export const BIND_TEMPLATE = Symbol.for('nest-rocketmq.bind-template');

export interface BindableTemplate {
  [BIND_TEMPLATE](ports: TemplatePorts): void;
}

export const isBindableTemplate = (value: unknown): value is BindableTemplate => BIND_TEMPLATE in Object(value);

/** What a connection gives to a template. */
export interface TemplatePorts {
  readonly producer: ProducerPort;
  readonly receiver: ReceiverPort;
  readonly mapping: MappingContext;
}

export class LatePorts implements TemplatePorts {
  private given: TemplatePorts | undefined;
  readonly mapping: MappingContext;

  constructor(private readonly className: string) {
    const now = (): MappingContext => this.require().mapping;
    // Each member is asked for when it is needed: a constructor of the application may set a character set before there is a connection.
    this.mapping = {
      converter: {
        toBytes: (payload, contentType) => now().converter.toBytes(payload, contentType),
        fromBytes: (body, contentType) => now().converter.fromBytes(body, contentType),
      },
      clock: { now: () => now().clock.now() },
      springHeaders: () => addsSpringHeaders(now()),
      warn: (line) => now().warn(line),
    };
  }

  readonly producer: ProducerPort = {
    send: async (message, how) => this.require().producer.send(message, how),
    sendBatch: async (messages, how) => this.require().producer.sendBatch(messages, how),
    request: async (message, how) => this.require().producer.request(message, how),
    sendInTransaction: async (message, arg, timeout) => this.require().producer.sendInTransaction(message, arg, timeout),
    sendOneWay: async (message, selectQueue) => this.require().producer.sendOneWay(message, selectQueue),
    client: (): DefaultMQProducer => this.require().producer.client(),
  };

  readonly receiver: ReceiverPort = {
    poll: async (timeoutMs, signal) => this.require().receiver.poll(timeoutMs, signal),
    client: (): DefaultLitePullConsumer => this.require().receiver.client(),
  };

  bind(ports: TemplatePorts): void {
    this.given = ports;
  }

  private require(): TemplatePorts {
    if (this.given !== undefined) return this.given;
    throw new NotStartedError(
      this.className,
      'without a connection: import RocketMQModule.forRoot, decorate the class with @ExtRocketMQTemplateConfiguration(), let the application initialise',
    );
  }
}
