export { type RocketMQLocalTransactionListener, RocketMQLocalTransactionState } from './local-transaction-listener.js';
export {
  RocketMQTransactionListener,
  type RocketMQTransactionListenerOptions,
  transactionOptionsOf,
} from './rocketmq-transaction-listener.decorator.js';
export { toListenerMessage } from './listener-message.js';
export {
  bindTransactionListener,
  findTransactionProblems,
  type FoundTransactionListener,
  isDefaultName,
  type TransactionBinding,
} from './transaction-definition.js';
