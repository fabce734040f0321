// Which queues this member of an orderly group holds the broker's lock of, and until when it may rely on that [java RebalanceImpl#lock, #lockAll, #unlock].
// Must never count a lock from its answer: only from when it was asked for, by monotonic time. What the broker grants later ends later.
import { type Clock, type Logger, reasonOf, sleep, type Timer } from '../../common/index.js';
import { type MessageQueue, messageQueueKey, messageQueueText } from '../../message/index.js';
import { BackgroundTasks } from '../background-tasks.js';
import type { ProcessQueue } from './process-queue.js';

/** Locks are renewed so often [java ProcessQueue#REBALANCE_LOCK_INTERVAL]. */
export const LOCK_RENEW_MS = 20_000;
/** For so long after asking, messages are handed out [java ProcessQueue#REBALANCE_LOCK_MAX_LIVE_TIME]. */
export const LOCK_VALID_MS = 30_000;
/** For so long after asking, the broker lets nobody else have the queue [java RebalanceLockManager#REBALANCE_LOCK_MAX_LIVE_TIME]. */
export const LOCK_LEASE_MS = 60_000;
/** Between two questions whether locks of a broker that went away are still ours. */
export const LOCK_DOUBT_MS = 1000;

/** Requests to the master of one broker. */
export interface LockRequests {
  /** Resolves to the queues held. */
  lock(brokerName: string, queues: readonly MessageQueue[]): Promise<MessageQueue[]>;
  unlock(brokerName: string, queues: readonly MessageQueue[]): Promise<void>;
}

export interface QueueLocksParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly requests: LockRequests;
  /** Another member has, or may have had, a queue we held: what we know of it is out of date. */
  lost(queue: ProcessQueue): void;
}

export class QueueLocks {
  private readonly parts: QueueLocksParts;
  /** Queues held, with when the newest lock that was granted had been asked for. */
  private readonly askedAt = new Map<ProcessQueue, number>();
  /** Held as far as we know, but the broker may have forgotten: nothing is handed out until it has granted them again. */
  private readonly doubted = new Set<ProcessQueue>();
  private readonly stopping = new AbortController();
  /** One request at a time per broker: a renewal under way must not take back what an unlock gave. */
  private readonly turns = new Map<string, Promise<void>>();
  private readonly tasks: BackgroundTasks;
  private timer: Timer | undefined;

  constructor(parts: QueueLocksParts) {
    this.parts = parts;
    this.tasks = new BackgroundTasks(parts.logger);
  }

  start(): void {
    this.timer = this.parts.clock.setPeriodic(() => {
      this.tasks.run('renewing queue locks', () => this.acquire([...this.askedAt.keys()], true));
    }, LOCK_RENEW_MS);
  }

  /** No renewals from now on. Resolves when none is under way. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    this.stopping.abort(new Error('no more renewals'));
    await this.tasks.settled();
  }

  /**
   * The connection to a broker ended. Locks live in the broker's memory: one that started again gives them to whoever asks first, so we ask at once.
   * Ours: Java goes on until the next renewal, and two members work on one queue.
   */
  doubt(isConcerned: (brokerName: string) => boolean): void {
    const queues = [...this.askedAt.keys()].filter(({ queue }) => isConcerned(queue.brokerName));
    if (queues.length === 0) return;
    for (const queue of queues) this.doubted.add(queue);
    this.tasks.run('asking for queue locks again', async () => {
      while (!this.stopping.signal.aborted) {
        await this.acquire(queues, true);
        if (!queues.some((queue) => this.doubted.has(queue))) return;
        await sleep(this.parts.clock, LOCK_DOUBT_MS, this.stopping.signal).catch(() => undefined);
      }
    });
  }

  /** Messages of the queue may be handed out now. */
  isValid(queue: ProcessQueue): boolean {
    return this.ageMs(queue) < LOCK_VALID_MS && !this.doubted.has(queue);
  }

  /** Nobody else can have had the queue until now: results count. */
  isHeld(queue: ProcessQueue): boolean {
    return this.ageMs(queue) < LOCK_LEASE_MS;
  }

