// Who gets which queue: every member computes the same answer from the same lists [java AllocateMessageQueueStrategy]. Pure.
import { IllegalSubscriptionError } from '../../errors/index.js';
import type { MessageQueue } from '../../message/index.js';

export interface AllocateMessageQueueStrategy {
  readonly name: string;
  /** `queues` sorted, `members` sorted and holding `me`; must depend on nothing else. */
  allocate(consumerGroup: string, me: string, queues: readonly MessageQueue[], members: readonly string[]): MessageQueue[];
}

/** Place of `me` among the members; -1: none. A list without anybody is no list: Java refuses it too. */
export function indexOfMember(consumerGroup: string, me: string, members: readonly string[]): number {
  if (me === '') throw new IllegalSubscriptionError('queues cannot be shared out: the client id is empty', { consumerGroup });
  if (members.length === 0) {
    throw new IllegalSubscriptionError('queues cannot be shared out: the list of members is empty', { consumerGroup, clientId: me });
  }
  return members.indexOf(me);
}

/** Equal runs of neighbouring queues; the first members get one more. */
export class AllocateMessageQueueAveragely implements AllocateMessageQueueStrategy {
  readonly name = 'AVG';

  allocate(consumerGroup: string, me: string, queues: readonly MessageQueue[], members: readonly string[]): MessageQueue[] {
    const index = indexOfMember(consumerGroup, me, members);
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

  allocate(consumerGroup: string, me: string, queues: readonly MessageQueue[], members: readonly string[]): MessageQueue[] {
    const index = indexOfMember(consumerGroup, me, members);
    return index < 0 ? [] : queues.filter((_, i) => i % members.length === index);
  }
}

/** Java's String#compareTo: by UTF-16 unit, so that all members of a group sort alike. */
export function sortMembers(members: readonly string[]): string[] {
  return members.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
