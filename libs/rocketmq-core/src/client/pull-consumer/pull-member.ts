// A running DefaultMQPullConsumer as its client instance sees it: which queues are its own, which offsets the application set.
// Must never commit an offset the application did not set, nor one of a queue that moved away.
import { type MessageQueue, messageQueueKey, type SubscriptionData } from '../../message/index.js';
import type { ConsumerData } from '../../protocol/index.js';
import type { ConsumerContext } from '../consumer/consumer-context.js';
import { activeRunningInfoOf } from '../consumer/introspection.js';
import type { OffsetStore } from '../consumer/offset-store.js';
import { Rebalancer } from '../consumer/rebalancer.js';
import { SendBack } from '../consumer/send-back.js';
import type { ClientInstance } from '../instance/client-instance.js';
import type { ConsumerIntrospection } from '../instance/client-requests.js';
import type { PullingMember } from './pull-lifecycle.js';
import type { PullConsumerSettings } from './pull-settings.js';

export class PullMember implements PullingMember {
  readonly context: ConsumerContext<PullConsumerSettings>;
  readonly sendBack: SendBack;
  private readonly rebalancer: Rebalancer;
  private readonly startedAt: number;
  private readonly ending = new AbortController();
  /** Set by the application and not known to be committed. */
  private readonly unsaved = new Map<string, { queue: MessageQueue; offset: number }>();
  /** The replica each queue's broker wants to be asked. */
  private readonly replicas = new Map<string, number>();

  constructor(
    context: ConsumerContext<PullConsumerSettings>,
    changed: (topic: string, all: readonly MessageQueue[], mine: readonly MessageQueue[]) => void,
  ) {
    this.context = context;
    this.startedAt = context.instance.ports.clock.now();
    this.sendBack = new SendBack(context);
    this.rebalancer = new Rebalancer({
      context,
      taken: () => {},
      leaving: (queue) => this.unsaved.delete(messageQueueKey(queue)),
      changed,
    });
  }

  get instance(): ClientInstance {
    return this.context.instance;
  }

  get offsets(): OffsetStore {
    return this.context.offsets;
  }

  get consumerGroup(): string {
    return this.context.consumerGroup;
  }

  get subscriptions(): Map<string, SubscriptionData> {
    return this.context.subscriptions;
  }

  /** Aborted when the consumer shuts down. */
  get signal(): AbortSignal {
    return this.ending.signal;
  }

  heartbeatData(): ConsumerData {
    const { settings } = this.context;
    return {
      groupName: this.consumerGroup,
      consumeType: 'CONSUME_ACTIVELY',
      messageModel: settings.messageModel,
      consumeFromWhere: 'CONSUME_FROM_LAST_OFFSET',
      subscriptionDataSet: [...this.subscriptions.values()],
      unitMode: settings.unitMode,
    };
  }

  subscribedTopics(): Iterable<string> {
    return this.subscriptions.keys();
  }

  rebalance(): Promise<boolean> {
    return this.rebalancer.round();
  }

  get introspection(): ConsumerIntrospection {
    return { runningInfo: () => activeRunningInfoOf(this.context, this.startedAt, new Map()) };
  }

  start(): void {}

  queuesInBalance(topic: string): MessageQueue[] {
    return this.rebalancer
      .processQueues()
      .map(({ queue }) => queue)
      .filter((queue) => queue.topic === topic);
  }

  replicaOf(queue: MessageQueue): { readonly queue: MessageQueue; pullFromBrokerId: number } {
    const { replicas } = this;
    const key = messageQueueKey(queue);
    return {
      queue,
      get pullFromBrokerId() {
        return replicas.get(key) ?? 0;
      },
      set pullFromBrokerId(brokerId: number) {
        if (brokerId === 0) replicas.delete(key);
        else replicas.set(key, brokerId);
      },
    };
  }

  updateOffset(queue: MessageQueue, offset: number): void {
    this.unsaved.set(messageQueueKey(queue), { queue, offset });
    this.offsets.set(queue, offset);
  }

  /** Those of its own queues again and again, as every consumer does: a broker that is killed forgets the last ones. */
  async persistOffsets(): Promise<void> {
    const set = [...this.unsaved];
    const unsaved = set.map(([, { queue }]) => queue);
    const kept = this.rebalancer.processQueues().filter(({ queue }) => !this.unsaved.has(messageQueueKey(queue)));
    await this.offsets.persist(kept.map(({ queue }) => queue));
    const failures = await this.offsets.persist(unsaved, { answered: true });
    const failed = new Set(failures.map(({ queue }) => messageQueueKey(queue)));
    for (const [key, entry] of set) if (!failed.has(key) && this.unsaved.get(key) === entry) this.unsaved.delete(key);
  }

  async stop(): Promise<void> {
    this.ending.abort(new Error(`consumer ${this.consumerGroup} was shut down`));
    await this.rebalancer.halt();
    await this.persistOffsets();
    await this.rebalancer.stop();
  }
}
