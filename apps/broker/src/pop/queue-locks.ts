// One POP at a time reads one queue for one group: from the read until its checkpoint is stored and the offset has moved. Who comes
// meanwhile goes on to other queues. Must never be held over anything but that write.

/** Told when a queue is free again that somebody wanted meanwhile. */
export type FreedListener = (topic: string, group: string, queueId: number) => void;

interface Lock {
  wanted: boolean;
}

export class QueueLocks {
  private readonly held = new Map<string, Lock>();

  constructor(private readonly freed: FreedListener) {}

  /** False: somebody has it; the listener is told when it is free. */
  tryLock(topic: string, group: string, queueId: number): boolean {
    const key = keyOf(topic, group, queueId);
    const lock = this.held.get(key);
    if (lock === undefined) {
      this.held.set(key, { wanted: false });
      return true;
    }
    lock.wanted = true;
    return false;
  }

  unlock(topic: string, group: string, queueId: number): void {
    const key = keyOf(topic, group, queueId);
    const lock = this.held.get(key);
    this.held.delete(key);
    if (lock?.wanted === true) this.freed(topic, group, queueId);
  }

  get count(): number {
    return this.held.size;
  }
}

/** No name holds an @. */
const keyOf = (topic: string, group: string, queueId: number): string => `${topic}@${group}@${queueId}`;
