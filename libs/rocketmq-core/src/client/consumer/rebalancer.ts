// Which queues this member of the group works on [java RebalanceImpl, RebalancePushImpl]: gives up what others got, takes what it got.
// Must never take a queue whose start offset is unknown, nor drop all because one question failed.
import type { Logger } from '../../common/index.js';
import { compareMessageQueues, type MessageQueue, messageQueueKey, RETRY_PREFIX } from '../../message/index.js';
import { decodeConsumerList, GET_CONSUMER_LIST_BY_GROUP } from '../../protocol/index.js';
import type { TopicRoute } from '../instance/topic-route.js';
import { sortMembers } from './allocate-strategies.js';
import { type ConsumerContext, textOf } from './consumer-context.js';
import { ProcessQueue } from './process-queue.js';

export interface RebalancerParts {
  readonly context: ConsumerContext;
  startOffset(queue: MessageQueue): Promise<number>;
  /** The queue is ours from now on: pull it. */
  taken(queue: ProcessQueue, offset: number): void;
}

/** A queue nobody pulled for so long is taken anew: its loop must have died [java ProcessQueue#PULL_MAX_IDLE_TIME]. */
const PULL_IDLE_MAX_MS = 120_000;
/** Rounds that look at once for a topic which has no route yet; afterwards it is looked for with every ordinary round. */
const EAGER_ROUNDS = 10;

export class Rebalancer {
  private readonly parts: RebalancerParts;
  private readonly logger: Logger;
  private readonly queues = new Map<string, ProcessQueue>();
  private readonly roundsWithoutRoute = new Map<string, number>();
  private stopped = false;

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
  async round(): Promise<boolean> {
    const { context } = this.parts;
    let balanced = true;
    const fresh: Array<{ queue: ProcessQueue; offset: number }> = [];
    let changed = false;
    for (const topic of context.subscriptions.keys()) {
      try {
        const result = await this.shareOut(topic, fresh);
        balanced &&= result.complete;
        changed ||= result.changed;
      } catch (error) {
        balanced = false;
        this.logger.warn(`sharing out the queues of topic ${topic} failed: ${textOf(error)}`, { consumerGroup: context.consumerGroup });
      }
    }
    await this.dropUnsubscribed();
    if (changed && !this.stopped) await this.announce();
    for (const { queue, offset } of fresh) if (!queue.dropped) this.parts.taken(queue, offset);
    return balanced;
  }

  /** Gives a queue up: nothing of it counts any more, its offset is committed and forgotten. */
  async drop(queue: ProcessQueue): Promise<void> {
    queue.drop();
    const key = messageQueueKey(queue.queue);
    if (this.queues.get(key) === queue) this.queues.delete(key);
    const { offsets } = this.parts.context;
    await offsets.persist([queue.queue]);
    offsets.forget(queue.queue);
  }

  /** Gives everything up without committing: the caller has committed. */
  stop(): void {
    this.stopped = true;
    for (const queue of this.queues.values()) queue.drop();
    this.queues.clear();
  }

  private async shareOut(
    topic: string,
    fresh: Array<{ queue: ProcessQueue; offset: number }>,
  ): Promise<{ complete: boolean; changed: boolean }> {
    const { context } = this.parts;
    const route = await context.instance.routes.find(topic);
    if (route === undefined) return { complete: this.isUsedToAbsence(topic), changed: false };
    this.roundsWithoutRoute.delete(topic);
    const members = await this.membersOf(topic, route);
    if (members === undefined || this.stopped) return { complete: false, changed: false };
    const queues = route.subscribeQueues.toSorted(compareMessageQueues);
    const strategy = context.settings.allocateMessageQueueStrategy;
    const mine = strategy.allocate(context.consumerGroup, context.instance.clientId, queues, members);
    const gaveUp = await this.giveUpOthers(topic, mine);
    const { took, complete } = await this.take(mine, fresh);
    if (gaveUp > 0 || took > 0) {
      this.logger.info(`group ${context.consumerGroup} works on ${mine.length} of ${queues.length} queues of topic ${topic}`, {
        clientId: context.instance.clientId,
        members: members.length,
        gaveUp,
        took,
      });
    }
    return { complete, changed: gaveUp > 0 || took > 0 };
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
      this.logger.warn(`the members of group ${consumerGroup} are unknown: ${textOf(error)}`, { topic, address });
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

  private async take(
    mine: readonly MessageQueue[],
    fresh: Array<{ queue: ProcessQueue; offset: number }>,
  ): Promise<{ took: number; complete: boolean }> {
    const { context, startOffset } = this.parts;
    let took = 0;
    let complete = true;
    const takeOne = async (queue: MessageQueue): Promise<void> => {
      const key = messageQueueKey(queue);
      if (this.queues.has(key)) return;
      context.offsets.forget(queue);
      try {
        const offset = await startOffset(queue);
        if (this.stopped) return;
        context.offsets.set(queue, offset);
        const processQueue = new ProcessQueue(queue);
        this.queues.set(key, processQueue);
        fresh.push({ queue: processQueue, offset });
        took++;
      } catch (error) {
        complete = false;
        this.logger.warn(`queue ${queue.brokerName}/${queue.queueId} of ${queue.topic} cannot be taken yet: ${textOf(error)}`, {
          consumerGroup: context.consumerGroup,
        });
      }
    };
    await Promise.all(mine.map(takeOne));
    return { took, complete };
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
