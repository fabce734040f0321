// Spring's send methods, each resolving to its result. Must never retry, choose brokers or keep messages: the producer does.
import { callGuarded, reasonOf } from 'rocketmq-core/common';
import type { Message as ClientMessage, SendResult } from 'rocketmq-core';
import { IllegalMessageError, MessageNotStoredError } from 'rocketmq-core/errors';
import {
  type Destination,
  isMessage,
  type Message,
  MessageConversionError,
  parseDestination,
  type PayloadFor,
} from '../messaging/index.js';
import { hasContract, underContract } from './contract-check.js';
import { toClientMessage } from './message-mapping.js';
import type { QueueSelector } from './producer-port.js';
import {
  hasDelay,
  isSendCallback,
  type OneWayOptions,
  readOneWayOptions,
  readSendOptions,
  type SendCallback,
  type TemplateSendOptions,
  type TimeoutOrOptions,
} from './send-options.js';
import { TemplateSettings } from './template-settings.js';

export type MessagePostProcessor = (message: Message) => Message;

/** What there is to send; RocketMQTemplate adds transactions, requests and receiving. */
export abstract class SendingTemplate extends TemplateSettings {
  /** Sends and waits for the broker's answer. An array whose items are all Messages goes as one batch; any other array is one payload. */
  async syncSend<D extends Destination>(
    destination: D,
    payload: PayloadFor<D>,
    timeoutOrOptions?: TimeoutOrOptions,
    delayLevel?: number,
  ): Promise<SendResult> {
    return this.dispatch(destination, payload, readSendOptions(timeoutOrOptions, delayLevel), 'sync');
  }

  /** As syncSend, with the retry limit of asynchronous sends. With a callback nothing is returned and every fault goes to `onException`. */
  asyncSend<D extends Destination>(
    destination: D,
    payload: PayloadFor<D>,
    options?: TimeoutOrOptions,
    delayLevel?: number,
  ): Promise<SendResult>;
  asyncSend<D extends Destination>(
    destination: D,
    payload: PayloadFor<D>,
    callback: SendCallback,
    timeout?: number,
    delayLevel?: number,
  ): void;
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
  async sendOneWay<D extends Destination>(destination: D, payload: PayloadFor<D>, options?: OneWayOptions): Promise<void> {
    const message = this.toSingleMessage(destination, payload, readOneWayOptions(options));
    const hashKey = hasContract(destination) ? await underContract(destination, [payload]) : undefined;
    await this.producer.sendOneWay(message, this.selectQueueFor(hashKey));
  }

  /** Delivered after so many seconds, above 0; needs a broker of 5.0 or later. */
  async syncSendDelayTimeSeconds<D extends Destination>(destination: D, payload: PayloadFor<D>, delaySeconds: number): Promise<SendResult> {
    return this.syncSend(destination, payload, { delaySeconds });
  }

  /** Delivered after so many ms, above 0; Spring's spelling. */
  async syncSendDelayTimeMills<D extends Destination>(destination: D, payload: PayloadFor<D>, delayMs: number): Promise<SendResult> {
    return this.syncSend(destination, payload, { delayMs });
  }

  /** syncSendDelayTimeMills, spelt as the unit is. */
  async syncSendDelayTimeMillis<D extends Destination>(destination: D, payload: PayloadFor<D>, delayMs: number): Promise<SendResult> {
    return this.syncSend(destination, payload, { delayMs });
  }

  /** Delivered at a moment: ms since 1970, or a Date; Spring's spelling. */
  async syncSendDeliverTimeMills<D extends Destination>(
    destination: D,
    payload: PayloadFor<D>,
    deliverAt: number | Date,
  ): Promise<SendResult> {
    return this.syncSend(destination, payload, { deliverAt });
  }

  /** syncSendDeliverTimeMills, spelt as the unit is. */
  async syncSendDeliverTimeMillis<D extends Destination>(
    destination: D,
    payload: PayloadFor<D>,
    deliverAt: number | Date,
  ): Promise<SendResult> {
    return this.syncSend(destination, payload, { deliverAt });
  }

  /** The queue is the one a Java producer picks for the same hash key. One attempt. */
  async syncSendOrderly<D extends Destination>(
    destination: D,
    payload: PayloadFor<D>,
    hashKey: string,
    timeoutOrOptions?: TimeoutOrOptions,
    delayLevel?: number,
  ): Promise<SendResult> {
    return this.dispatch(destination, payload, readSendOptions(timeoutOrOptions, delayLevel), 'sync', this.selectQueueBy(hashKey));
  }

  asyncSendOrderly<D extends Destination>(
    destination: D,
    payload: PayloadFor<D>,
    hashKey: string,
    options?: TimeoutOrOptions,
    delayLevel?: number,
  ): Promise<SendResult>;
  asyncSendOrderly<D extends Destination>(
    destination: D,
    payload: PayloadFor<D>,
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
      this.dispatch(destination, payload, options, 'async', this.selectQueueBy(hashKey));
    if (isSendCallback(third)) return this.report(third, async () => send(readSendOptions(fourth, fifth)));
    return settle(() => send(readSendOptions(third, fourth)));
  }

  async sendOneWayOrderly<D extends Destination>(
    destination: D,
    payload: PayloadFor<D>,
    hashKey: string,
    options?: OneWayOptions,
  ): Promise<void> {
    const message = this.toSingleMessage(destination, payload, readOneWayOptions(options));
    if (hasContract(destination)) await underContract(destination, [payload]);
    await this.producer.sendOneWay(message, this.selectQueueBy(hashKey));
  }

