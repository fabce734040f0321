// Requests of POP consumers that found nothing and may wait, by topic, group and queue: woken one at a time, the one whose time is over
// first, by a message of the topic or of the group's retry topic, or when a queue opens [java PopLongPollingService]. Must never answer
// itself: a woken request looks again, and may come back.
import type { Clock, Logger, Timer, Turn } from 'rocketmq-core/common';
import { popRetryTopicOf } from 'rocketmq-core/message';
import type { Connection } from 'rocketmq-core/remoting';
import type { QueueRef, TagCodeFilter } from 'rocketmq-core/store';

export interface PopWait {
  readonly topic: string;
  readonly group: string;
  /** -1: any queue. */
  readonly queueId: number;
  readonly connection: Connection;
  /** Clock.monotonic() from which it is answered in any case. */
  readonly deadlineMs: number;
  /** Wakes only for matching messages; undefined = every message. */
  readonly filter: TagCodeFilter | undefined;
  /** Looks again; at the deadline it answers whatever it finds. */
  wake(): void;
}

/** Apache's names: waiting requests of one queue and group, of the broker, and how many queues and groups may have some. */
export interface PopWaitLimits {
  readonly popPollingSize: number;
  readonly maxPopPollingSize: number;
  readonly popPollingMapSize: number;
}

/** Granularity of deadlines. */
export const DEADLINE_SCAN_MS = 50;
/** So much before its time is over a request is answered: the answer travels too. */
export const EARLY_MS = 50;
export const ANY_QUEUE = -1;

interface GroupWaits {
  readonly topic: string;
  readonly group: string;
  /** queueId -> requests, the one with the nearest deadline first. */
  readonly queues: Map<number, PopWait[]>;
}

