// Which queues a member gets, computed by the broker for members that ask it [java QueryAssignmentProcessor]. Pure; must answer every
// member of a group from the same lists, or two would get one queue.
import type { AllocateMessageQueueStrategy } from 'rocketmq-core/client';
import { AllocateMessageQueueAveragely, AllocateMessageQueueAveragelyByCircle } from 'rocketmq-core/client';
import { compareMessageQueues, type MessageQueue, messageQueueKey } from 'rocketmq-core/message';
import type { MessageRequestMode } from 'rocketmq-core/protocol';

export interface AssignmentWish {
  readonly consumerGroup: string;
  readonly clientId: string;
  readonly strategyName: string;
  readonly mode: MessageRequestMode;
  readonly popShareQueueNum: number;
}

/** Stands for all queues of a broker. */
const ALL_QUEUES = -1;

const STRATEGIES: ReadonlyMap<string, AllocateMessageQueueStrategy> = new Map(
  [new AllocateMessageQueueAveragely(), new AllocateMessageQueueAveragelyByCircle()].map((strategy) => [strategy.name, strategy]),
);

/** Undefined: this broker does not know the strategy. */
export function assignedQueues(
  wish: AssignmentWish,
  queues: readonly MessageQueue[],
  members: readonly string[],
): MessageQueue[] | undefined {
  const strategy = STRATEGIES.get(wish.strategyName);
  if (strategy === undefined) return undefined;
  const all = queues.toSorted(compareMessageQueues);
  const everybody = [...new Set(members)].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const share = (clientId: string): MessageQueue[] => strategy.allocate(wish.consumerGroup, clientId, all, everybody);
  return wish.mode === 'POP' ? poppedQueues(wish, all, everybody, share) : share(wish.clientId);
}

/** [java QueryAssignmentProcessor#allocate4Pop] */
function poppedQueues(
  { clientId, popShareQueueNum }: AssignmentWish,
  queues: readonly MessageQueue[],
  members: readonly string[],
  share: (clientId: string) => MessageQueue[],
): MessageQueue[] {
  if (popShareQueueNum <= 0 || popShareQueueNum >= members.length - 1) {
    return distinct(queues.map((queue) => ({ ...queue, queueId: ALL_QUEUES })));
  }
  const index = members.indexOf(clientId);
  if (index < 0 || queues.length === 0) return [];
  // More members than queues: nobody goes without.
  if (members.length > queues.length) return [queues[index % queues.length]!];
  // Its own share, and those of the members behind it.
  const shares = Array.from({ length: popShareQueueNum + 1 }, (_, i) => share(members[(index + i) % members.length]!));
  return distinct(shares.flat());
}

function distinct(queues: readonly MessageQueue[]): MessageQueue[] {
  return [...new Map(queues.map((queue) => [messageQueueKey(queue), queue])).values()];
}
