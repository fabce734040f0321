// The push consumer users hold [java DefaultMQPushConsumer]: settings as properties, subscriptions, one listener, start and shutdown.
import { ConfigError, IllegalSubscriptionError, NotStartedError } from '../../errors/index.js';
import {
  buildSubscriptionData,
  createUniqueIdGenerator,
  type MessageExt,
  type MessageQueue,
  retryTopicOf,
  SUBSCRIBE_ALL,
  type SubscriptionData,
  validateGroupName,
  validateTopicName,
} from '../../message/index.js';
import { applySettings, instanceConfigOf, localAddress } from '../client-config.js';
import { observeListener } from '../hooks/observe-listener.js';
import type { ClientInstance } from '../instance/client-instance.js';
import { ClientRegistry } from '../instance/client-registry.js';
import { queryMessage, type QueryResult, viewMessage } from '../instance/message-lookup.js';
import { withNamespace, withoutNamespace } from '../namespace.js';
import { resolvePorts } from '../ports.js';
import { DefaultMQProducer } from '../producer/default-mq-producer.js';
import type { TraceDispatcher } from '../trace/trace-dispatcher.js';
import { ConsumeTraceHook } from '../trace/trace-hooks.js';
import { startTracing } from '../trace/tracing.js';
import type {
  ConcurrentListenerFunction,
  MessageListenerConcurrently,
  MessageListenerOrderly,
  OrderlyListenerFunction,
  PushListener,
} from './listener.js';
import { type AssignedQueueState, assignedQueuesOf } from './assigned-queue-state.js';
import { checkFilters } from './filter-check.js';
import { queueOnApplicationSide } from './message-sides.js';
import { type MessageSelector, selectorOf } from './message-selector.js';
import { offsetStoreOf } from './offset-store-of.js';
import { PushConsumerCore } from './push-consumer-core.js';
import { checkPushConsumerSettings, type PushConsumerOptions, PushConsumerSettings } from './push-consumer-settings.js';

interface Running {
  readonly registry: ClientRegistry;
  readonly instance: ClientInstance;
  readonly core: PushConsumerCore;
  readonly trace: TraceDispatcher | undefined;
}

const RESERVED_GROUP = 'DEFAULT_CONSUMER';
const MINUTE_MS = 60_000;

export class DefaultMQPushConsumer extends PushConsumerSettings {
  /** By topic as the application writes it. */
  private readonly subscriptions = new Map<string, MessageSelector>();
  private listener: PushListener | undefined;
  private running: Running | undefined;
  /** Whose drops are read: the one at work, or the last one. */
  private countedTrace: TraceDispatcher | undefined;
  private state: 'not started' | 'starting' | 'running' | 'shut down' = 'not started';

  constructor(options: PushConsumerOptions);
  constructor(consumerGroup: string, options?: PushConsumerOptions);
  constructor(first: string | PushConsumerOptions, options: PushConsumerOptions = {}) {
    super();
    applySettings(this, typeof first === 'string' ? { ...options, consumerGroup: first } : first, 'DefaultMQPushConsumer');
  }

  /** `TagA || TagB`, `*` or a MessageSelector. Also while running: a topic subscribed again takes the new expression. */
  subscribe(topic: string, selector: string | MessageSelector = SUBSCRIBE_ALL): void {
    validateTopicName(topic);
    const chosen = selectorOf(selector);
    const data = this.subscriptionOf(topic, chosen, 0);
    this.subscriptions.set(topic, chosen);
    if (this.running === undefined) return;
    const { context } = this.running.core;
    const { clock } = this.running.instance.ports;
    context.subscriptions.set(data.topic, { ...data, subVersion: clock.now() });
    this.announce(this.running);
  }

  unsubscribe(topic: string): void {
    this.subscriptions.delete(topic);
    if (this.running === undefined) return;
    this.running.core.context.subscriptions.delete(withNamespace(this.namespace, topic));
    this.announce(this.running);
  }

  /** The listener may run for many messages at once, in any order; a message that fails comes again later. */
  registerMessageListenerConcurrently(listener: ConcurrentListenerFunction | MessageListenerConcurrently): void {
    this.listener = {
      mode: 'CONCURRENTLY',
      call: typeof listener === 'function' ? listener : (messages, context) => listener.consumeMessage(messages, context),
    };
  }

  /** As registerMessageListenerConcurrently. */
  registerMessageListener(listener: ConcurrentListenerFunction | MessageListenerConcurrently): void {
    this.registerMessageListenerConcurrently(listener);
  }

