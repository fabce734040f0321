// Ready-made queue choices for send(message, selector, arg) [java SelectMessageQueueByHash, SelectMessageQueueByRandom,
// SelectMessageQueueByMachineRoom].
import { javaStringHashCode, type Random, SystemRandom } from '../../common/index.js';
import { IllegalMessageError } from '../../errors/index.js';
import type { Message, MessageQueue } from '../../message/index.js';

/** Picks one of the topic's queues, which come sorted by broker name and queue id. */
export type MessageQueueSelectorFunction<Arg = unknown> = (
  queues: readonly MessageQueue[],
  message: Message,
  arg: Arg,
) => MessageQueue | undefined;

/** Java's form: an object with `select`. */
export interface MessageQueueSelector<Arg = unknown> {
  select: MessageQueueSelectorFunction<Arg>;
}

export type QueueSelector<Arg = unknown> = MessageQueueSelectorFunction<Arg> | MessageQueueSelector<Arg>;

/** The same queue as a Java producer picks for the same key: String, Integer (a number) or Long (a bigint). */
export class SelectMessageQueueByHash implements MessageQueueSelector {
  select(queues: readonly MessageQueue[], _message: Message, arg: unknown): MessageQueue | undefined {
    // The remainder first: abs of the smallest int32 would stay negative in Java.
    return queues[Math.abs(javaHashOf(arg) % queues.length)];
  }
}

export class SelectMessageQueueByRandom implements MessageQueueSelector {
  private readonly random: Random;

  constructor(random: Random = new SystemRandom()) {
    this.random = random;
  }

  select(queues: readonly MessageQueue[]): MessageQueue | undefined {
    return queues[this.random.int(queues.length)];
  }
}

/**
 * By chance among queues of brokers named `room@name` whose room is one of those given; none there: the send is refused.
 * Ours: Java's class of this name picks nothing, so that every send with it fails.
 */
export class SelectMessageQueueByMachineRoom implements MessageQueueSelector {
  consumeridcs: ReadonlySet<string>;
  private readonly random: Random;

  constructor(consumeridcs: Iterable<string> = [], random: Random = new SystemRandom()) {
    this.consumeridcs = new Set(consumeridcs);
    this.random = random;
  }

  select(queues: readonly MessageQueue[]): MessageQueue | undefined {
    const near = queues.filter(({ brokerName }) => this.consumeridcs.has(roomOf(brokerName)));
    return near[this.random.int(near.length)];
  }
}

/** `room@name`; empty when the name tells none. */
function roomOf(brokerName: string): string {
  const parts = brokerName.split('@');
  return parts.length === 2 ? parts[0]! : '';
}

const INT32_MAX = 2 ** 31 - 1;

function javaHashOf(arg: unknown): number {
  if (typeof arg === 'string') return javaStringHashCode(arg);
  if (typeof arg === 'bigint') return Number(BigInt.asIntN(32, arg ^ (BigInt.asUintN(64, arg) >> 32n)));
  if (typeof arg === 'number' && Number.isSafeInteger(arg)) {
    // A number beyond int32 can only be a Long in Java.
    return arg >= -INT32_MAX - 1 && arg <= INT32_MAX ? arg : javaHashOf(BigInt(arg));
  }
  throw new IllegalMessageError(`a hash key must be a string, an integer or a bigint, found ${typeof arg}`);
}
