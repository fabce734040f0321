// What a class with @RocketMQTransactionListener implements. Types and names only.
import type { Message } from '../messaging/index.js';

/** Spring's names. UNKNOWN: the broker asks again, 15 times by default. */
export const RocketMQLocalTransactionState = { COMMIT: 'COMMIT', ROLLBACK: 'ROLLBACK', UNKNOWN: 'UNKNOWN' } as const;
export type RocketMQLocalTransactionState = (typeof RocketMQLocalTransactionState)[keyof typeof RocketMQLocalTransactionState];

type Decision = RocketMQLocalTransactionState | Promise<RocketMQLocalTransactionState>;

/** The payload is the body as it was sent: `JSON.parse(message.payload.toString())`. What a method throws counts as UNKNOWN, as in Spring. */
export interface RocketMQLocalTransactionListener<Arg = unknown> {
  /** Runs once the message is kept aside; `arg` is what the send was given. */
  executeLocalTransaction(message: Message<Buffer>, arg: Arg): Decision;
  /** A broker asks about a transaction of any member of the producer group; may be asked about the same one several times. */
  checkLocalTransaction(message: Message<Buffer>): Decision;
}
