// Who gets which queue: every member computes the same answer from the same lists [java AllocateMessageQueueStrategy]. Pure.
import type { MessageQueue } from '../../message/index.js';

export interface AllocateMessageQueueStrategy {
  readonly name: string;
  /** `queues` sorted, `members` sorted and holding `me`; must depend on nothing else. */
  allocate(consumerGroup: string, me: string, queues: readonly MessageQueue[], members: readonly string[]): MessageQueue[];
}

/** Equal runs of neighbouring queues; the first members get one more. */
export class AllocateMessageQueueAveragely implements AllocateMessageQueueStrategy {
  readonly name = 'AVG';

  allocate(_consumerGroup: string, me: string, queues: readonly MessageQueue[], members: readonly string[]): MessageQueue[] {
    const index = members.indexOf(me);
    if (index < 0) return [];
    const rest = queues.length % members.length;
    const share = Math.floor(queues.length / members.length);
    const size = index < rest ? share + 1 : share;
    const start = index * share + Math.min(index, rest);
    return queues.slice(start, start + size);
  }
}

/** Queues dealt out one by one. */
export class AllocateMessageQueueAveragelyByCircle implements AllocateMessageQueueStrategy {
  readonly name = 'AVG_BY_CIRCLE';

  allocate(_consumerGroup: string, me: string, queues: readonly MessageQueue[], members: readonly string[]): MessageQueue[] {
    const index = members.indexOf(me);
    return index < 0 ? [] : queues.filter((_, i) => i % members.length === index);
  }
}

/** Java's String#compareTo: by UTF-16 unit, so that all members of a group sort alike. */
export function sortMembers(members: readonly string[]): string[] {
  return members.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
