// Looks for topics that are about to come into being, until they are found. Must never go on longer than the client's own rounds need to find them.
import type { Clock, Timer } from 'rocketmq-core/common';

/** First and longest pause between two looks, ms: the broker makes the topic, and tells the name server, when the message is sent back to it. */
const LOOK_FIRST_MS = 100;
const LOOK_PAUSE_MAX_MS = 5000;
/** About 26 s; the client looks with every round, each 20 s. */
const LOOKS_MAX = 10;

export class TopicLookup {
  private readonly timers = new Map<string, Timer>();

  constructor(
    private readonly clock: Clock,
    /** Whether a name server knows it now. Never rejects. */
    private readonly find: (topic: string) => Promise<boolean>,
  ) {}

  /** One that is looked for already is looked for once. */
  begin(topic: string): void {
    if (!this.timers.has(topic)) this.schedule(topic, 1, LOOK_FIRST_MS);
  }

  end(): void {
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
  }

  private schedule(topic: string, look: number, pauseMs: number): void {
    const timer = this.clock.setTimer(() => void this.look(topic, look, pauseMs), pauseMs);
    this.timers.set(topic, timer);
  }

  private async look(topic: string, look: number, pauseMs: number): Promise<void> {
    const timer = this.timers.get(topic);
    const isFound = await this.find(topic);
    if (timer === undefined || this.timers.get(topic) !== timer) return;
    if (isFound || look === LOOKS_MAX) this.timers.delete(topic);
    else this.schedule(topic, look + 1, Math.min(pauseMs * 2, LOOK_PAUSE_MAX_MS));
  }
}
