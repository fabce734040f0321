// The door `nest-rocketmq/typeorm`: what needs TypeORM.
export {
  RocketMQConsumedEntity,
  type RocketMQConsumedRecord,
  RocketMQTransactionEntity,
  type RocketMQTransactionRecord,
} from './entities.js';
export { type InboxResult, TypeOrmInbox, type TypeOrmInboxOptions } from './typeorm-inbox.js';
export { TypeOrmOutbox, TypeOrmOutboxStore } from './typeorm-outbox.js';