export class PopWaits {
  private readonly topics = new Map<string, Map<string, GroupWaits>>();
  /** Both retry topics of each group that waits. */
  private readonly retryTopics = new Map<string, GroupWaits>();
  private readonly perConnection = new Map<Connection, Set<PopWait>>();
  private readonly woken: PopWait[] = [];
  /** Lists that gave a request in this turn: what it leaves, it passes on. */
  private readonly given = new Set<PopWait[]>();
  private lists = 0;
  private held = 0;
  private refused = 0;
  private timer: Timer | undefined;
  private leaveTurn: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly turn: Turn,
    private readonly logger: Logger,
    private readonly limits: PopWaitLimits,
  ) {}

  start(): void {
    this.leaveTurn = this.turn.join('answer', () => this.runWoken());
    this.timer = this.clock.setPeriodic(() => this.scan(), DEADLINE_SCAN_MS);
  }

  /** Wakes everything that waits, for the last time. */
  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.leaveTurn?.();
    this.leaveTurn = undefined;
    for (const wait of [...this.perConnection.values()].flatMap((waits) => [...waits])) this.take(wait);
    this.runWoken();
  }

  get running(): boolean {
    return this.timer !== undefined;
  }

  isOver(wait: { readonly deadlineMs: number }): boolean {
    return !this.running || this.clock.monotonic() > wait.deadlineMs - EARLY_MS;
  }

  /** FULL: a limit is reached. OVER: its time is over already. */
  hold(wait: PopWait): 'HELD' | 'FULL' | 'OVER' {
    if (this.held >= this.limits.maxPopPollingSize) return this.full(wait);
    if (this.isOver(wait)) return 'OVER';
    const waits = this.listFor(wait);
    if (waits === undefined || waits.length >= this.limits.popPollingSize) return this.full(wait);
    const later = waits.findIndex(({ deadlineMs }) => deadlineMs > wait.deadlineMs);
    waits.splice(later < 0 ? waits.length : later, 0, wait);
    this.held++;
    const ofConnection = this.perConnection.get(wait.connection);
    if (ofConnection === undefined) this.perConnection.set(wait.connection, new Set([wait]));
    else ofConnection.add(wait);
    return 'HELD';
  }

  /** A message became readable. */
  arrived(queue: QueueRef, tagsCodeHigh: number, tagsCodeLow: number): void {
    if (this.held === 0) return;
    const matches = ({ filter }: PopWait): boolean => filter === undefined || filter.matches(tagsCodeHigh, tagsCodeLow);
    for (const group of this.topics.get(queue.topic)?.values() ?? []) {
      this.wakeOne(group.queues.get(ANY_QUEUE), matches);
      this.wakeOne(group.queues.get(queue.queueId), matches);
    }
    this.wakeForRetry(queue.topic, matches);
  }

  /** A queue gives out messages again, or has more than one request could take. */
  wakeQueue(topic: string, group: string, queueId: number): void {
    const queues = this.topics.get(topic)?.get(group)?.queues;
    this.wakeOne(queues?.get(ANY_QUEUE), everyone);
    if (queueId !== ANY_QUEUE) this.wakeOne(queues?.get(queueId), everyone);
    this.wakeForRetry(topic, everyone);
  }

  /** The connection has gone: its requests are owed nothing. */
  forget(connection: Connection): void {
    for (const wait of this.perConnection.get(connection) ?? []) this.remove(wait);
  }

  /** Requests that wait for this very queue (or, with -1, for any). */
  waiting(topic: string, group: string, queueId: number): number {
    return this.topics.get(topic)?.get(group)?.queues.get(queueId)?.length ?? 0;
  }

  get heldRequests(): number {
    return this.held;
  }

  private full({ topic, group }: PopWait): 'FULL' {
    if (this.refused++ % 1000 === 0)
      this.logger.warn('POP requests may not wait', { topic, group, held: this.held, refused: this.refused });
    return 'FULL';
  }

  private listFor({ topic, group, queueId }: PopWait): PopWait[] | undefined {
    let groups = this.topics.get(topic);
    const known = groups?.get(group)?.queues.get(queueId);
    if (known !== undefined) return known;
    if (this.lists >= this.limits.popPollingMapSize) return undefined;
    if (groups === undefined) this.topics.set(topic, (groups = new Map()));
    let waits = groups.get(group);
    if (waits === undefined) {
      groups.set(group, (waits = { topic, group, queues: new Map() }));
      for (const v2 of [false, true]) this.retryTopics.set(popRetryTopicOf(topic, group, v2), waits);
    }
    const list: PopWait[] = [];
    waits.queues.set(queueId, list);
    this.lists++;
    return list;
  }

  /** Any request of a group looks into the group's retry topic. */
  private wakeForRetry(topic: string, matches: (wait: PopWait) => boolean): void {
    const retried = this.retryTopics.get(topic);
    if (retried !== undefined) this.wakeOne(retried.queues.get(ANY_QUEUE) ?? firstOf(retried.queues), matches);
  }

  private wakeOne(list: PopWait[] | undefined, matches: (wait: PopWait) => boolean): void {
    if (list === undefined || this.given.has(list)) return;
    const wait = list.find((other) => !other.connection.closed && matches(other));
    if (wait === undefined) return;
    this.given.add(list);
    this.take(wait);
    this.turn.request();
  }

  private take(wait: PopWait): void {
    this.remove(wait);
    this.woken.push(wait);
  }

  private remove(wait: PopWait): void {
    const groups = this.topics.get(wait.topic);
    const waits = groups?.get(wait.group);
    const list = waits?.queues.get(wait.queueId);
    const at = list?.indexOf(wait) ?? -1;
    if (groups === undefined || waits === undefined || list === undefined || at < 0) return;
    list.splice(at, 1);
    this.held--;
    const ofConnection = this.perConnection.get(wait.connection);
    if (ofConnection?.delete(wait) && ofConnection.size === 0) this.perConnection.delete(wait.connection);
    if (list.length > 0) return;
    waits.queues.delete(wait.queueId);
    this.lists--;
    if (waits.queues.size > 0) return;
    groups.delete(wait.group);
    if (groups.size === 0) this.topics.delete(wait.topic);
    for (const v2 of [false, true]) this.retryTopics.delete(popRetryTopicOf(wait.topic, wait.group, v2));
  }

  private scan(): void {
    if (this.held === 0) return;
    for (const groups of this.topics.values()) {
      for (const { queues } of groups.values()) {
        for (const list of queues.values()) {
          for (let first = list[0]; first !== undefined && this.isOver(first); first = list[0]) this.take(first);
        }
      }
    }
    this.runWoken();
  }

  private runWoken(): void {
    this.given.clear();
    if (this.woken.length === 0) return;
    for (const wait of this.woken.splice(0)) {
      // What it was woken for is somebody else's now.
      if (wait.connection.closed) this.wakeQueue(wait.topic, wait.group, wait.queueId);
      else wait.wake();
    }
  }
}

const everyone = (): boolean => true;

function firstOf(queues: ReadonlyMap<number, PopWait[]>): PopWait[] | undefined {
  return queues.values().next().value;
}
