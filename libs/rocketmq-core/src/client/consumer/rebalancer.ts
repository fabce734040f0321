// Which queues this member of the group works on [java RebalanceImpl, RebalancePushImpl]: gives up what others got, takes what it got.
// Must never take a queue whose start offset is unknown, nor drop all because one question failed.
import { callGuarded, type Logger, reasonOf } from '../../common/index.js';
import { compareMessageQueues, type MessageQueue, messageQueueKey, RETRY_PREFIX } from '../../message/index.js';
import { decodeConsumerList, GET_CONSUMER_LIST_BY_GROUP } from '../../protocol/index.js';
import type { TopicRoute } from '../instance/topic-route.js';
import { sortMembers } from './allocate-strategies.js';
import type { ConsumerContext } from './consumer-context.js';
import { ProcessQueue } from './process-queue.js';
import type { PushConsumerSettings } from './push-consumer-settings.js';
import type { QueueHandover } from './queue-handover.js';
import type { QueueLocks } from './queue-locks.js';

export interface RebalancerParts {
  readonly context: ConsumerContext<Pick<PushConsumerSettings, 'messageModel' | 'allocateMessageQueueStrategy'>>;
  /** Absent: the application itself says where it reads. */
  startOffset?(queue: MessageQueue): Promise<number>;
  /** The queue is ours from now on: pull it. */
  taken(queue: ProcessQueue, offset: number): void;
  /** The queue is no longer ours; last chance to say which of its offsets is to be committed. */
  leaving?(queue: MessageQueue): void;
  /** What this member works on of a topic is not what it was; called when that is done. */
  changed?(topic: string, all: readonly MessageQueue[], mine: readonly MessageQueue[]): void;
  /** What an orderly group does besides; undefined for any other. */
  readonly orderly?: { readonly locks: QueueLocks; readonly handover: QueueHandover } | undefined;
}

interface Fresh {
  readonly queue: ProcessQueue;
  readonly offset: number;
}

/** A queue nobody pulled for so long is taken anew: its loop must have died [java ProcessQueue#PULL_MAX_IDLE_TIME]. */
const PULL_IDLE_MAX_MS = 120_000;
/** The application says where it reads. */
const UNKNOWN_OFFSET = -1;
/** Rounds that look at once for a topic which has no route yet; afterwards it is looked for with every ordinary round. */
const EAGER_ROUNDS = 10;

export class Rebalancer {
  private readonly parts: RebalancerParts;
  private readonly logger: Logger;
  private readonly queues = new Map<string, ProcessQueue>();
  private readonly roundsWithoutRoute = new Map<string, number>();
  private stopped = false;
  private lastRound: Promise<boolean> = Promise.resolve(true);

  constructor(parts: RebalancerParts) {
    this.parts = parts;
    this.logger = parts.context.instance.ports.logger;
  }

  processQueues(): ProcessQueue[] {
    return [...this.queues.values()];
  }

  processQueueOf(queue: MessageQueue): ProcessQueue | undefined {
    return this.queues.get(messageQueueKey(queue));
  }

  /** One round over all topics; resolves to whether every topic could be shared out. Never rejects. */
  round(): Promise<boolean> {
    this.lastRound = this.shareOutAll();
    return this.lastRound;
  }

  /** Gives a queue up: nothing of it counts any more, its offset is committed and forgotten. An orderly one is given up when its listener has ended. */
  async drop(queue: ProcessQueue): Promise<void> {
    queue.drop();
    const key = messageQueueKey(queue.queue);
    if (this.queues.get(key) === queue) this.queues.delete(key);
    if (this.parts.orderly !== undefined) {
      this.parts.orderly.handover.begin(queue);
      return;
    }
    const { offsets } = this.parts.context;
    this.parts.leaving?.(queue.queue);
    await offsets.persist([queue.queue]);
    offsets.forget(queue.queue);
  }

  /** Takes nothing more; resolves when no round is under way. */
  async halt(): Promise<void> {
    this.stopped = true;
    await this.lastRound;
  }

