// What a template sends through and with: producer, converter, character set, default destination, choice of queues. Must never send anything.
import { type DefaultMQProducer, type MessageQueueSelector, SelectMessageQueueByHash, type TransactionMQProducer } from 'rocketmq-core';
import { IllegalMessageError } from 'rocketmq-core/errors';
import {
  type Charset,
  DEFAULT_CHARSET,
  type Destination,
  parseDestination,
  requireCharset,
  type RocketMQMessageConverter,
} from '../messaging/index.js';
import { producerPortOf } from './client-ports.js';
import type { MappingContext } from './message-mapping.js';
import type { ProducerPort, QueueSelector } from './producer-port.js';

/** Spring's accessors. What is set counts for the sends after it. */
export abstract class TemplateSettings {
  private defaultDestination: Destination | undefined;
  private messageQueueSelector: MessageQueueSelector<string> = new SelectMessageQueueByHash();

  constructor(
    protected producer: ProducerPort,
    protected mapping: MappingContext,
  ) {}

  /** The client producer, for what the template does not offer. */
  getProducer(): DefaultMQProducer {
    return this.producer.client();
  }

  /** Sends go through this one from now on. Whoever made it starts and closes it; interceptors of the module do not see its sends. */
  setProducer(producer: DefaultMQProducer | TransactionMQProducer): void {
    this.producer = producerPortOf(producer);
  }

  /** Where `send` and `convertAndSend` go that name no destination. Default: nowhere, such a send is refused. */
  getDefaultDestination(): Destination | undefined {
    return this.defaultDestination;
  }

  setDefaultDestination(destination: Destination | undefined): void {
    if (destination !== undefined) parseDestination(destination);
    this.defaultDestination = destination;
  }

  getMessageConverter(): RocketMQMessageConverter {
    return this.mapping.converter;
  }

  /** For this template alone; the module option `messageConverter` is for all and for the listeners too. */
  setMessageConverter(converter: RocketMQMessageConverter): void {
    const { toBytes, fromBytes } = (converter ?? {}) as Partial<RocketMQMessageConverter>;
    if (typeof toBytes !== 'function' || typeof fromBytes !== 'function') {
      throw new IllegalMessageError('a message converter has the methods toBytes and fromBytes');
    }
    this.mapping = { ...this.mapping, converter };
  }

  /** How strings are written and read. Default UTF-8; objects are JSON in UTF-8 whatever is set here. */
  getCharset(): Charset {
    return this.mapping.charset ?? DEFAULT_CHARSET;
  }

  setCharset(charset: string): void {
    this.mapping = { ...this.mapping, charset: requireCharset(charset) };
  }

  /** Who picks the queue of an orderly send. Default: SelectMessageQueueByHash, which picks as Java's does. */
  getMessageQueueSelector(): MessageQueueSelector<string> {
    return this.messageQueueSelector;
  }

  setMessageQueueSelector(selector: MessageQueueSelector<string>): void {
    if (typeof (selector as Partial<MessageQueueSelector> | undefined)?.select !== 'function') {
      throw new IllegalMessageError('a message queue selector has the method select(queues, message, hashKey)');
    }
    this.messageQueueSelector = selector;
  }

  protected requireDefaultDestination(): Destination {
    if (this.defaultDestination !== undefined) return this.defaultDestination;
    throw new IllegalMessageError('no destination is given and the template has none: call setDefaultDestination first');
  }

  /** Undefined: any queue. */
  protected selectQueueFor(hashKey: string | undefined): QueueSelector | undefined {
    return hashKey === undefined ? undefined : this.selectQueueBy(hashKey);
  }

  protected selectQueueBy(hashKey: string): QueueSelector {
    if (typeof hashKey !== 'string') {
      throw new IllegalMessageError(`the hash key of an orderly send must be a string, found ${typeof hashKey}`);
    }
    const selector = this.messageQueueSelector;
    return (queues, message) => selector.select(queues, message, hashKey);
  }
}
