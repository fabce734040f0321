// The pull consumer users hold [java DefaultMQPullConsumer]: the application says what to pull from where, and which offsets to keep.
// Must never move an offset by itself.
import { ConfigError, IllegalOffsetError, NoRouteError } from '../../errors/index.js';
import {
  buildSubscriptionData,
  type MessageExt,
  type MessageQueue,
  messageQueueText,
  retryTopicOf,
  type SubscriptionData,
  validateTopicName,
} from '../../message/index.js';
import { applySettings } from '../client-config.js';
import { queueOnApplicationSide } from '../consumer/message-sides.js';
import { type MessageSelector, selectorOf } from '../consumer/message-selector.js';
import { offsetStoreOf } from '../consumer/offset-store-of.js';
import type { ClientInstance } from '../instance/client-instance.js';
import { withNamespace, withoutNamespace } from '../namespace.js';
import { PullConsumerBase } from './pull-consumer-base.js';
import { pullFrom } from './pull-kernel.js';
import { PullMember } from './pull-member.js';
import type { PullResult } from './pull-result.js';
import { checkPullSettings, type PullConsumerOptions } from './pull-settings.js';
import type { MessageQueueListener } from './queue-change-listener.js';

export interface PullOptions {
  /** How long the answer is waited for, ms. */
  timeout?: number | undefined;
  /** Ends the wait; the pull rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export class DefaultMQPullConsumer extends PullConsumerBase {
  private readonly listeners = new Map<string, MessageQueueListener>();

  constructor(options: PullConsumerOptions);
  constructor(consumerGroup: string, options?: PullConsumerOptions);
  constructor(first: string | PullConsumerOptions, options: PullConsumerOptions = {}) {
    super();
    applySettings(this, typeof first === 'string' ? { ...options, consumerGroup: first } : first, 'DefaultMQPullConsumer');
    this.registerTopics = [...this.registerTopics];
  }

  async start(): Promise<void> {
    this.lifecycle.requireNew(this.consumerGroup);
    checkPullSettings(this);
    for (const topic of this.registerTopics) validateTopicName(topic);
    await this.lifecycle.start(this, (instance) => this.createMember(instance));
  }

  /** The queues of the topic are shared out among the members of the group; the listener, if any, is told which are this member's. */
  registerMessageQueueListener(topic: string, listener?: MessageQueueListener): void {
    validateTopicName(topic);
    this.registerTopics = [...new Set([...this.registerTopics, topic])];
    if (listener !== undefined) this.listeners.set(topic, listener);
    const { member } = this.lifecycle;
    if (member !== undefined) this.subscribe(member, withNamespace(this.namespace, topic));
  }

  /** At once, whatever there is: up to `maxNums` messages from `offset` on. `selector`: `TagA || TagB`, `*` or a MessageSelector. */
  async pull(
    queue: MessageQueue,
    selector: string | MessageSelector | undefined,
    offset: number,
    maxNums: number,
    options: number | PullOptions = {},
  ): Promise<PullResult> {
    const { timeout = this.consumerPullTimeoutMillis, signal } = typeof options === 'number' ? { timeout: options } : options;
    return this.pullWith(queue, selector, { offset, maxNums, suspendMs: undefined, timeoutMs: timeout, signal });
  }

  /** As pull, but the broker holds it until there is a message, for at most brokerSuspendMaxTimeMillis. */
  async pullBlockIfNotFound(
    queue: MessageQueue,
    selector: string | MessageSelector | undefined,
    offset: number,
    maxNums: number,
    { signal }: Pick<PullOptions, 'signal'> = {},
  ): Promise<PullResult> {
    const { brokerSuspendMaxTimeMillis: suspendMs, consumerTimeoutMillisWhenSuspend: timeoutMs } = this;
    return this.pullWith(queue, selector, { offset, maxNums, suspendMs, timeoutMs, signal });
  }

  /** All queues of a topic; throws NoRouteError for a topic no name server knows. */
  async fetchSubscribeMessageQueues(topic: string): Promise<MessageQueue[]> {
    const { instance } = this.requireMember();
    const route = await instance.routes.find(withNamespace(this.namespace, topic));
    if (route === undefined) throw new NoRouteError(topic, 'no name server knows it');
    return route.subscribeQueues.map((queue) => queueOnApplicationSide(queue, this.namespace));
  }

  /** Queues of the topic that are this member's at present. */
  async fetchMessageQueuesInBalance(topic: string): Promise<MessageQueue[]> {
    const queues = this.requireMember().queuesInBalance(withNamespace(this.namespace, topic));
    return queues.map((queue) => queueOnApplicationSide(queue, this.namespace));
  }

