// What an application implements for transactions [java TransactionListener, LocalTransactionState]. Types and names only.
import type { Message, MessageExt } from '../../message/index.js';
import type { SendResult } from './send-result.js';

/** Java's names. UNKNOW: the broker asks again, 15 times by default. */
export const LocalTransactionState = {
  COMMIT_MESSAGE: 'COMMIT_MESSAGE',
  ROLLBACK_MESSAGE: 'ROLLBACK_MESSAGE',
  UNKNOW: 'UNKNOW',
} as const;
export type LocalTransactionState = (typeof LocalTransactionState)[keyof typeof LocalTransactionState];

/** Nothing counts as UNKNOW. */
type Decision = LocalTransactionState | undefined | void;

export interface TransactionListener<Arg = unknown> {
  /** Runs once the half message is stored; what it throws counts as UNKNOW. `message.transactionId` names the transaction. */
  executeLocalTransaction(message: Message, arg: Arg): Decision | Promise<Decision>;
  /** Asked by a broker about a transaction of any member of the group, also of one that has died; may be asked about the same several times. */
  checkLocalTransaction(message: MessageExt): Decision | Promise<Decision>;
}

export interface TransactionSendResult extends SendResult {
  readonly localTransactionState: LocalTransactionState;
}