  /** Gives everything up. Offsets are committed by the caller, but for those of an orderly group, which go with the locks. */
  async stop(): Promise<void> {
    this.stopped = true;
    const { orderly } = this.parts;
    for (const queue of this.queues.values()) {
      queue.drop();
      orderly?.handover.begin(queue);
    }
    this.queues.clear();
    await orderly?.handover.close();
  }

  private async shareOutAll(): Promise<boolean> {
    const { context } = this.parts;
    let balanced = true;
    const fresh: Fresh[] = [];
    const changes: Array<() => void> = [];
    for (const topic of context.subscriptions.keys()) {
      try {
        balanced = (await this.shareOut(topic, fresh, changes)) && balanced;
      } catch (error) {
        balanced = false;
        this.logger.warn(`sharing out the queues of topic ${topic} failed: ${reasonOf(error)}`, { consumerGroup: context.consumerGroup });
      }
    }
    await this.dropUnsubscribed();
    if (changes.length > 0 && !this.stopped) await this.announce();
    // A member of its own begins where it began before, even if it is killed now.
    if (context.settings.messageModel === 'BROADCASTING' && fresh.length > 0)
      await context.offsets.persist(fresh.map(({ queue }) => queue.queue));
    for (const { queue, offset } of fresh) if (!queue.dropped) this.parts.taken(queue, offset);
    if (!this.stopped) for (const change of changes) change();
    return balanced;
  }

  /** Resolves to whether the topic could be shared out; what changed is added to `changes`. */
  private async shareOut(topic: string, fresh: Fresh[], changes: Array<() => void>): Promise<boolean> {
    const { context } = this.parts;
    const route = await context.instance.routes.find(topic);
    if (route === undefined) return this.isUsedToAbsence(topic);
    this.roundsWithoutRoute.delete(topic);
    const queues = route.subscribeQueues.toSorted(compareMessageQueues);
    const mine = await this.mineOf(topic, route, queues);
    if (mine === undefined || this.stopped) return false;
    const gaveUp = await this.giveUpOthers(topic, mine);
    const { took, complete } = await this.take(mine, fresh);
    if (gaveUp > 0 || took > 0) {
      this.logger.info(`group ${context.consumerGroup} works on ${mine.length} of ${queues.length} queues of topic ${topic}`, {
        clientId: context.instance.clientId,
        gaveUp,
        took,
      });
      changes.push(() => this.tell(topic, queues, mine));
    }
    return complete;
  }

  private tell(topic: string, all: readonly MessageQueue[], mine: readonly MessageQueue[]): void {
    callGuarded(
      () => this.parts.changed?.(topic, all, mine),
      (error) => this.logger.error(`the listener for the queues of topic ${topic} failed: ${reasonOf(error)}`),
    );
  }

  /** Which of the queues this member shall work on; undefined: not known now. */
  private async mineOf(topic: string, route: TopicRoute, queues: readonly MessageQueue[]): Promise<readonly MessageQueue[] | undefined> {
    const { settings, consumerGroup, instance } = this.parts.context;
    if (settings.messageModel === 'BROADCASTING') return queues;
    const members = await this.membersOf(topic, route);
    return members && settings.allocateMessageQueueStrategy.allocate(consumerGroup, instance.clientId, queues, members);
  }

  /** A topic may be missing for good; its absence must not make every round an urgent one. */
  private isUsedToAbsence(topic: string): boolean {
    const rounds = (this.roundsWithoutRoute.get(topic) ?? 0) + 1;
    this.roundsWithoutRoute.set(topic, rounds);
    if (rounds === 1 && !topic.startsWith(RETRY_PREFIX)) {
      this.logger.warn(`topic ${topic} does not exist yet`, { consumerGroup: this.parts.context.consumerGroup });
    }
    return rounds > EAGER_ROUNDS;
  }

