// Pulls that found nothing and may wait: per-queue lists, woken by arriving messages, by their deadline or when the broker stops.
// Must never answer itself: a woken pull runs again, once, and answers whatever it then finds [java PullRequestHoldService].
import type { Clock, Logger, Timer, Turn } from 'rocketmq-core/common';
import type { Connection } from 'rocketmq-core/remoting';
import type { QueueRef, TagCodeFilter } from 'rocketmq-core/store';

/** A held pull as the hold sees it. */
export interface HeldPull {
  readonly topic: string;
  readonly queueId: number;
  readonly consumerGroup: string;
  readonly connection: Connection;
  /** The next ordinal the client wants. */
  readonly queueOffset: number;
  /** Clock.monotonic() at which it is answered in any case. */
  readonly deadlineMs: number;
  /** Wakes only for matching messages; undefined = every message. */
  readonly filter: TagCodeFilter | undefined;
  /** For a filter that asks records: looks at those that arrived. Absent: the tag code decides. */
  readonly matchesArrived?: (() => boolean) | undefined;
  /** Runs the pull again, without suspension. */
  wake(): void;
}

export interface HoldLimits {
  maxHeldPulls: number;
  maxHeldPullsPerTopic: number;
  maxHeldPullsPerConnection: number;
}

/** How far a queue reaches now. */
export type MaxOffsetOf = (topic: string, queueId: number) => number;

/** A message that arrived between pull and hold, or without a turn, is found at the latest after this. */
export const HOLD_SCAN_MS = 5_000;
/** Granularity of deadlines; Java's is the scan above. */
export const DEADLINE_SCAN_MS = 500;

interface TopicHolds {
  count: number;
  readonly queues: Map<number, HeldPull[]>;
}

