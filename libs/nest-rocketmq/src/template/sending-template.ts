// Spring's send methods, each resolving to its result. Must never retry, choose brokers or keep messages: the producer does.
import type { Message as ClientMessage, SendResult } from 'rocketmq-core';
import { IllegalMessageError } from 'rocketmq-core/errors';
import { type Destination, isMessage, type Message } from '../messaging/index.js';
import { selectQueueByHash } from './hash-queue-selector.js';
import { type MappingContext, toClientMessage } from './message-mapping.js';
import type { ProducerPort, QueueSelector } from './producer-port.js';
import {
  hasDelay,
  isSendCallback,
  readSendOptions,
  type SendCallback,
  type TemplateSendOptions,
  type TimeoutOrOptions,
} from './send-options.js';

export type MessagePostProcessor = (message: Message) => Message;

/** What there is to send; RocketMQTemplate adds transactions, requests and receiving. */
export abstract class SendingTemplate {
  constructor(
    protected readonly producer: ProducerPort,
    protected readonly mapping: MappingContext,
  ) {}

  /** Sends and waits for the broker's answer. An array whose items are all Messages goes as one batch; any other array is one payload. */
  async syncSend(
    destination: Destination,
    payload: unknown,
    timeoutOrOptions?: TimeoutOrOptions,
    delayLevel?: number,
  ): Promise<SendResult> {
    return this.dispatch(destination, payload, readSendOptions(timeoutOrOptions, delayLevel), 'sync');
  }

  /** As syncSend, with the retry limit of asynchronous sends. With a callback nothing is returned and every fault goes to `onException`. */
  asyncSend(destination: Destination, payload: unknown, options?: TimeoutOrOptions, delayLevel?: number): Promise<SendResult>;
  asyncSend(destination: Destination, payload: unknown, callback: SendCallback, timeout?: number, delayLevel?: number): void;
  asyncSend(
    destination: Destination,
    payload: unknown,
    second?: TimeoutOrOptions | SendCallback,
    third?: number,
    fourth?: number,
  ): Promise<SendResult> | void {
    if (isSendCallback(second)) {
      return this.report(second, async () => this.dispatch(destination, payload, readSendOptions(third, fourth), 'async'));
    }
    return settle(() => this.dispatch(destination, payload, readSendOptions(second, third), 'async'));
  }

  /** Resolves when the message has been handed to the connection; nothing tells whether it arrived. */
  async sendOneWay(destination: Destination, payload: unknown, options?: TemplateSendOptions): Promise<void> {
    await this.producer.sendOneWay(this.toMessage(destination, payload, readSendOptions(options)));
  }

  /** Delivered after so many seconds, above 0; needs a broker of 5.0 or later. */
  async syncSendDelayTimeSeconds(destination: Destination, payload: unknown, delaySeconds: number): Promise<SendResult> {
    return this.syncSend(destination, payload, { delaySeconds });
  }

  /** Delivered after so many ms, above 0; Spring's spelling. */
  async syncSendDelayTimeMills(destination: Destination, payload: unknown, delayMs: number): Promise<SendResult> {
    return this.syncSend(destination, payload, { delayMs });
  }

  /** Delivered at a moment: ms since 1970, or a Date; Spring's spelling. */
  async syncSendDeliverTimeMills(destination: Destination, payload: unknown, deliverAt: number | Date): Promise<SendResult> {
    return this.syncSend(destination, payload, { deliverAt });
  }

  /** The queue is the one a Java producer picks for the same hash key. One attempt. */
  async syncSendOrderly(
    destination: Destination,
    payload: unknown,
    hashKey: string,
    timeoutOrOptions?: TimeoutOrOptions,
    delayLevel?: number,
  ): Promise<SendResult> {
    return this.dispatch(destination, payload, readSendOptions(timeoutOrOptions, delayLevel), 'sync', selectQueueByHash(hashKey));
  }

  asyncSendOrderly(
    destination: Destination,
    payload: unknown,
    hashKey: string,
    options?: TimeoutOrOptions,
    delayLevel?: number,
  ): Promise<SendResult>;
  asyncSendOrderly(
    destination: Destination,
    payload: unknown,
    hashKey: string,
    callback: SendCallback,
    timeout?: number,
    delayLevel?: number,
  ): void;
  asyncSendOrderly(
    destination: Destination,
    payload: unknown,
    hashKey: string,
    third?: TimeoutOrOptions | SendCallback,
    fourth?: number,
    fifth?: number,
  ): Promise<SendResult> | void {
    const send = async (options: TemplateSendOptions): Promise<SendResult> =>
      this.dispatch(destination, payload, options, 'async', selectQueueByHash(hashKey));
    if (isSendCallback(third)) return this.report(third, async () => send(readSendOptions(fourth, fifth)));
    return settle(() => send(readSendOptions(third, fourth)));
  }