  /** Ids of the group as one broker of the topic sees it; undefined: no answer, or one that does not know us. */
  private async membersOf(topic: string, route: TopicRoute): Promise<string[] | undefined> {
    const { instance, consumerGroup } = this.parts.context;
    const address = instance.brokers.anyOf(route.data.brokerDatas);
    if (address === undefined) return undefined;
    try {
      const { body } = await instance.remoting.call(
        GET_CONSUMER_LIST_BY_GROUP,
        address,
        { consumerGroup },
        { timeoutMs: instance.config.mqClientApiTimeout },
      );
      const members = sortMembers([...new Set(decodeConsumerList(body).consumerIdList)]);
      if (members.includes(instance.clientId)) return members;
      this.logger.warn(`broker ${address} does not know this member of group ${consumerGroup} yet`, { topic });
    } catch (error) {
      this.logger.warn(`the members of group ${consumerGroup} are unknown: ${reasonOf(error)}`, { topic, address });
    }
    await instance.heartbeatToAll();
    return undefined;
  }

  private async giveUpOthers(topic: string, mine: readonly MessageQueue[]): Promise<number> {
    const kept = new Set(mine.map(messageQueueKey));
    const now = this.parts.context.instance.ports.clock.now();
    let gaveUp = 0;
    for (const [key, queue] of this.queues) {
      if (queue.queue.topic !== topic) continue;
      const idle = queue.lastPullTimestamp > 0 && now - queue.lastPullTimestamp > PULL_IDLE_MAX_MS;
      if (kept.has(key) && !idle) continue;
      await this.drop(queue);
      gaveUp++;
    }
    return gaveUp;
  }

  private async take(mine: readonly MessageQueue[], fresh: Fresh[]): Promise<{ took: number; complete: boolean }> {
    const { orderly } = this.parts;
    const wanted = mine.filter((queue) => !this.queues.has(messageQueueKey(queue)));
    const free = wanted.filter((queue) => orderly?.handover.isLeaving(queue) !== true).map((queue) => new ProcessQueue(queue));
    await orderly?.locks.acquire(free);
    const ours = free.filter((queue) => orderly?.locks.isValid(queue) ?? true);
    const took = await Promise.all(ours.map((queue) => this.takeOne(queue, fresh)));
    const count = took.filter(Boolean).length;
    if (ours.length < wanted.length) {
      this.logger.debug(`${wanted.length - ours.length} queues of topic ${wanted[0]!.topic} are still locked by others`, {
        consumerGroup: this.parts.context.consumerGroup,
      });
    }
    return { took: count, complete: count === wanted.length };
  }

  private async takeOne(processQueue: ProcessQueue, fresh: Fresh[]): Promise<boolean> {
    const { context, startOffset, orderly } = this.parts;
    const { queue } = processQueue;
    if (startOffset !== undefined) context.offsets.forget(queue);
    try {
      const offset = (await startOffset?.(queue)) ?? UNKNOWN_OFFSET;
      if (!this.stopped) {
        if (offset !== UNKNOWN_OFFSET) context.offsets.set(queue, offset);
        this.queues.set(messageQueueKey(queue), processQueue);
        fresh.push({ queue: processQueue, offset });
        return true;
      }
    } catch (error) {
      this.logger.warn(`queue ${queue.brokerName}/${queue.queueId} of ${queue.topic} cannot be taken yet: ${reasonOf(error)}`, {
        consumerGroup: context.consumerGroup,
      });
    }
    await orderly?.locks.release([processQueue]);
    return false;
  }

  /** Topics unsubscribed meanwhile. */
  private async dropUnsubscribed(): Promise<void> {
    for (const queue of this.queues.values()) if (!this.parts.context.subscriptions.has(queue.queue.topic)) await this.drop(queue);
  }

  /** Brokers must know the newest subscription version before they are asked with it. */
  private async announce(): Promise<void> {
    const { instance, subscriptions } = this.parts.context;
    const now = instance.ports.clock.now();
    for (const subscription of subscriptions.values()) subscription.subVersion = Math.max(now, subscription.subVersion + 1);
    await instance.heartbeatToAll();
  }
}