  /** The listener runs once at a time for each queue, in the order of its messages; a message that fails holds up its queue. */
  registerMessageListenerOrderly(listener: OrderlyListenerFunction | MessageListenerOrderly): void {
    this.listener = {
      mode: 'ORDERLY',
      call: typeof listener === 'function' ? listener : (messages, context) => listener.consumeMessage(messages, context),
    };
  }

  /** Checks everything, finds the topics, joins the group. Throws when no name server answers; it may then be started again. */
  async start(): Promise<void> {
    if (this.state !== 'not started') throw new NotStartedError('the consumer', `${this.state} already`);
    const listener = this.check();
    const ports = resolvePorts(this);
    const registry = this.registry ?? new ClientRegistry();
    // A broadcasting member finds its offset file again by its client id.
    const instance = registry.acquire(instanceConfigOf(this, ports, this.messageModel === 'BROADCASTING'), ports);
    this.state = 'starting';
    try {
      const trace = await startTracing(this, ports, () => DefaultMQProducer.traceSender(this, this.consumerGroup, 'CONSUME'));
      try {
        const core = this.createCore(instance, this.observed(instance, listener, trace));
        await core.context.offsets.load();
        await this.join(instance, core);
        this.running = { registry, instance, core, trace };
        this.countedTrace = trace;
      } catch (error) {
        await trace?.shutdown();
        throw error;
      }
      // shutdown() may have been called meanwhile.
      if ((this.state as string) === 'shut down') await this.shutdown();
      else this.state = 'running';
    } catch (error) {
      this.state = 'not started';
      await registry.release(instance);
      throw error;
    }
  }