  /** The group's offset, -1 when it has none: the one set here, unless `fromStore`, else the one that is kept. Rejects when that cannot be said. */
  async fetchConsumeOffset(queue: MessageQueue, fromStore: boolean): Promise<number> {
    const { offsets } = this.requireMember();
    const wanted = this.onBrokerSide(queue);
    return (fromStore ? undefined : offsets.get(wanted)) ?? (await offsets.fetch(wanted)) ?? -1;
  }

  /** Sets the group's offset: the next message to be consumed. It is committed every 5 s, at shutdown, and by persistConsumerOffset(). */
  async updateConsumeOffset(queue: MessageQueue, offset: number): Promise<void> {
    checkOffset(queue, offset);
    this.requireMember().updateOffset(this.onBrokerSide(queue), offset);
  }

  /** Commits now what was set; a broker that does not answer is logged and told again later. */
  async persistConsumerOffset(): Promise<void> {
    await this.requireMember().persistOffsets();
  }

  /** Has the broker put a message into the group's retry topic: after `delayLevel`, 0 for a delay that grows with each attempt, -1 for the dead-letter queue. False: it could not. */
  async sendMessageBack(message: MessageExt, delayLevel: number): Promise<boolean> {
    return this.requireMember().sendBack.send(message, delayLevel);
  }

  private async pullWith(
    queue: MessageQueue,
    selector: string | MessageSelector | undefined,
    wish: { offset: number; maxNums: number; suspendMs: number | undefined; timeoutMs: number; signal: AbortSignal | undefined },
  ): Promise<PullResult> {
    const member = this.requireMember();
    checkOffset(queue, wish.offset);
    checkCounts(queue, wish);
    const wanted = this.onBrokerSide(queue);
    const subscription = this.subscriptionOf(wanted.topic, selector, member.instance.ports.clock.now());
    this.subscribe(member, wanted.topic);
    const signal = wish.signal === undefined ? member.signal : AbortSignal.any([member.signal, wish.signal]);
    const order = { ...wish, consumerGroup: member.consumerGroup, subscription, isLite: false, signal };
    const { status, messages, unreadable, ...offsets } = await pullFrom(member.instance, member.replicaOf(wanted), order);
    const msgFoundList = [...messages, ...unreadable].toSorted((a, b) => a.queueOffset - b.queueOffset);
    for (const message of msgFoundList) message.topic = withoutNamespace(this.namespace, message.topic);
    return { pullStatus: status, ...offsets, msgFoundList };
  }

  /** Brokers and administrators see which topics the group reads [java DefaultMQPullConsumerImpl#subscriptionAutomatically]. */
  private subscribe(member: PullMember, topic: string): void {
    if (member.subscriptions.has(topic)) return;
    const { instance } = member;
    member.subscriptions.set(topic, this.subscriptionOf(topic, undefined, instance.ports.clock.now()));
    instance.tasks.run('heartbeat', () => instance.heartbeatToAll());
    instance.requestRebalance();
  }

  private subscriptionOf(topic: string, selector: string | MessageSelector | undefined, subVersion: number): SubscriptionData {
    const { expression, type } = selectorOf(selector);
    return buildSubscriptionData(topic, expression, type, subVersion);
  }

  private createMember(instance: ClientInstance): PullMember {
    const consumerGroup = withNamespace(this.namespace, this.consumerGroup);
    const now = instance.ports.clock.now();
    const topics = [...this.registerTopics].map((topic) => withNamespace(this.namespace, topic));
    const subscriptions = new Map(topics.map((topic) => [topic, this.subscriptionOf(topic, undefined, now)]));
    const offsets = offsetStoreOf(this, instance, consumerGroup);
    const retryTopic = retryTopicOf(consumerGroup);
    const outside = (queues: readonly MessageQueue[]): MessageQueue[] =>
      queues.map((queue) => queueOnApplicationSide(queue, this.namespace));
    return new PullMember({ instance, settings: this, consumerGroup, retryTopic, subscriptions, offsets }, (onWire, all, mine) => {
      const topic = withoutNamespace(this.namespace, onWire);
      this.listeners.get(topic)?.(topic, outside(all), outside(mine));
    });
  }
}

function checkOffset(queue: MessageQueue, offset: number): void {
  if (Number.isSafeInteger(offset) && offset >= 0) return;
  throw new IllegalOffsetError(`${messageQueueText(queue)}: ${offset} is no offset`, { offset });
}

function checkCounts(queue: MessageQueue, { maxNums, timeoutMs }: { maxNums: number; timeoutMs: number }): void {
  const problems = Object.entries({ maxNums, timeout: timeoutMs })
    .filter(([, value]) => !Number.isInteger(value) || value < 1)
    .map(([key, value]) => ({ key, problem: `${value} is no integer above 0` }));
  if (problems.length > 0) throw new ConfigError(`pull of ${messageQueueText(queue)}`, problems);
}
