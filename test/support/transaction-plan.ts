// What is decided about each transaction of the fault test: a function of its number. Must never depend on anything else.
import { LocalTransactionState } from 'rocketmq-core';

export const TRANSACTION_GROUP = 'tx-killed';

export function decisionOf(id: number): 'commit' | 'rollback' {
  return id % 3 === 0 ? 'rollback' : 'commit';
}

/** What the local transaction answers at once; a fifth is left to the check. */
export function answerOf(id: number): LocalTransactionState | 'throws' {
  if (id % 10 === 7) return LocalTransactionState.UNKNOW;
  if (id % 10 === 8) return 'throws';
  return decisionOf(id) === 'commit' ? LocalTransactionState.COMMIT_MESSAGE : LocalTransactionState.ROLLBACK_MESSAGE;
}