  /**
   * Stops pulling, waits up to `awaitTerminationMillisWhenShutdown` for listeners, commits offsets, leaves the group, closes.
   * Shutting down again does nothing. A signal that aborts ends the waiting; what then still runs is delivered again.
   */
  async shutdown(awaitTerminationMillis = this.awaitTerminationMillisWhenShutdown, signal?: AbortSignal): Promise<void> {
    const { running } = this;
    this.running = undefined;
    this.state = 'shut down';
    if (running === undefined) return;
    const { core, instance, registry, trace } = running;
    await core.stop({ deadlineMs: awaitTerminationMillis, signal });
    await trace?.shutdown();
    await instance.unregisterConsumer(core.consumerGroup);
    await registry.release(instance);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** `ip@instance` as brokers know this member; undefined unless running. */
  get clientId(): string | undefined {
    return this.running?.instance.clientId;
  }

  /** The queues this member works on and how far it has got, from memory; none unless running. */
  get assignedQueues(): AssignedQueueState[] {
    return this.running === undefined ? [] : assignedQueuesOf(this.running.core);
  }

  /** Pulls nothing more until resume(), and keeps its queues. What was pulled before is still consumed. */
  suspend(): void {
    this.requireRunning().core.setPaused(true);
  }

  resume(): void {
    const { core, instance } = this.requireRunning();
    core.setPaused(false);
    instance.requestRebalance();
  }

  /** Listener calls at once, from now on. */
  updateCorePoolSize(corePoolSize: number): void {
    if (!Number.isInteger(corePoolSize) || corePoolSize < 1 || corePoolSize > this.consumeThreadMax) {
      throw new ConfigError(`DefaultMQPushConsumer ${this.consumerGroup}`, [
        { key: 'corePoolSize', problem: `${corePoolSize} is no integer within 1..${this.consumeThreadMax} (consumeThreadMax)` },
      ]);
    }
    this.consumeThreadMin = corePoolSize;
    this.running?.core.setConcurrency(corePoolSize);
  }

  async fetchSubscribeMessageQueues(topic: string): Promise<MessageQueue[]> {
    const { instance } = this.requireRunning();
    const route = await instance.routes.find(withNamespace(this.namespace, topic));
    return (route?.subscribeQueues ?? []).map((queue) => queueOnApplicationSide(queue, this.namespace));
  }

  /** Has the broker deliver a message again: after `delayLevel`, 0 for a delay that grows with each attempt, -1 for the dead-letter queue. False: it could not. */
  async sendMessageBack(message: MessageExt, delayLevel: number): Promise<boolean> {
    return this.requireRunning().core.sendMessageBack(message, delayLevel);
  }

  /** Messages with a word of their KEYS, stored between `begin` and `end` (ms); at most `maxNum` of each broker. Throws MessageNotFoundError for none. */
  async queryMessage(topic: string, key: string, maxNum = 32, begin = 0, end: number = Number.MAX_SAFE_INTEGER): Promise<QueryResult> {
    const query = { topic: withNamespace(this.namespace, topic), key, maxNum, begin, end };
    const found = await queryMessage(this.requireRunning().instance, query);
    for (const message of found.messageList) message.topic = withoutNamespace(this.namespace, message.topic);
    return found;
  }

  /** By msgId or offsetMsgId; throws MessageNotFoundError when it is not found. */
  async viewMessage(topic: string, msgId: string): Promise<MessageExt> {
    const message = await viewMessage(this.requireRunning().instance, withNamespace(this.namespace, topic), msgId);
    message.topic = withoutNamespace(this.namespace, message.topic);
    return message;
  }

  private check(): PushListener {
    validateGroupName(this.consumerGroup);
    if (this.consumerGroup === RESERVED_GROUP) {
      throw new IllegalSubscriptionError(`consumerGroup can not equal ${RESERVED_GROUP}, please specify another one.`);
    }
    checkPushConsumerSettings(this);
    if (this.listener === undefined) {
      throw new ConfigError(`DefaultMQPushConsumer ${this.consumerGroup}`, [
        { key: 'messageListener', problem: 'no listener is registered' },
      ]);
    }
    return this.listener;
  }

  /** Traces that were dropped or could not be sent; kept over shutdown, 0 without tracing. */
  get droppedTraces(): number {
    return this.countedTrace?.droppedTraces ?? 0;
  }

  /** The listener between its hooks, the trace last. */
  private observed({ ports }: ClientInstance, listener: PushListener, trace: TraceDispatcher | undefined): PushListener {
    const { clock, random, logger } = ports;
    const hooks = [...this.consumeMessageHooks];
    if (trace !== undefined) {
      const nextRequestId = createUniqueIdGenerator({ clock, random, ip: localAddress(), pid: process.pid });
      const cloud = this.accessChannel === 'CLOUD';
      hooks.push(new ConsumeTraceHook({ dispatcher: trace, clock, namespace: this.namespace, cloud, nextRequestId }));
    }
    const consumeTimeoutMs = this.consumeTimeout * MINUTE_MS;
    return observeListener(listener, { hooks, clock, logger, consumerGroup: this.consumerGroup, consumeTimeoutMs });
  }

  private createCore(instance: ClientInstance, listener: PushListener): PushConsumerCore {
    const consumerGroup = withNamespace(this.namespace, this.consumerGroup);
    const retryTopic = retryTopicOf(consumerGroup);
    const now = instance.ports.clock.now();
    const subscriptions = new Map<string, SubscriptionData>();
    for (const [topic, selector] of this.subscriptions) {
      const data = this.subscriptionOf(topic, selector, now);
      subscriptions.set(data.topic, data);
    }
    if (this.messageModel === 'CLUSTERING') {
      subscriptions.set(retryTopic, buildSubscriptionData(retryTopic, SUBSCRIBE_ALL, 'TAG', now));
    }
    const offsets = offsetStoreOf(this, instance, consumerGroup);
    return new PushConsumerCore({ instance, settings: this, consumerGroup, retryTopic, subscriptions, offsets }, listener);
  }

  private async join(instance: ClientInstance, core: PushConsumerCore): Promise<void> {
    await instance.checkNameServers();
    for (const topic of core.subscribedTopics()) await instance.routes.find(topic);
    const subscriptions = core.context.subscriptions.values();
    await checkFilters({ instance, consumerGroup: core.consumerGroup, namespace: this.namespace, subscriptions });
    instance.registerConsumer(core);
    instance.start();
    core.start();
    await instance.heartbeatToAll();
    instance.requestRebalance();
  }

  private announce({ instance }: Running): void {
    instance.tasks.run('heartbeat', () => instance.heartbeatToAll());
    instance.requestRebalance();
  }

  private subscriptionOf(topic: string, selector: MessageSelector, subVersion: number): SubscriptionData {
    return buildSubscriptionData(withNamespace(this.namespace, topic), selector.expression, selector.type, subVersion);
  }

  private requireRunning(): Running {
    if (this.running === undefined) throw new NotStartedError(`the consumer ${this.consumerGroup}`, this.state);
    return this.running;
  }
}