  /** One batch of plain payloads, all to one destination. */
  async sendBatch(destination: Destination, payloads: readonly unknown[], timeoutOrOptions?: TimeoutOrOptions): Promise<SendResult> {
    if (!Array.isArray(payloads)) throw new IllegalMessageError('sendBatch takes an array of payloads');
    return this.dispatchBatch(destination, payloads, readSendOptions(timeoutOrOptions), 'sync');
  }

  /** syncSend of a Message; without a destination to the template's default one. */
  send(message: Message): Promise<SendResult>;
  send(destination: Destination, message: Message): Promise<SendResult>;
  async send(...args: [Message] | [Destination, Message]): Promise<SendResult> {
    if (args.length > 1) return this.syncSend(args[0] as Destination, args[1]);
    if (isMessage(args[0])) return this.syncSend(this.requireDefaultDestination(), args[0]);
    throw new IllegalMessageError('send takes a Message of MessageBuilder, or a destination and a Message; convertAndSend takes payloads');
  }

  /** syncSend of a payload with headers; `postProcess` may replace the Message. Without a destination to the template's default one. */
  convertAndSend(payload: unknown): Promise<SendResult>;
  convertAndSend(payload: unknown, postProcess: MessagePostProcessor): Promise<SendResult>;
  convertAndSend(destination: Destination, payload: unknown, postProcess?: MessagePostProcessor): Promise<SendResult>;
  convertAndSend(
    destination: Destination,
    payload: unknown,
    headers: Readonly<Record<string, unknown>> | undefined,
    postProcess?: MessagePostProcessor,
  ): Promise<SendResult>;
  async convertAndSend(...args: readonly unknown[]): Promise<SendResult> {
    const isToDefault = args.length === 1 || (args.length === 2 && typeof args[1] === 'function');
    const [destination, payload, ...rest] = isToDefault ? [this.requireDefaultDestination(), ...args] : args;
    const process = rest.find((value) => typeof value === 'function') as MessagePostProcessor | undefined;
    const headers = typeof rest[0] === 'function' ? undefined : (rest[0] as Readonly<Record<string, unknown>> | undefined);
    if (process === undefined) return this.syncSend(destination as Destination, payload, { headers });
    const built = isMessage(payload) ? payload : { payload, headers: {} };
    return this.syncSend(destination as Destination, process({ payload: built.payload, headers: { ...built.headers, ...headers } }));
  }

  private async dispatch(
    destination: Destination,
    payload: unknown,
    options: TemplateSendOptions,
    mode: 'sync' | 'async',
    selectQueue?: QueueSelector,
  ): Promise<SendResult> {
    if (Array.isArray(payload) && isBatch(payload)) return this.dispatchBatch(destination, payload, options, mode, selectQueue);
    const hashKey = hasContract(destination) ? await underContract(destination, [payload]) : undefined;
    const message = this.toMessage(destination, payload, options);
    const how = { timeout: options.timeout, mode, selectQueue: selectQueue ?? this.selectQueueFor(hashKey) };
    return stored(await this.producer.send(message, how), destination, options);
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
    const messages = payloads.map((payload, index) => ofBatch(index, payloads, () => this.toMessage(destination, payload, options)));
    const hashKey = hasContract(destination) ? await underContract(destination, payloads) : undefined;
    const { timeout, splitBatches } = options;
    const how = { timeout, mode, selectQueue: selectQueue ?? this.selectQueueFor(hashKey), splitBatches };
    return stored(await this.producer.sendBatch(messages, how), destination, options);
  }

  protected toMessage(destination: Destination, payload: unknown, options: TemplateSendOptions): ClientMessage {
    return toClientMessage(destination, payload, options, this.mapping);
  }

  /** Where one message is all that can go: an array of Messages would travel as JSON. */
  protected toSingleMessage(destination: Destination, payload: unknown, options: TemplateSendOptions): ClientMessage {
    if (Array.isArray(payload) && payload.some(isMessage)) {
      throw new IllegalMessageError('an array of Messages is a batch: only syncSend, asyncSend and their orderly forms send one');
    }
    return this.toMessage(destination, payload, options);
  }

  protected report<T>(callback: { onSuccess(result: T): void; onException(error: unknown): void }, send: () => Promise<T>): void {
    const guard = (call: () => unknown): void =>
      callGuarded(call, (error) => this.mapping.warn(`a send callback threw: ${reasonOf(error)}`));
    void send().then(
      (result) => guard(() => callback.onSuccess(result)),
      (error: unknown) => guard(() => callback.onException(error)),
    );
  }
}

/** [spring 3.5] Every status is returned, unless asked otherwise. */
export function stored<R extends SendResult>(result: R, destination: Destination, { throwOnNotStored }: TemplateSendOptions): R {
  if (throwOnNotStored !== true || result.sendStatus === 'SEND_OK') return result;
  throw new MessageNotStoredError(parseDestination(destination).topic, result.msgId, result.sendStatus);
}

/** What is wrong with one payload of a batch says which one it is. */
function ofBatch<T>(index: number, { length }: readonly unknown[], make: () => T): T {
  try {
    return make();
  } catch (error) {
    const which = `(payload ${index} of ${length}, counted from 0)`;
    if (error instanceof MessageConversionError) throw new MessageConversionError(`${error.message} ${which}`, error);
    throw error instanceof IllegalMessageError ? new IllegalMessageError(`${error.message} ${which}`, { ...error.context, index }) : error;
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
