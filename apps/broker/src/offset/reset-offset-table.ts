// Offsets an administrator set for a group and that its members have not taken up yet, by queue [java ConsumerOffsetManager#resetOffsetTable].
// In memory only, as Apache's: the committed offset was set too, so a restart loses nothing but the hint. Must never hold a queue twice.
import type { DecisionVersion } from '../decision-version.js';

export class ResetOffsetTable {
  private readonly groups = new Map<string, Map<number, number>>();

  constructor(private readonly decisions: DecisionVersion) {}

  set(topic: string, group: string, queueId: number, offset: number): void {
    const key = keyOf(topic, group);
    let queues = this.groups.get(key);
    if (queues === undefined) {
      this.groups.set(key, (queues = new Map()));
      this.decisions.bump();
    }
    queues.set(queueId, offset);
  }

  /** The waiting offset of a queue, undefined when none waits. */
  peek(topic: string, group: string, queueId: number): number | undefined {
    return this.groups.size === 0 ? undefined : this.groups.get(keyOf(topic, group))?.get(queueId);
  }

  /** As peek(), and it waits no longer. */
  take(topic: string, group: string, queueId: number): number | undefined {
    const offset = this.peek(topic, group, queueId);
    if (offset === undefined) return undefined;
    const key = keyOf(topic, group);
    const queues = this.groups.get(key)!;
    queues.delete(queueId);
    if (queues.size === 0) {
      this.groups.delete(key);
      this.decisions.bump();
    }
    return offset;
  }

  has(topic: string, group: string): boolean {
    return this.groups.has(keyOf(topic, group));
  }
}

/** Neither name can hold an @. */
const keyOf = (topic: string, group: string): string => `${topic}@${group}`;
