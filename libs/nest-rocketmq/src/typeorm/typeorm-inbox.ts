// Messages processed once by a row in the same transaction as the work: the unique key tells the second time. Must never acknowledge anything.
import { PROPERTY } from 'rocketmq-core/message';
import { type Clock, SystemClock } from 'rocketmq-core/common';
import type { DataSource, EntityManager } from 'typeorm';
import { type Duration, parseDuration } from '../options/index.js';
import type { MessageContext } from '../listener/index.js';
import { RocketMQConsumedEntity } from './entities.js';
import { removeBefore } from './remove-before.js';
import { inTransaction, inTurn } from './transaction-turns.js';

const CLEAN_LIMIT = 1000;

export interface TypeOrmInboxOptions {
  /** How long keys are kept. Default `7d`. */
  keepFor?: Duration | undefined;
  clock?: Clock | undefined;
}

export type InboxResult<T> = { readonly duplicate: true } | { readonly duplicate: false; readonly value: T };

/** Needs RocketMQConsumedEntity among the data source's entities. */
export class TypeOrmInbox {
  private readonly clock: Clock;
  private readonly keepForMs: number;

  constructor(
    private readonly dataSource: DataSource,
    { keepFor = '7d', clock = new SystemClock() }: TypeOrmInboxOptions = {},
  ) {
    const ms = parseDuration(keepFor);
    if (ms === undefined) throw new RangeError(`keepFor ${String(keepFor)} is no span of time: give ms above 0, or text such as '7d'`);
    this.keepForMs = ms;
    this.clock = clock;
  }

  /**
   * Runs `work` in a transaction that notes the key, too; a key noted before runs nothing. What `work` rejects with comes back from here, both
   * undone. The key is a text of at most 255 letters, or a message's: its group and the id its producer gave it.
   */
  async process<T>(key: string | MessageContext, work: (manager: EntityManager) => Promise<T>): Promise<InboxResult<T>> {
    const messageKey = typeof key === 'string' ? key : keyOf(key);
    let hasBegun = false;
    try {
      const value = await inTransaction(this.dataSource, async (manager) => {
        await manager.insert(RocketMQConsumedEntity, { messageKey, createdAt: this.clock.now() });
        hasBegun = true;
        return work(manager);
      });
      return { duplicate: false, value };
    } catch (error) {
      // Every database has its own error for a key that is there; the key itself is the same in all.
      if (!hasBegun && (await this.has(messageKey))) return { duplicate: true };
      throw error;
    }
  }

  /** Removes keys older than `keepFor`, at most 1000; gives how many. */
  clean(): Promise<number> {
    const before = this.clock.now() - this.keepForMs;
    return inTurn(this.dataSource, () => removeBefore(this.dataSource, RocketMQConsumedEntity, 'messageKey', before, CLEAN_LIMIT));
  }

  private has(messageKey: string): Promise<boolean> {
    return inTurn(this.dataSource, () => this.dataSource.manager.existsBy(RocketMQConsumedEntity, { messageKey }));
  }
}

const keyOf = ({ consumerGroup, msgId, properties }: MessageContext): string =>
  `${consumerGroup}:${properties.get(PROPERTY.UNIQUE_KEY) ?? msgId}`;
