// Client message ids for senders that gave none. One generator per broker; must never repeat an id of this process.
import type { Clock, Random } from 'rocketmq-core/common';
import { createUniqueIdGenerator } from 'rocketmq-core/message';

export class UniqueIds {
  private readonly generate: () => string;

  constructor(options: { clock: Clock; random: Random; ip: string; pid: number }) {
    this.generate = createUniqueIdGenerator(options);
  }

  next(): string {
    return this.generate();
  }
}
