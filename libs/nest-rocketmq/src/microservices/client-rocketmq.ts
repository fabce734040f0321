// The client side of the transport: `emit` sends a message, `send` a request. Must never wrap payloads in an envelope of its own.
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import { DefaultMQProducer, type MessageExt, SelectMessageQueueByHash, type SendResult } from 'rocketmq-core';
import { type Logger, reasonOf, SystemClock } from 'rocketmq-core/common';
import { NotStartedError } from 'rocketmq-core/errors';
import { lastValueFrom, type Observable } from 'rxjs';
import { DefaultMessageConverter, type RocketMQMessageConverter } from '../messaging/index.js';
import { createNestLogger } from '../module/nest-logger.js';
import { ProblemList, RocketMQConfigurationError, securitySettings } from '../options/index.js';
import { decodeAnswer } from './answer.js';
import { CLIENT_GROUP, REQUEST_TIMEOUT_MS, type RocketMQClientOptions } from './client-options.js';
import { checkClientOptions } from './options.validation.js';
import { type Outgoing, toOutgoing } from './outgoing.js';
import type { RocketMQPattern } from './pattern.js';
import { createReader } from './payload.js';
import { RocketMQStatus, type RocketMQTransportEvents } from './transport.js';
import { TransportEvents } from './transport-events.js';

/**
 * `ClientsModule.register([{ name: 'ORDERS', customClass: ClientRocketMQ, options: { nameServer } }])`. Throws RocketMQConfigurationError with
 * every wrong option. `emit` emits the SendResult. `send` emits the answer, or nothing for a handler without a value; it fails with
 * ReplyTimeoutError when nobody answered in time, with RocketMQRemoteException when the handler failed, else with the send's own error.
 */
export class ClientRocketMQ extends ClientProxy<RocketMQTransportEvents> {
  private readonly converter: RocketMQMessageConverter;
  private readonly events = new TransportEvents();
  private readonly byHash = new SelectMessageQueueByHash();
  private readonly lines: Logger = createNestLogger('ClientRocketMQ');
  private starting: Promise<DefaultMQProducer> | undefined;
  private producer: DefaultMQProducer | undefined;
  /** Events on their way; each ends within its own time. */
  private readonly sending = new Set<Promise<unknown>>();

  constructor(private readonly options: RocketMQClientOptions) {
    super();
    const problems = new ProblemList('ClientRocketMQ');
    checkClientOptions(options, problems);
    if (problems.found.length > 0) throw new RocketMQConfigurationError('ClientRocketMQ', problems.found);
    this.converter = options.messageConverter ?? new DefaultMessageConverter();
  }

  /** `connecting`, `connected`, `disconnected`; the last one is told to late subscribers too. */
  override get status(): Observable<RocketMQStatus> {
    // Nest's `customClass` takes classes with a status of any text only.
    return super.status as Observable<RocketMQStatus>;
  }

  /** Nest calls it before every send; only the first does something. Rejects when no name server answers, and may be called again. */
  async connect(): Promise<DefaultMQProducer> {
    this.starting ??= this.open().catch((error: unknown) => {
      this.starting = undefined;
      this.tell(RocketMQStatus.DISCONNECTED);
      throw error;
    });
    return this.starting;
  }

  /** Waits for events on their way; requests under way fail with NotStartedError. `connect` starts anew. */
  async close(): Promise<void> {
    await Promise.allSettled(this.sending);
    const { starting } = this;
    if (starting === undefined) return;
    const producer = await starting.catch(() => undefined);
    // Another close may have been faster.
    if (this.starting !== starting) return;
    this.starting = undefined;
    this.producer = undefined;
    await producer?.shutdown();
    this.tell(RocketMQStatus.DISCONNECTED);
  }

  override on<K extends keyof RocketMQTransportEvents, C extends RocketMQTransportEvents[K]>(event: K, callback: C): void {
    this.events.on(event, callback);
  }

  /** The client's DefaultMQProducer. Throws unless connected. */
  override unwrap<T = DefaultMQProducer>(): T {
    return this.requireProducer() as T;
  }

