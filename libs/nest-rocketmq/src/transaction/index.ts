export { type RocketMQLocalTransactionListener, RocketMQLocalTransactionState } from './local-transaction-listener.js';
export {
  RocketMQTransactionListener,
  type RocketMQTransactionListenerOptions,
  transactionOptionsOf,
} from './rocketmq-transaction-listener.decorator.js';
export { type InlineTransaction, isInlineTransaction } from './inline-transaction.js';
export { toListenerMessage } from './listener-message.js';
export { findTransactionProblems, type FoundTransactionListener, isDefaultName, topicsOf } from './transaction-definition.js';
export { TransactionRouter } from './transaction-router.js';
