// Consistent hashing: when a member comes or goes, most queues stay where they are [java AllocateMessageQueueConsistentHash, ConsistentHashRouter]. Pure.
import { createHash } from 'node:crypto';
import { ConfigError } from '../../errors/index.js';
import { type MessageQueue, messageQueueText } from '../../message/index.js';
import { type AllocateMessageQueueStrategy, indexOfMember } from './allocate-strategies.js';

/** Place of a text on the ring; every member of a group must use the same function. */
export type HashFunction = (text: string) => number;

const VIRTUAL_NODES = 10;

export class AllocateMessageQueueConsistentHash implements AllocateMessageQueueStrategy {
  readonly name = 'CONSISTENT_HASH';
  private readonly virtualNodes: number;
  private readonly hash: HashFunction;

  constructor(virtualNodeCnt = VIRTUAL_NODES, hashFunction: HashFunction = firstWordOfMd5) {
    if (!Number.isInteger(virtualNodeCnt) || virtualNodeCnt < 0) {
      throw new ConfigError('AllocateMessageQueueConsistentHash', [
        { key: 'virtualNodeCnt', problem: `${virtualNodeCnt} is no integer from 0 on` },
      ]);
    }
    this.virtualNodes = virtualNodeCnt;
    this.hash = hashFunction;
  }

  allocate(consumerGroup: string, me: string, queues: readonly MessageQueue[], members: readonly string[]): MessageQueue[] {
    if (indexOfMember(consumerGroup, me, members) < 0) return [];
    const ring = this.ringOf(members);
    return queues.filter((queue) => memberAt(ring, this.hash(messageQueueText(queue))) === me);
  }

  /** Places in rising order. Two nodes on one place: the later one has it. */
  private ringOf(members: readonly string[]): Array<readonly [place: number, member: string]> {
    const ring = new Map<number, string>();
    for (const member of members) for (let i = 0; i < this.virtualNodes; i++) ring.set(this.hash(`${member}-${i}`), member);
    return [...ring].toSorted(([a], [b]) => a - b);
  }
}

/** The next node clockwise; behind the last one comes the first. */
function memberAt(ring: ReadonlyArray<readonly [number, string]>, place: number): string | undefined {
  let low = 0;
  let high = ring.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ring[middle]![0] < place) low = middle + 1;
    else high = middle;
  }
  return (ring[low] ?? ring[0])?.[1];
}

function firstWordOfMd5(text: string): number {
  return createHash('md5').update(text, 'utf8').digest().readUInt32BE(0);
}
