// Tells a broker what became of a transaction: one-way, as the broker asks again when it does not hear of it. Must never throw.
import { type Logger, reasonOf } from '../../common/index.js';
import { SYS_FLAG } from '../../message/index.js';
import { END_TRANSACTION, type RequestHeader } from '../../protocol/index.js';
import { callHooks, type EndTransactionContext, type EndTransactionHook } from '../hooks/message-hooks.js';
import type { ClientInstance } from '../instance/client-instance.js';
import type { LocalTransactionState } from './transaction-listener.js';

type EndHeader = RequestHeader<typeof END_TRANSACTION>;

const DECISIONS: Readonly<Record<LocalTransactionState, number>> = {
  COMMIT_MESSAGE: SYS_FLAG.TRANSACTION_COMMIT,
  ROLLBACK_MESSAGE: SYS_FLAG.TRANSACTION_ROLLBACK,
  UNKNOW: 0,
};

export interface TransactionEnd {
  readonly state: LocalTransactionState;
  readonly header: Omit<EndHeader, 'commitOrRollback'>;
  /** Why the state is not known, for the broker's log. */
  readonly remark: string | undefined;
  /** For the hooks. */
  readonly message: EndTransactionContext['message'];
}

/** Resolves to whether it was handed to the connection. */
export async function endTransaction(
  instance: ClientInstance,
  address: string | undefined,
  end: TransactionEnd,
  hooks: readonly EndTransactionHook[],
): Promise<boolean> {
  const { header, state, remark, message } = end;
  const { logger } = instance.ports;
  try {
    if (address === undefined) throw new Error(`no master of broker ${header.brokerName} is known`);
    await instance.remoting.invokeOneWay(END_TRANSACTION, address, { ...header, commitOrRollback: DECISIONS[state] }, { remark });
    const context: EndTransactionContext = {
      producerGroup: header.producerGroup,
      message,
      brokerAddr: address,
      msgId: header.msgId ?? '',
      transactionId: header.transactionId,
      transactionState: state,
      fromTransactionCheck: header.fromTransactionCheck ?? false,
    };
    callHooks(hooks, logger, (hook) => hook.endTransaction(context));
    return true;
  } catch (error) {
    const reason = reasonOf(error);
    // Until the broker asks, what was decided is not so: consumers wait for a commit.
    logger[state === 'UNKNOW' ? 'warn' : 'error'](`the end of a transaction (${state}) was not sent, the broker will ask: ${reason}`, {
      msgId: header.msgId,
      address,
    });
    return false;
  }
}

/** The state a listener answered; anything that is none counts as not known, as null does in Java, and is told of unless it is nothing. */
export function stateOf(answer: unknown, method: string, logger: Logger): LocalTransactionState {
  if (typeof answer === 'string' && Object.hasOwn(DECISIONS, answer)) return answer as LocalTransactionState;
  if (answer !== undefined && answer !== null) {
    const found = typeof answer === 'string' ? JSON.stringify(answer.slice(0, 40)) : typeof answer;
    logger.warn(`${method} answered ${found}, which is none of ${Object.keys(DECISIONS).join(', ')}: the broker will ask`);
  }
  return 'UNKNOW';
}

export const errorText = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
