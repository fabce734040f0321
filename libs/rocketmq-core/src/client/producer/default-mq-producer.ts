// The producer users hold [java DefaultMQProducer]: settings as properties, promises instead of threads. Must never retry or encode by itself.
import { ConfigError, type ConfigProblem, IllegalMessageError, IllegalSubscriptionError, NotStartedError } from '../../errors/index.js';
import { createUniqueIdGenerator, type Message, type MessageExt, type MessageQueue, validateGroupName } from '../../message/index.js';
import { applySettings, type ClientConfig, instanceConfigOf, localAddress } from '../client-config.js';
import type { EndTransactionHook } from '../hooks/message-hooks.js';
import type { ClientInstance } from '../instance/client-instance.js';
import { ClientRegistry } from '../instance/client-registry.js';
import { queryMessage, type QueryResult, viewMessage } from '../instance/message-lookup.js';
import { QueueBounds } from '../instance/queue-bounds.js';
import { withNamespace, withoutNamespace } from '../namespace.js';
import { resolvePorts } from '../ports.js';
import type { TraceDispatcher, TraceSender } from '../trace/trace-dispatcher.js';
import { SendTraceHook } from '../trace/trace-hooks.js';
import { startTracing, type TracedRole, traceSenderSettings } from '../trace/tracing.js';
import { producerProblems, type ProducerOptions, ProducerSettings } from './producer-settings.js';
import type { QueueSelector } from './queue-selectors.js';
import { recallMessage, type RecallOutcome } from './recall-message.js';
import { requestReply } from './request-reply.js';
import { readSendCall, type SendOptions } from './send-arguments.js';
import type { SendResult } from './send-result.js';
import { Sending } from './sending.js';

/** What is there between start and shutdown. */
export interface RunningProducer {
  readonly registry: ClientRegistry;
  readonly instance: ClientInstance;
  readonly sending: Sending;
  readonly group: string;
  readonly endTransactionHooks: readonly EndTransactionHook[];
  readonly trace: TraceDispatcher | undefined;
  readonly traceHook: SendTraceHook | undefined;
}

const RESERVED_GROUP = 'DEFAULT_PRODUCER';

export class DefaultMQProducer extends ProducerSettings {
  private running: RunningProducer | undefined;
  /** Whose counters are read: the running one, or what ran last. */
  private counted: RunningProducer | undefined;
  private state: 'not started' | 'starting' | 'running' | 'shut down' = 'not started';

  constructor(options: ProducerOptions);
  constructor(producerGroup: string, options?: ProducerOptions);
  constructor(first: string | ProducerOptions, options: ProducerOptions = {}) {
    super();
    applySettings(this, typeof first === 'string' ? { ...options, producerGroup: first } : first, this.what);
  }

  /** Throws for a wrong group or address, and when no name server answers; it may then be started again. Routes are found with the first send. */
  async start(): Promise<void> {
    if (this.state !== 'not started') throw new NotStartedError('the producer', `${this.state} already`);
    validateGroupName(this.producerGroup);
    if (this.producerGroup === RESERVED_GROUP) {
      throw new IllegalSubscriptionError(`producerGroup can not equal ${RESERVED_GROUP}, please specify another one.`);
    }
    const problems = this.settingProblems();
    if (problems.length > 0) throw new ConfigError(`${this.what} ${this.producerGroup}`, problems);
    const ports = resolvePorts(this);
    const registry = this.registry ?? new ClientRegistry();
    const instance = registry.acquire(instanceConfigOf(this, ports), ports);
    const group = withNamespace(this.namespace, this.producerGroup);
    this.state = 'starting';
    try {
      await instance.checkNameServers();
      instance.registerProducer(group);
    } catch (error) {
      this.state = 'not started';
      await registry.release(instance);
      throw error;
    }
    instance.start();
    this.running = await this.assemble(registry, instance, group);
    this.counted = this.running;
    this.attach(this.running);
    // shutdown() may have been called meanwhile.
    if ((this.state as string) === 'shut down') return this.shutdown();
    this.state = 'running';
    await instance.heartbeatToAll();
  }

