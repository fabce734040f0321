// Strategies that look at where brokers and members are, or that are told outright [java AllocateMessageQueueByConfig, AllocateMessageQueueByMachineRoom,
// AllocateMachineRoomNearby]. Pure.
import { IllegalSubscriptionError } from '../../errors/index.js';
import { type MessageQueue, messageQueueText, RETRY_PREFIX } from '../../message/index.js';
import { AllocateMessageQueueAveragely, type AllocateMessageQueueStrategy, indexOfMember } from './allocate-strategies.js';

/**
 * Exactly the queues given, whoever else is in the group: the operator shares them out. Ours: a retry topic nobody configured is
 * shared out averagely; in Java nobody gets it, and failed messages are never delivered again.
 */
export class AllocateMessageQueueByConfig implements AllocateMessageQueueStrategy {
  readonly name = 'CONFIG';
  messageQueueList: readonly MessageQueue[];

  constructor(messageQueueList: readonly MessageQueue[] = []) {
    this.messageQueueList = messageQueueList;
  }

  allocate(consumerGroup: string, me: string, queues: readonly MessageQueue[], members: readonly string[]): MessageQueue[] {
    const topic = queues[0]?.topic ?? '';
    // Those of other topics are for other rounds.
    const given = this.messageQueueList.filter((queue) => queue.topic === topic);
    if (given.length > 0 || !topic.startsWith(RETRY_PREFIX)) return given;
    return new AllocateMessageQueueAveragely().allocate(consumerGroup, me, queues, members);
  }
}

/** Queues of brokers named `room@name` whose room is one of those given, in equal parts; the rest one by one. */
export class AllocateMessageQueueByMachineRoom implements AllocateMessageQueueStrategy {
  readonly name = 'MACHINE_ROOM';
  consumeridcs: ReadonlySet<string>;

  constructor(consumeridcs: Iterable<string> = []) {
    this.consumeridcs = new Set(consumeridcs);
  }

  allocate(consumerGroup: string, me: string, queues: readonly MessageQueue[], members: readonly string[]): MessageQueue[] {
    const index = indexOfMember(consumerGroup, me, members);
    if (index < 0) return [];
    const near = queues.filter((queue) => isInRooms(queue.brokerName, this.consumeridcs));
    const share = Math.floor(near.length / members.length);
    const rest = near.slice(share * members.length);
    return [...near.slice(share * index, share * (index + 1)), ...rest.slice(index, index + 1)];
  }
}

/** `room@name`, with a room of the set. */
export function isInRooms(brokerName: string, rooms: ReadonlySet<string>): boolean {
  const [room, name, ...more] = brokerName.split('@');
  return name !== undefined && more.length === 0 && rooms.has(room!);
}

/** Says in which machine room a broker or a member is; must never answer with nothing. */
export interface MachineRoomResolver {
  brokerDeployIn(queue: MessageQueue): string;
  consumerDeployIn(clientId: string): string;
}

/** Queues go to members in their broker's room, by another strategy; queues of rooms without a member are for all. */
export class AllocateMachineRoomNearby implements AllocateMessageQueueStrategy {
  private readonly inner: AllocateMessageQueueStrategy;
  private readonly resolver: MachineRoomResolver;

  constructor(allocateMessageQueueStrategy: AllocateMessageQueueStrategy, machineRoomResolver: MachineRoomResolver) {
    this.inner = allocateMessageQueueStrategy;
    this.resolver = machineRoomResolver;
  }

  get name(): string {
    return `MACHINE_ROOM_NEARBY-${this.inner.name}`;
  }

  allocate(consumerGroup: string, me: string, queues: readonly MessageQueue[], members: readonly string[]): MessageQueue[] {
    if (indexOfMember(consumerGroup, me, members) < 0) return [];
    const queuesByRoom = byRoom(queues, (queue) => this.resolver.brokerDeployIn(queue), messageQueueText);
    const membersByRoom = byRoom(members, (member) => this.resolver.consumerDeployIn(member), String);
    const myRoom = this.resolver.consumerDeployIn(me);
    const inRoom = (room: string, among: readonly string[]): MessageQueue[] =>
      this.inner.allocate(consumerGroup, me, queuesByRoom.get(room) ?? [], among);
    const deserted = [...queuesByRoom.keys()].filter((room) => !membersByRoom.has(room)).toSorted();
    return [...inRoom(myRoom, membersByRoom.get(myRoom)!), ...deserted.flatMap((room) => inRoom(room, members))];
  }
}

function byRoom<T>(items: readonly T[], roomOf: (item: T) => string, nameOf: (item: T) => string): Map<string, T[]> {
  const rooms = new Map<string, T[]>();
  for (const item of items) {
    const room = roomOf(item);
    if (typeof room !== 'string' || room === '') {
      throw new IllegalSubscriptionError(`the machine room of ${nameOf(item)} is unknown to the resolver`);
    }
    const there = rooms.get(room);
    if (there === undefined) rooms.set(room, [item]);
    else there.push(item);
  }
  return rooms;
}
