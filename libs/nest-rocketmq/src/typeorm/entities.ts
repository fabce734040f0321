// The two tables, for the `entities` of a data source. Must never hold an application's own data.
import { EntitySchema } from 'typeorm';
import type { OutboxDecision } from '../outbox/index.js';

const KEY_LENGTH = 255;

export interface RocketMQTransactionRecord {
  id: string;
  decision: OutboxDecision;
  /** Ms since 1970; text with drivers that give bigint so. */
  createdAt: number | string;
}

/** Transactions of an outbox. */
export const RocketMQTransactionEntity = new EntitySchema<RocketMQTransactionRecord>({
  name: 'RocketMQTransaction',
  tableName: 'rocketmq_transaction',
  columns: {
    id: { type: 'varchar', length: KEY_LENGTH, primary: true },
    decision: { type: 'varchar', length: 8 },
    createdAt: { type: 'bigint', name: 'created_at' },
  },
  indices: [{ columns: ['createdAt'], name: 'rocketmq_transaction_created_at' }],
});

export interface RocketMQConsumedRecord {
  messageKey: string;
  createdAt: number | string;
}

/** Messages an inbox has processed. */
export const RocketMQConsumedEntity = new EntitySchema<RocketMQConsumedRecord>({
  name: 'RocketMQConsumed',
  tableName: 'rocketmq_consumed',
  columns: {
    messageKey: { type: 'varchar', length: KEY_LENGTH, primary: true, name: 'message_key' },
    createdAt: { type: 'bigint', name: 'created_at' },
  },
  indices: [{ columns: ['createdAt'], name: 'rocketmq_consumed_created_at' }],
});