  /** Waits for nothing: sends under way are rejected. Shutting down again does nothing. */
  async shutdown(): Promise<void> {
    const { running } = this;
    this.running = undefined;
    this.state = 'shut down';
    if (running === undefined) return;
    await this.detach(running);
    await running.trace?.shutdown();
    await running.instance.unregisterProducer(running.group);
    await running.registry.release(running.instance);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** `ip@instance` as brokers know this client; undefined unless running. */
  get clientId(): string | undefined {
    return this.running?.instance.clientId;
  }

  /** Sends one message, or several of one topic as a batch; with a queue or a selector it is exactly one attempt. */
  send(message: Message | readonly Message[], options?: number | SendOptions): Promise<SendResult>;
  send(message: Message | readonly Message[], queue: MessageQueue, options?: number | SendOptions): Promise<SendResult>;
  /** The selector of a batch sees its first message. */
  send<Arg>(
    message: Message | readonly Message[],
    selector: QueueSelector<Arg>,
    arg?: Arg,
    options?: number | SendOptions,
  ): Promise<SendResult>;
  async send(message: Message | readonly Message[], ...rest: unknown[]): Promise<SendResult> {
    const { target, options } = readSendCall(rest);
    return this.requireRunning().sending.send(message, target, options);
  }

  /**
   * Resolves when the message has been handed to the connection; nothing tells whether it arrived. Where the broker does not read, 65535
   * one-way messages or 32 MiB may be unsent: further ones wait up to sendMsgTimeout, then reject with TooManyRequestsError.
   */
  sendOneway(message: Message, queue?: MessageQueue): Promise<void>;
  sendOneway<Arg>(message: Message, selector: QueueSelector<Arg>, arg?: Arg): Promise<void>;
  async sendOneway(message: Message, ...rest: unknown[]): Promise<void> {
    if (Array.isArray(message)) throw new IllegalMessageError('a batch cannot be sent one-way');
    await this.requireRunning().sending.sendOneway(message, readSendCall(rest).target);
  }

  /**
   * Sends a request and resolves with the reply of whoever consumes it. The time-out counts for both ways together.
   * Rejects with ReplyTimeoutError when the request was stored and no reply came; every other error is the send's own.
   */
  request(message: Message, timeout: number | (SendOptions & { timeout: number })): Promise<MessageExt>;
  request(message: Message, queue: MessageQueue, timeout: number | (SendOptions & { timeout: number })): Promise<MessageExt>;
  request<Arg>(
    message: Message,
    selector: QueueSelector<Arg>,
    arg: Arg,
    timeout: number | (SendOptions & { timeout: number }),
  ): Promise<MessageExt>;
  async request(message: Message, ...rest: unknown[]): Promise<MessageExt> {
    const { sending, instance } = this.requireRunning();
    const { target, options } = readSendCall(rest);
    const { timeout: timeoutMs } = options;
    if (timeoutMs === undefined) throw new IllegalMessageError('a request needs a time-out in ms');
    if (Array.isArray(message)) throw new IllegalMessageError('a batch cannot be a request');
    const reply = await requestReply(instance, sending, message, target, { ...options, timeoutMs });
    reply.topic = withoutNamespace(this.namespace, reply.topic);
    return reply;
  }

  /**
   * Takes back a message that waits for its moment: `recallHandle` from the result of its send. Resolves with its id; whether the message
   * was still waiting nobody can tell. Throws IllegalMessageError for a handle that is none, BrokerReplyError for what the broker refuses.
   */
  async recallMessage(topic: string, recallHandle: string): Promise<string> {
    const { instance, group, traceHook } = this.requireRunning();
    const onWire = this.onWire(topic);
    const answered = (outcome: RecallOutcome): void => traceHook?.recalled(onWire, group, outcome);
    return recallMessage(instance, { producerGroup: group, topic: onWire, recallHandle, timeoutMs: this.sendMsgTimeout, answered });
  }

  /** Replies that came when nobody waited for them any more; kept over shutdown, 0 before start. */
  get lateReplies(): number {
    return this.counted?.instance.replies.lateReplies ?? 0;
  }

  /**
   * Queues of an existing topic in the order selectors see them, asked of a name server each time; throws NoRouteError for a topic none knows
   * [java MQAdminImpl#fetchPublishMessageQueues].
   */
  async fetchPublishMessageQueues(topic: string): Promise<MessageQueue[]> {
    const { sending } = this.requireRunning();
    const queues = await sending.publishQueues(this.onWire(topic));
    return queues.map((queue) => ({ ...queue, topic: withoutNamespace(this.namespace, queue.topic) }));
  }

  async searchOffset(queue: MessageQueue, timestamp: number): Promise<number> {
    return this.bounds().searchOffset(this.queueOnWire(queue), timestamp);
  }

  async maxOffset(queue: MessageQueue): Promise<number> {
    return this.bounds().maxOffset(this.queueOnWire(queue));
  }

  async minOffset(queue: MessageQueue): Promise<number> {
    return this.bounds().minOffset(this.queueOnWire(queue));
  }

  /** Store time (ms) of the first readable message of a queue, -1 without one. */
  async earliestMsgStoreTime(queue: MessageQueue): Promise<number> {
    return this.bounds().earliestMsgStoreTime(this.queueOnWire(queue));
  }

  /** Messages with a word of their KEYS, stored between `begin` and `end` (ms); at most `maxNum` of each broker. Throws MessageNotFoundError for none. */
  async queryMessage(topic: string, key: string, maxNum = 32, begin = 0, end: number = Number.MAX_SAFE_INTEGER): Promise<QueryResult> {
    const found = await queryMessage(this.requireRunning().instance, { topic: this.onWire(topic), key, maxNum, begin, end });
    for (const message of found.messageList) message.topic = withoutNamespace(this.namespace, message.topic);
    return found;
  }

  /** By msgId or offsetMsgId; throws MessageNotFoundError when it is not found. */
  async viewMessage(topic: string, msgId: string): Promise<MessageExt> {
    const message = await viewMessage(this.requireRunning().instance, this.onWire(topic), msgId);
    message.topic = withoutNamespace(this.namespace, message.topic);
    return message;
  }

  /** Traces that were dropped or could not be sent; kept over shutdown, 0 without tracing. */
  get droppedTraces(): number {
    return this.counted?.trace?.droppedTraces ?? 0;
  }

  private async assemble(registry: ClientRegistry, instance: ClientInstance, group: string): Promise<RunningProducer> {
    const { clock, random } = instance.ports;
    const nextUniqueId = createUniqueIdGenerator({ clock, random, ip: localAddress(), pid: process.pid });
    const trace = await startTracing(this, instance.ports, () => DefaultMQProducer.traceSender(this, this.producerGroup, 'PRODUCE'));
    const traceHook = trace === undefined ? undefined : new SendTraceHook({ dispatcher: trace, clock, namespace: this.namespace });
    const traceHooks = traceHook === undefined ? [] : [traceHook];
    const sending = new Sending(instance, this, group, nextUniqueId, [...this.sendMessageHooks, ...traceHooks]);
    return { registry, instance, group, sending, trace, traceHook, endTransactionHooks: [...this.endTransactionHooks, ...traceHooks] };
  }

  /** The producer that carries the traces of a client; it is not traced itself. */
  static traceSender(config: ClientConfig, group: string, role: TracedRole): TraceSender {
    const producer = new DefaultMQProducer(traceSenderSettings(config, group, role));
    return {
      start: () => producer.start(),
      send: (message, timeout) => producer.send(message, { timeout, mode: 'async' }),
      shutdown: () => producer.shutdown(),
    };
  }

  private bounds(): QueueBounds {
    return new QueueBounds(this.requireRunning().instance);
  }

  private onWire(topic: string): string {
    return withNamespace(this.namespace, topic);
  }

  private queueOnWire(queue: MessageQueue): MessageQueue {
    return { ...queue, topic: this.onWire(queue.topic) };
  }

  /** Its name in errors about settings. */
  protected get what(): string {
    return 'DefaultMQProducer';
  }

  /** Every setting it cannot start with. */
  protected settingProblems(): ConfigProblem[] {
    return producerProblems(this);
  }

  /** Before brokers hear of this producer. */
  protected attach(_running: RunningProducer): void {}

  /** Before brokers hear that it leaves. */
  protected async detach(_running: RunningProducer): Promise<void> {}

  protected requireRunning(): RunningProducer {
    if (this.running === undefined) throw new NotStartedError(`the producer ${this.producerGroup}`, this.state);
    return this.running;
  }
}
