// The outbox in a TypeORM data source. Must never write outside of the transaction it is given.
import type { DataSource, EntityManager } from 'typeorm';
import { type OutboxDecision, type OutboxRow, type OutboxStore, RocketMQOutbox, type RocketMQOutboxOptions } from '../outbox/index.js';
import type { RocketMQTemplate } from '../template/index.js';
import { RocketMQTransactionEntity } from './entities.js';
import { removeBefore } from './remove-before.js';
import { inTransaction, inTurn } from './transaction-turns.js';

/** Needs RocketMQTransactionEntity among the data source's entities. */
export class TypeOrmOutboxStore implements OutboxStore<EntityManager> {
  constructor(private readonly dataSource: DataSource) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return inTransaction(this.dataSource, work);
  }

  async insert(manager: EntityManager, row: OutboxRow): Promise<void> {
    await manager.insert(RocketMQTransactionEntity, row);
  }

  async decide(row: OutboxRow): Promise<OutboxDecision> {
    try {
      await inTransaction(this.dataSource, (manager) => this.insert(manager, row));
      return row.decision;
    } catch (error) {
      // Either somebody has decided before, or the database has failed: what it holds says which.
      const decision = await this.find(row.id);
      if (decision === undefined) throw error;
      return decision;
    }
  }

  async find(id: string): Promise<OutboxDecision | undefined> {
    const row = await inTurn(this.dataSource, () => this.dataSource.manager.findOneBy(RocketMQTransactionEntity, { id }));
    return row?.decision;
  }

  removeBefore(time: number, limit: number): Promise<number> {
    return inTurn(this.dataSource, () => removeBefore(this.dataSource, RocketMQTransactionEntity, 'id', time, limit));
  }
}

/** `work` of send() gets an EntityManager; what it does through that is in the transaction, what it does elsewhere is not. */
export abstract class TypeOrmOutbox extends RocketMQOutbox<EntityManager> {
  constructor(template: RocketMQTemplate, dataSource: DataSource, options?: RocketMQOutboxOptions) {
    super(template, new TypeOrmOutboxStore(dataSource), options);
  }
}