  /** Hot, as with every transport: it is sent without a subscriber too. What was not sent is told in the log and as `error`, whoever listens. */
  override emit<TResult = SendResult, TInput = unknown>(pattern: RocketMQPattern, data: TInput): Observable<TResult> {
    const sent = super.emit<TResult, TInput>(pattern, data);
    const done = this.observe(sent);
    this.sending.add(done);
    void done.finally(() => this.sending.delete(done));
    return sent;
  }

  /** What it returns gives up waiting: Nest calls it when the caller unsubscribes. */
  protected override publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    const given = new AbortController();
    void this.answerTo(packet, given.signal, callback);
    return () => given.abort(new Error('the caller unsubscribed'));
  }

  protected override async dispatchEvent<T = SendResult>(packet: ReadPacket): Promise<T> {
    const { message, options } = this.outgoing(packet);
    const producer = this.requireProducer();
    const result = await (options.hashKey === undefined
      ? producer.send(message, { timeout: options.timeout })
      : producer.send(message, this.byHash, options.hashKey, { timeout: options.timeout }));
    return result as T;
  }

  /** Never rejects. */
  private async observe(sent: Observable<unknown>): Promise<void> {
    try {
      await lastValueFrom(sent, { defaultValue: undefined });
    } catch (error) {
      this.lines.error(`an event was not sent: ${reasonOf(error)}`);
      this.events.error(error);
    }
  }

  /** Never rejects. */
  private async answerTo(packet: ReadPacket, signal: AbortSignal, callback: (packet: WritePacket) => void): Promise<void> {
    let answer: WritePacket;
    try {
      const answered = await this.request(packet, signal);
      answer = answered === undefined ? { isDisposed: true } : { response: answered.value, isDisposed: true };
    } catch (err) {
      answer = { err };
    }
    if (!signal.aborted) callback(answer);
  }

  private async request(packet: ReadPacket, signal: AbortSignal): Promise<{ value: unknown } | undefined> {
    const outgoing = this.outgoing(packet);
    const read = await createReader(outgoing.options.replyType, this.converter);
    return decodeAnswer(await this.exchange(outgoing, signal), read);
  }

  private async exchange({ message, options }: Outgoing, signal: AbortSignal): Promise<MessageExt> {
    const how = { timeout: options.timeout ?? this.options.requestTimeout ?? REQUEST_TIMEOUT_MS, signal };
    const producer = this.requireProducer();
    return options.hashKey === undefined ? producer.request(message, how) : producer.request(message, this.byHash, options.hashKey, how);
  }

  private outgoing({ pattern, data, metadata }: ReadPacket): Outgoing {
    return toOutgoing({ pattern, data, metadata }, this.converter, this.options.headers);
  }

  private async open(): Promise<DefaultMQProducer> {
    this.tell(RocketMQStatus.CONNECTING);
    const { options } = this;
    const producer = new DefaultMQProducer({
      producerGroup: options.producerGroup ?? CLIENT_GROUP,
      namesrvAddr: options.nameServer,
      accessChannel: options.accessChannel,
      sendMsgTimeout: options.sendMessageTimeout,
      retryTimesWhenSendFailed: options.retryTimesWhenSendFailed,
      retryAnotherBrokerWhenNotStoreOK: options.retryNextServer,
      compressMsgBodyOverHowmuch: options.compressMessageBodyThreshold,
      maxMessageSize: options.maxMessageSize,
      instanceName: options.instanceName,
      enableTrace: options.enableMsgTrace,
      traceTopic: options.customizedTraceTopic || undefined,
      ...securitySettings(options),
      clock: options.clock ?? new SystemClock(),
      logger: createNestLogger('RocketMQClient'),
    });
    await producer.start();
    this.producer = producer;
    this.tell(RocketMQStatus.CONNECTED);
    return producer;
  }

  private requireProducer(): DefaultMQProducer {
    if (this.producer === undefined) throw new NotStartedError('ClientRocketMQ', 'not connected or closed already');
    return this.producer;
  }

  private tell(status: RocketMQStatus): void {
    this._status$.next(status);
    if (status !== RocketMQStatus.CONNECTING) this.events.emit(status);
  }
}