  async sendOneWayOrderly(destination: Destination, payload: unknown, hashKey: string, options?: TemplateSendOptions): Promise<void> {
    const message = this.toMessage(destination, payload, readSendOptions(options));
    await this.producer.sendOneWay(message, selectQueueByHash(hashKey));
  }

  /** One batch of plain payloads, all to one destination. */
  async sendBatch(destination: Destination, payloads: readonly unknown[], timeoutOrOptions?: TimeoutOrOptions): Promise<SendResult> {
    if (!Array.isArray(payloads)) throw new IllegalMessageError('sendBatch takes an array of payloads');
    return this.dispatchBatch(destination, payloads, readSendOptions(timeoutOrOptions), 'sync');
  }

  /** syncSend of a Message; Spring's name. */
  async send(destination: Destination, message: Message): Promise<SendResult> {
    return this.syncSend(destination, message);
  }

  /** syncSend of a payload with headers; `postProcess` may replace the Message. */
  async convertAndSend(
    destination: Destination,
    payload: unknown,
    headers?: Readonly<Record<string, unknown>> | MessagePostProcessor,
    postProcess?: MessagePostProcessor,
  ): Promise<SendResult> {
    const process = typeof headers === 'function' ? headers : postProcess;
    const given = typeof headers === 'function' ? undefined : headers;
    if (process === undefined) return this.syncSend(destination, payload, { headers: given });
    const built = isMessage(payload) ? payload : { payload, headers: {} };
    return this.syncSend(destination, process({ payload: built.payload, headers: { ...built.headers, ...given } }));
  }

  private async dispatch(
    destination: Destination,
    payload: unknown,
    options: TemplateSendOptions,
    mode: 'sync' | 'async',
    selectQueue?: QueueSelector,
  ): Promise<SendResult> {
    if (Array.isArray(payload) && isBatch(payload)) return this.dispatchBatch(destination, payload, options, mode, selectQueue);
    const message = this.toMessage(destination, payload, options);
    return this.producer.send(message, { timeout: options.timeout, mode, selectQueue });
  }

  private async dispatchBatch(
    destination: Destination,
    payloads: readonly unknown[],
    options: TemplateSendOptions,
    mode: 'sync' | 'async',
    selectQueue?: QueueSelector,
  ): Promise<SendResult> {
    if (payloads.length === 0) throw new IllegalMessageError('a batch needs at least one message');
    if (hasDelay(options)) throw new IllegalMessageError('a batch cannot be delayed');
    const messages = payloads.map((payload) => this.toMessage(destination, payload, options));
    const { timeout, splitBatches } = options;
    return this.producer.sendBatch(messages, { timeout, mode, selectQueue, splitBatches });
  }

  protected toMessage(destination: Destination, payload: unknown, options: TemplateSendOptions): ClientMessage {
    return toClientMessage(destination, payload, options, this.mapping);
  }

  private report(callback: SendCallback, send: () => Promise<SendResult>): void {
    const guard = (call: () => void): void => {
      try {
        call();
      } catch (error) {
        this.mapping.warn(`a send callback threw: ${error instanceof Error ? error.message : String(error)}`);
      }
    };
    void send().then(
      (result) => guard(() => callback.onSuccess(result)),
      (error: unknown) => guard(() => callback.onException(error)),
    );
  }
}

/** All items Messages: a batch. Mixed with plain payloads: refused, since either reading would surprise. */
function isBatch(items: readonly unknown[]): boolean {
  if (items.length === 0) throw new IllegalMessageError('an empty array is neither a batch nor a payload');
  const messages = items.filter(isMessage).length;
  if (messages > 0 && messages < items.length) {
    throw new IllegalMessageError(
      `an array of ${messages} Messages and ${items.length - messages} plain payloads: use sendBatch, or Messages only`,
    );
  }
  return messages > 0;
}

/** A fault of the arguments rejects like a fault of the send. */
async function settle<T>(run: () => Promise<T>): Promise<T> {
  return run();
}
