// Queue locks of orderly groups: group -> queue -> owner, each good for 60 s after the owner's last call [java RebalanceLockManager].
// In memory only and by monotonic time; a restart empties it, owners renew every 20 s.
import type { Clock } from 'rocketmq-core/common';
import type { MessageQueue } from 'rocketmq-core/message';
import { messageQueueKey } from 'rocketmq-core/message';

export const QUEUE_LOCK_LEASE_MS = 60_000;
/** Ours: queues one group may hold locked on this broker; more are refused. */
export const MAX_LOCKS_PER_GROUP = 100_000;

interface Lock {
  owner: string;
  renewedAtMs: number;
}

export class RebalanceLockTable {
  private readonly groups = new Map<string, Map<string, Lock>>();

  constructor(private readonly clock: Clock) {}

  /** The queues that `clientId` holds after the call. */
  lock(group: string, clientId: string, queues: readonly MessageQueue[]): MessageQueue[] {
    const now = this.clock.monotonic();
    let locks = this.groups.get(group);
    if (locks === undefined) this.groups.set(group, (locks = new Map()));
    const held: MessageQueue[] = [];
    for (const queue of queues) {
      const key = messageQueueKey(queue);
      const lock = locks.get(key);
      if (lock === undefined) {
        if (locks.size >= MAX_LOCKS_PER_GROUP) continue;
        locks.set(key, { owner: clientId, renewedAtMs: now });
      } else if (lock.owner === clientId || expired(lock, now)) {
        lock.owner = clientId;
        lock.renewedAtMs = now;
      } else {
        continue;
      }
      held.push(queue);
    }
    return held;
  }

  /** Only the owner's locks go. */
  unlock(group: string, clientId: string, queues: readonly MessageQueue[]): void {
    const locks = this.groups.get(group);
    if (locks === undefined) return;
    for (const queue of queues) {
      const key = messageQueueKey(queue);
      if (locks.get(key)?.owner === clientId) locks.delete(key);
    }
    if (locks.size === 0) this.groups.delete(group);
  }

  /** True when some queue of the group is locked now: an orderly group at work. */
  holdsAny(group: string): boolean {
    const locks = this.groups.get(group);
    if (locks === undefined) return false;
    const now = this.clock.monotonic();
    for (const lock of locks.values()) if (!expired(lock, now)) return true;
    this.groups.delete(group);
    return false;
  }
}

function expired(lock: Lock, now: number): boolean {
  return now - lock.renewedAtMs > QUEUE_LOCK_LEASE_MS;
}
