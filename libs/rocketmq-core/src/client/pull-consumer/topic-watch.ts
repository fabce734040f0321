// Tells the application when a topic has other queues than before [java DefaultLitePullConsumerImpl#fetchTopicMessageQueuesAndCompare].
// Must never take a name server that is silent for a topic without queues.
import { callGuarded, reasonOf, type Timer } from '../../common/index.js';
import { type MessageQueue, messageQueueKey } from '../../message/index.js';
import type { ClientInstance } from '../instance/client-instance.js';

const FIRST_CHECK_MS = 10_000;

type Told = (queues: readonly MessageQueue[]) => void;

interface Watched {
  readonly told: Told;
  /** Keys of the queues last seen; undefined: not yet. */
  seen: string | undefined;
}

export class TopicWatch {
  private readonly instance: ClientInstance;
  private readonly watched = new Map<string, Watched>();
  private timer: Timer | undefined;

  constructor(instance: ClientInstance) {
    this.instance = instance;
  }

  /** `told` replaces the one of before. */
  add(topic: string, told: Told): void {
    const watched: Watched = { told, seen: undefined };
    this.watched.set(topic, watched);
    if (this.timer !== undefined) this.check(topic, watched);
  }

  start(intervalMs: number): void {
    this.timer = this.instance.ports.clock.setPeriodic(() => this.checkAll(), intervalMs, Math.min(FIRST_CHECK_MS, intervalMs));
    this.checkAll();
  }

  stop(): void {
    this.timer?.cancel();
  }

  private checkAll(): void {
    for (const [topic, watched] of this.watched) this.check(topic, watched);
  }

  private check(topic: string, watched: Watched): void {
    const { tasks, routes, ports } = this.instance;
    tasks.run(`looking for the queues of topic ${topic}`, async () => {
      const queues = (await routes.refresh(topic))?.subscribeQueues ?? [];
      const keys = queues.map(messageQueueKey).join();
      const before = watched.seen;
      watched.seen = keys;
      if (before === undefined || before === keys || this.watched.get(topic) !== watched) return;
      callGuarded(
        () => watched.told(queues),
        (error) => ports.logger.error(`the listener for changes of topic ${topic} failed: ${reasonOf(error)}`),
      );
    });
  }
}
