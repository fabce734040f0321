// RocketMQTemplate: what an application injects. Sending is SendingTemplate's; here are transactions, requests with replies, and receiving by hand.
import type { DefaultLitePullConsumer, MessageExt, TransactionSendResult } from 'rocketmq-core';
import { createPayloadReader, type Destination, type MessageType, type PayloadOf } from '../messaging/index.js';
import { receiverPortOf } from './client-ports.js';
import { hasContract, underContract } from './contract-check.js';
import { BIND_TEMPLATE, LatePorts, type TemplatePorts } from './late-ports.js';
import type { MappingContext } from './message-mapping.js';
import type { ProducerPort } from './producer-port.js';
import type { ReceiverPort } from './receiver-port.js';
import { checkReceiveOptions, readReceived, type ReceiveOptions } from './receiving.js';
import { readRequestArguments } from './request-arguments.js';
import {
  isRequestCallback,
  readRequestOptions,
  readSendOptions,
  type RequestReplyOptions,
  type RocketMQLocalRequestCallback,
  type TimeoutOrOptions,
} from './send-options.js';
import { SendingTemplate, stored } from './sending-template.js';

export class RocketMQTemplate extends SendingTemplate {
  private receiver: ReceiverPort;
  private readonly late: LatePorts | undefined;

  /** Without arguments, as a class that extends it is made: the module gives the rest (see ExtRocketMQTemplateConfiguration). */
  constructor(producer?: ProducerPort, mapping?: MappingContext, receiver?: ReceiverPort) {
    const late = new LatePorts(new.target.name);
    super(producer ?? late.producer, mapping ?? late.mapping);
    this.receiver = receiver ?? late.receiver;
    this.late = producer === undefined ? late : undefined;
  }

  /** For the module. */
  [BIND_TEMPLATE](ports: TemplatePorts): void {
    this.late?.bind(ports);
  }

  /**
   * Keeps the message aside, runs the `executeLocalTransaction` of this template's @RocketMQTransactionListener with `arg`, then commits or
   * rolls back as it says. Throws when the message was not kept, and then nothing has run.
   */
  async sendMessageInTransaction(
    destination: Destination,
    payload: unknown,
    arg?: unknown,
    options?: TimeoutOrOptions,
  ): Promise<TransactionSendResult> {
    const read = readSendOptions(options);
    const message = this.toSingleMessage(destination, payload, read);
    if (hasContract(destination)) await underContract(destination, [payload]);
    return stored(await this.producer.sendInTransaction(message, arg, read.timeout), destination, read);
  }

  /**
   * Sends a request and resolves with its reply, read as `replyType` (absent: the MessageExt). Rejects with ReplyTimeoutError when the request
   * was stored and nobody answered in time, with MessageConversionError when the reply does not fit, else with the send's own error.
   * Spring's positions are taken too; with a callback nothing is returned and every fault, one of the reply too, goes to `onException`.
   */
  sendAndReceive<T extends MessageType>(
    destination: Destination,
    payload: unknown,
    options: RequestReplyOptions & { replyType: T },
  ): Promise<PayloadOf<T>>;
  sendAndReceive<T extends MessageType>(
    destination: Destination,
    payload: unknown,
    type: T,
    timeout?: number,
    delayLevel?: number,
  ): Promise<PayloadOf<T>>;
  sendAndReceive<T extends MessageType>(
    destination: Destination,
    payload: unknown,
    type: T,
    hashKey: string,
    timeout?: number,
    delayLevel?: number,
  ): Promise<PayloadOf<T>>;
  sendAndReceive<T = MessageExt>(
    destination: Destination,
    payload: unknown,
    callback: RocketMQLocalRequestCallback<T>,
    timeout?: number,
    delayLevel?: number,
  ): void;
  sendAndReceive<T = MessageExt>(
    destination: Destination,
    payload: unknown,
    callback: RocketMQLocalRequestCallback<T>,
    hashKey: string,
    timeout?: number,
    delayLevel?: number,
  ): void;
  sendAndReceive<R = MessageExt>(destination: Destination, payload: unknown, options?: RequestReplyOptions): Promise<R>;
  sendAndReceive(destination: Destination, payload: unknown, ...args: readonly unknown[]): Promise<unknown> | void {
    const callback = isRequestCallback(args[0]) ? args[0] : undefined;
    const ask = async (): Promise<unknown> => this.request(destination, payload, readRequestArguments(args).options);
    if (callback === undefined) return ask();
    this.report(callback, ask);
  }

  private async request(destination: Destination, payload: unknown, options: RequestReplyOptions): Promise<unknown> {
    const { hashKey, replyType, signal, ...sending } = options;
    const message = this.toSingleMessage(destination, payload, readRequestOptions(sending));
    const shardingKey = hasContract(destination) ? await underContract(destination, [payload]) : undefined;
    const read = await createPayloadReader(replyType, this.mapping.converter, this.mapping.charset);
    const selectQueue = this.selectQueueFor(hashKey ?? shardingKey);
    return read(await this.producer.request(message, { timeout: sending.timeout, selectQueue, signal }));
  }

  /** The lite pull consumer behind receive(), for what the template does not offer; throws without the module option pullConsumer. */
  getConsumer(): DefaultLitePullConsumer {
    return this.receiver.client();
  }

  /** receive() reads from this one from now on. Whoever made it starts and closes it. */
  setConsumer(consumer: DefaultLitePullConsumer): void {
    this.receiver = receiverPortOf(consumer);
  }

  /**
   * Messages of the module option `pullConsumer`, read as `type`; none when `timeout` ms (default 5000) are over. The next call says that these
   * are done: then they are committed, **one that did not fit its type too**: it goes to `onInvalid`, and without that option it is left out,
   * told of in the log and not given again. When `onInvalid` throws, receive() rejects and nothing of the batch is given;
   * `getConsumer().seek(queue, queueOffset)` has it again. Without a type nothing is left out: each message comes as its MessageExt.
   */
  receive<T extends MessageType>(type: T, timeout?: number, options?: ReceiveOptions): Promise<Array<PayloadOf<T>>>;
  receive(timeout?: number): Promise<MessageExt[]>;
  async receive(first?: MessageType | number, second?: number, options: ReceiveOptions = {}): Promise<unknown[]> {
    const { signal, onInvalid } = checkReceiveOptions(options);
    const type = typeof first === 'number' ? undefined : first;
    const timeout = typeof first === 'number' ? first : second;
    const read = await createPayloadReader(type, this.mapping.converter, this.mapping.charset);
    return readReceived(await this.receiver.poll(timeout, signal), read, onInvalid, (line) => this.mapping.warn(line));
  }
}
