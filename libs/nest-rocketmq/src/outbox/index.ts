export type { OutboxDecision, OutboxRow, OutboxStore } from './outbox-store.js';
export { type OutboxResult, RocketMQOutbox, type RocketMQOutboxOptions } from './rocketmq-outbox.js';