export class PullRequestHold {
  private readonly topics = new Map<string, TopicHolds>();
  private readonly perConnection = new Map<Connection, Set<HeldPull>>();
  private readonly woken: HeldPull[] = [];
  private held = 0;
  private refused = 0;
  private lastFullScanMs = 0;
  private timer: Timer | undefined;
  private leaveTurn: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly turn: Turn,
    private readonly logger: Logger,
    private readonly limits: HoldLimits,
    private readonly maxOffsetOf: MaxOffsetOf,
  ) {}

  start(): void {
    this.leaveTurn = this.turn.join('answer', () => this.runWoken());
    this.lastFullScanMs = this.clock.monotonic();
    this.timer = this.clock.setPeriodic(() => this.scan(), DEADLINE_SCAN_MS);
  }

  /** Answers everything still held and stops the timers. */
  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.wakeAll();
    this.leaveTurn?.();
    this.leaveTurn = undefined;
  }

  /** Keeps a pull. False when a limit is reached: the caller answers at once. */
  hold(pull: HeldPull): boolean {
    const ofConnection = this.perConnection.get(pull.connection);
    const onConnection = ofConnection?.size ?? 0;
    let topic = this.topics.get(pull.topic);
    if (
      this.held >= this.limits.maxHeldPulls ||
      onConnection >= this.limits.maxHeldPullsPerConnection ||
      (topic?.count ?? 0) >= this.limits.maxHeldPullsPerTopic
    ) {
      if (this.refused++ % 1000 === 0) {
        this.logger.warn('long polling hold refused', { topic: pull.topic, held: this.held, onConnection, refused: this.refused });
      }
      return false;
    }
    if (topic === undefined) this.topics.set(pull.topic, (topic = { count: 0, queues: new Map() }));
    const list = topic.queues.get(pull.queueId);
    if (list === undefined) topic.queues.set(pull.queueId, [pull]);
    else list.push(pull);
    topic.count++;
    this.held++;
    if (ofConnection === undefined) this.perConnection.set(pull.connection, new Set([pull]));
    else ofConnection.add(pull);
    return true;
  }

  /** A message became readable. Runs no pull itself: woken ones run in the turn's answer phase, after all of the turn's messages. */
  arrived(queue: QueueRef, tagsCodeHigh: number, tagsCodeLow: number): void {
    if (this.held === 0) return;
    const list = this.topics.get(queue.topic)?.queues.get(queue.queueId);
    if (list === undefined) return;
    const maxOffset = queue.maxOffset;
    this.takeIf(
      queue.topic,
      queue.queueId,
      list,
      (pull) =>
        maxOffset > pull.queueOffset &&
        (pull.filter === undefined || pull.filter.matches(tagsCodeHigh, tagsCodeLow)) &&
        (pull.matchesArrived === undefined || pull.matchesArrived()),
    );
    if (this.woken.length > 0) this.turn.request();
  }

  /** Something about this queue changed that is no message: its pulls run again in the next turn. */
  wakeQueue(topic: string, queueId: number): void {
    const list = this.topics.get(topic)?.queues.get(queueId);
    if (list === undefined) return;
    this.takeIf(topic, queueId, list, () => true);
    this.turn.request();
  }

  /** The connection has gone: its pulls are owed nothing. */
  forget(connection: Connection): void {
    const before = this.woken.length;
    for (const pull of this.perConnection.get(connection) ?? []) {
      const list = this.topics.get(pull.topic)?.queues.get(pull.queueId);
      if (list !== undefined) this.takeIf(pull.topic, pull.queueId, list, (other) => other.connection === connection);
    }
    this.woken.length = before;
  }

  /** Pulls of a group that wait on a queue: nothing that arrived since is for them. */
  waitingPulls(topic: string, queueId: number, consumerGroup: string): number {
    const list = this.topics.get(topic)?.queues.get(queueId) ?? [];
    return list.filter((pull) => pull.consumerGroup === consumerGroup).length;
  }

  get heldPulls(): number {
    return this.held;
  }

  /** Pulls answered SYSTEM_BUSY because a limit was reached. */
  get refusedPulls(): number {
    return this.refused;
  }

  private wakeAll(): void {
    for (const [topic, holds] of this.topics) {
      for (const [queueId, list] of holds.queues) this.takeIf(topic, queueId, list, () => true);
    }
    this.runWoken();
  }

  private scan(): void {
    if (this.held === 0) return;
    const now = this.clock.monotonic();
    const full = now - this.lastFullScanMs >= HOLD_SCAN_MS;
    if (full) this.lastFullScanMs = now;
    for (const [topic, holds] of this.topics) {
      for (const [queueId, list] of holds.queues) {
        const maxOffset = full ? this.maxOffsetOf(topic, queueId) : -1;
        this.takeIf(topic, queueId, list, (pull) => now >= pull.deadlineMs || maxOffset > pull.queueOffset);
      }
    }
    this.runWoken();
  }

  /** Moves the pulls for which `due` holds from the queue's list to the woken ones. */
  private takeIf(topic: string, queueId: number, list: HeldPull[], due: (pull: HeldPull) => boolean): void {
    let kept = 0;
    for (const pull of list) {
      if (due(pull)) this.release(pull);
      else list[kept++] = pull;
    }
    if (kept === list.length) return;
    const holds = this.topics.get(topic)!;
    holds.count -= list.length - kept;
    list.length = kept;
    if (kept === 0) holds.queues.delete(queueId);
    if (holds.count === 0) this.topics.delete(topic);
  }

  private release(pull: HeldPull): void {
    this.woken.push(pull);
    this.held--;
    const ofConnection = this.perConnection.get(pull.connection);
    if (ofConnection?.delete(pull) && ofConnection.size === 0) this.perConnection.delete(pull.connection);
  }

  private runWoken(): void {
    if (this.woken.length === 0) return;
    // A woken pull never suspends again, so the list cannot grow while it runs.
    for (const pull of this.woken.splice(0)) if (!pull.connection.closed) pull.wake();
  }
}
