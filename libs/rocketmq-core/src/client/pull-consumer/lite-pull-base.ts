// What a lite pull consumer reads, and its life [java LitePullConsumer]: topics subscribed to, or queues assigned, but never both.
import { callGuarded, reasonOf } from '../../common/index.js';
import { ConfigError, IllegalSubscriptionError, NoRouteError, NotStartedError } from '../../errors/index.js';
import {
  buildSubscriptionData,
  type MessageQueue,
  messageQueueText,
  retryTopicOf,
  SUBSCRIBE_ALL,
  type SubscriptionData,
  validateTopicName,
} from '../../message/index.js';
import { queueOnApplicationSide, queueOnBrokerSide } from '../consumer/message-sides.js';
import { MessageSelector, selectorOf } from '../consumer/message-selector.js';
import { offsetStoreOf } from '../consumer/offset-store-of.js';
import type { ClientInstance } from '../instance/client-instance.js';
import { withNamespace, withoutNamespace } from '../namespace.js';
import { LitePullMember } from './lite-pull-member.js';
import { PollTrace } from './poll-trace.js';
import { PullLifecycle } from './pull-lifecycle.js';
import { checkLitePullSettings, LitePullConsumerSettings } from './pull-settings.js';
import type { MessageQueueListener, TopicMessageQueueChangeListener } from './queue-change-listener.js';

type Mode = 'subscribe' | 'assign';

export abstract class LitePullBase extends LitePullConsumerSettings {
  protected readonly lifecycle = new PullLifecycle<LitePullMember>('lite pull consumer');
  private mode: Mode | undefined;
  /** By topic as the application writes it, as all here. */
  private readonly subscriptions = new Map<string, MessageSelector>();
  private readonly subscriptionListeners = new Map<string, MessageQueueListener>();
  private readonly topicListeners = new Map<string, TopicMessageQueueChangeListener>();
  /** By topic as brokers know it. */
  private readonly assignExpressions = new Map<string, string>();
  private assigned: readonly MessageQueue[] = [];
  private listener: MessageQueueListener | undefined;
  protected trace: PollTrace | undefined;
  /** Whose drops are read: the one at work, or the last one. */
  private countedTrace: PollTrace | undefined;

  /** Checks everything, finds the topics, joins the group. Throws when no name server answers; it may then be started again. */
  async start(): Promise<void> {
    this.lifecycle.requireNew(this.consumerGroup);
    checkLitePullSettings(this);
    const trace = await PollTrace.start(this);
    try {
      await this.lifecycle.start(this, (instance) => this.createMember(instance));
    } catch (error) {
      await trace?.shutdown();
      throw error;
    }
    this.trace = trace;
    this.countedTrace = trace;
    // shutdown() may have been called meanwhile.
    if (!this.lifecycle.isRunning) await this.endTrace();
    // What was registered or assigned while it started is taken over too.
    if (this.lifecycle.member !== undefined) this.takeOver(this.lifecycle.member);
  }

  /**
   * Ends pulls; calls of poll() that wait get nothing. With autoCommit it commits what poll() gave before its last call. Then it leaves the
   * group and closes. Shutting down again does nothing.
   */
  async shutdown(): Promise<void> {
    await this.lifecycle.shutdown();
    await this.endTrace();
  }