  /** As far as we know nobody else can have had the queue; its broker has to be asked. */
  isDoubted(queue: ProcessQueue): boolean {
    return this.doubted.has(queue);
  }

  /** Asks for locks, or for more time with those held (`renewing`: only with those). Never rejects; ask isValid() about the outcome. */
  async acquire(queues: readonly ProcessQueue[], renewing = false): Promise<void> {
    const ask = (brokerName: string, ofBroker: readonly ProcessQueue[]): Promise<void> =>
      this.inTurn(brokerName, async () => {
        const wanted = ofBroker.filter((queue) => this.askedAt.has(queue) || !(renewing || queue.dropped));
        if (wanted.length > 0) await this.lock(brokerName, wanted);
      });
    await this.forEachBroker('locking', queues, ask);
  }

  /** Gives locks back; others may have the queues at once. Never rejects: what cannot be told to the broker expires there. */
  async release(queues: readonly ProcessQueue[]): Promise<void> {
    await this.forEachBroker('unlocking', queues, (brokerName, ofBroker) =>
      this.inTurn(brokerName, () => {
        for (const queue of ofBroker) this.forget(queue);
        return this.parts.requests.unlock(
          brokerName,
          ofBroker.map(({ queue }) => queue),
        );
      }),
    );
  }

  /** The queue is another's, or will be. */
  forget(queue: ProcessQueue): void {
    this.askedAt.delete(queue);
    this.doubted.delete(queue);
  }

  private ageMs(queue: ProcessQueue): number {
    return this.parts.clock.monotonic() - (this.askedAt.get(queue) ?? -Infinity);
  }

  private async lock(brokerName: string, queues: readonly ProcessQueue[]): Promise<void> {
    const { clock, requests } = this.parts;
    const askedAtMs = clock.monotonic();
    const ours = new Set(queues.filter((queue) => this.askedAt.has(queue)));
    const granted = new Set(
      (
        await requests.lock(
          brokerName,
          queues.map(({ queue }) => queue),
        )
      ).map(messageQueueKey),
    );
    for (const queue of queues) {
      const isGranted = granted.has(messageQueueKey(queue.queue));
      const wasOurs = ours.has(queue);
      // Given up while the request was under way.
      if (wasOurs && !this.askedAt.has(queue)) continue;
      // Measured at the answer: within the old lease nobody came between.
      const hasGap = wasOurs && !this.isHeld(queue);
      if (isGranted && !hasGap) this.hold(queue, askedAtMs);
      else if (wasOurs) this.lose(queue, isGranted ? 'it was ours no longer for a while' : 'another member has it');
    }
  }

  private hold(queue: ProcessQueue, askedAtMs: number): void {
    this.askedAt.set(queue, askedAtMs);
    this.doubted.delete(queue);
  }

  private lose(queue: ProcessQueue, why: string): void {
    this.forget(queue);
    this.parts.logger.warn(`the lock of ${messageQueueText(queue.queue)} was lost: ${why}`);
    this.parts.lost(queue);
  }

  private async forEachBroker(
    what: string,
    queues: readonly ProcessQueue[],
    ask: (brokerName: string, queues: readonly ProcessQueue[]) => Promise<void>,
  ): Promise<void> {
    const byBroker = new Map<string, ProcessQueue[]>();
    for (const queue of queues) {
      const { brokerName } = queue.queue;
      byBroker.set(brokerName, [...(byBroker.get(brokerName) ?? []), queue]);
    }
    const askOne = async ([brokerName, ofBroker]: [string, ProcessQueue[]]): Promise<void> => {
      try {
        await ask(brokerName, ofBroker);
      } catch (error) {
        this.parts.logger.warn(`${what} ${ofBroker.length} queues of broker ${brokerName} failed: ${reasonOf(error)}`);
      }
    };
    await Promise.all([...byBroker].map(askOne));
  }

  private inTurn(brokerName: string, work: () => Promise<void>): Promise<void> {
    const run = (this.turns.get(brokerName) ?? Promise.resolve()).then(work);
    this.turns.set(
      brokerName,
      run.catch(() => undefined),
    );
    return run;
  }
}