  private async endTrace(): Promise<void> {
    const { trace } = this;
    this.trace = undefined;
    await trace?.shutdown();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** `ip@instance` as brokers know this member; undefined unless running. */
  get clientId(): string | undefined {
    return this.lifecycle.member?.instance.clientId;
  }

  /** Traces that were dropped or could not be sent; kept over shutdown, 0 without tracing. */
  get droppedTraces(): number {
    return this.countedTrace?.droppedTraces ?? 0;
  }

  isRunning(): boolean {
    return this.lifecycle.isRunning;
  }

  /**
   * The queues of the topic are shared out among the members of the group. `TagA || TagB`, `*` or a MessageSelector; also while running. The
   * listener is told of the queues of this topic.
   */
  subscribe(topic: string, selector: string | MessageSelector = SUBSCRIBE_ALL, listener?: MessageQueueListener): void {
    validateTopicName(topic);
    const chosen = selectorOf(selector);
    const data = this.subscriptionOf(topic, chosen, 0);
    this.enter('subscribe');
    this.subscriptions.set(topic, chosen);
    if (listener !== undefined) this.subscriptionListeners.set(topic, listener);
    const { member } = this.lifecycle;
    if (member === undefined) return;
    member.subscriptions.set(data.topic, { ...data, subVersion: member.instance.ports.clock.now() });
    this.announce(member);
  }

  /** Its queues are given up at once; what was pulled of them and not polled is not given any more. */
  unsubscribe(topic: string): void {
    this.subscriptions.delete(topic);
    this.subscriptionListeners.delete(topic);
    const { member } = this.lifecycle;
    if (member === undefined) return;
    member.unsubscribe(withNamespace(this.namespace, topic));
    this.announce(member);
  }

  /** From now on exactly these queues, whoever else reads them. Replaces the ones of before. */
  assign(queues: Iterable<MessageQueue>): void {
    const wanted = [...queues];
    if (wanted.length === 0) throw new IllegalSubscriptionError('Message queues can not be null or empty.');
    for (const queue of wanted) checkQueue(queue);
    this.enter('assign');
    this.assigned = wanted;
    this.lifecycle.member?.assign(wanted.map((queue) => this.onBrokerSide(queue)));
  }

  /** Tags wanted of a topic whose queues are assigned; before start. */
  setSubExpressionForAssign(topic: string, expression: string): void {
    validateTopicName(topic);
    if (expression.trim() === '') throw new IllegalSubscriptionError('subExpression can not be null or empty.');
    if (this.lifecycle.isRunning) throw new NotStartedError('setSubExpressionForAssign', 'only possible before start');
    const data = this.subscriptionOf(topic, MessageSelector.byTag(expression), 0);
    this.enter('assign');
    this.assignExpressions.set(data.topic, expression);
  }

  /** Told whenever the queues of this member change. */
  setMessageQueueListener(listener: MessageQueueListener | undefined): void {
    this.listener = listener;
  }

  /** Told when the topic itself has other queues than before; looked for every topicMetadataCheckIntervalMillis. One listener per topic. */
  registerTopicMessageQueueChangeListener(topic: string, listener: TopicMessageQueueChangeListener): void {
    validateTopicName(topic);
    this.topicListeners.set(topic, listener);
    if (this.lifecycle.member !== undefined) this.watch(this.lifecycle.member, topic, listener);
  }

  /** All queues of a topic; throws NoRouteError for a topic no name server knows. */
  async fetchMessageQueues(topic: string): Promise<MessageQueue[]> {
    const { instance } = this.requireMember();
    const route = await instance.routes.find(withNamespace(this.namespace, topic));
    if (route === undefined) throw new NoRouteError(topic, 'no name server knows it');
    return this.onApplicationSide(route.subscribeQueues);
  }

  /** Queues that are this member's at present. */
  assignment(): MessageQueue[] {
    return this.onApplicationSide(
      this.requireMember()
        .assignedQueues()
        .map(({ queue }) => queue),
    );
  }

  protected requireMember(): LitePullMember {
    return this.lifecycle.require(this.consumerGroup);
  }

  /** Throws when nothing was subscribed or assigned: poll() could wait for ever. */
  protected requireMode(): void {
    if (this.mode !== undefined) return;
    throw new IllegalSubscriptionError(`group ${this.consumerGroup} reads nothing: call subscribe() or assign() first`);
  }

  protected onBrokerSide(queue: MessageQueue): MessageQueue {
    return queueOnBrokerSide(queue, this.namespace);
  }

  private onApplicationSide(queues: readonly MessageQueue[]): MessageQueue[] {
    return queues.map((queue) => queueOnApplicationSide(queue, this.namespace));
  }

  private enter(mode: Mode): void {
    if (this.mode !== undefined && this.mode !== mode) {
      throw new IllegalSubscriptionError(
        `Subscribe and assign are mutually exclusive: group ${this.consumerGroup} already uses ${this.mode}()`,
      );
    }
    this.mode = mode;
  }

  private announce({ instance }: LitePullMember): void {
    instance.tasks.run('heartbeat', () => instance.heartbeatToAll());
    instance.requestRebalance();
  }

  private watch(member: LitePullMember, topic: string, listener: TopicMessageQueueChangeListener): void {
    member.topicWatch.add(withNamespace(this.namespace, topic), (queues) => listener(topic, this.onApplicationSide(queues)));
  }

  private takeOver(member: LitePullMember): void {
    for (const [topic, listener] of this.topicListeners) this.watch(member, topic, listener);
    if (this.mode === 'assign' && this.assigned.length > 0) member.assign(this.assigned.map((queue) => this.onBrokerSide(queue)));
    for (const [topic, selector] of this.subscriptions) {
      if (!member.subscriptions.has(withNamespace(this.namespace, topic))) this.subscribe(topic, selector);
    }
  }

  private subscriptionOf(topic: string, selector: MessageSelector, subVersion: number): SubscriptionData {
    return buildSubscriptionData(withNamespace(this.namespace, topic), selector.expression, selector.type, subVersion);
  }

  private createMember(instance: ClientInstance): LitePullMember {
    const consumerGroup = withNamespace(this.namespace, this.consumerGroup);
    const now = instance.ports.clock.now();
    const data = [...this.subscriptions].map(([topic, selector]) => this.subscriptionOf(topic, selector, now));
    const subscriptions = new Map(data.map((each) => [each.topic, each]));
    const offsets = offsetStoreOf(this, instance, consumerGroup);
    const retryTopic = retryTopicOf(consumerGroup);
    return new LitePullMember({
      context: { instance, settings: this, consumerGroup, retryTopic, subscriptions, offsets },
      assignExpressions: this.assignExpressions,
      changed: (onWire, all, mine) => {
        const topic = withoutNamespace(this.namespace, onWire);
        const told: [string, MessageQueue[], MessageQueue[]] = [topic, this.onApplicationSide(all), this.onApplicationSide(mine)];
        for (const listener of [this.subscriptionListeners.get(topic), this.listener]) {
          callGuarded(
            () => listener?.(...told),
            (error) => instance.ports.logger.error(`the listener for the queues of topic ${topic} failed: ${reasonOf(error)}`),
          );
        }
      },
    });
  }
}

function checkQueue(queue: MessageQueue): void {
  validateTopicName(queue.topic);
  if (queue.brokerName !== '' && Number.isInteger(queue.queueId) && queue.queueId >= 0) return;
  throw new ConfigError('assign', [{ key: 'queues', problem: `${messageQueueText(queue)} is no queue` }]);
}
