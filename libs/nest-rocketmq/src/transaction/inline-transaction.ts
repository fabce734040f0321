// A transaction whose decision is written where the message is sent. Must never outlive the process: whoever dies is answered for by a listener.
import type { MessageExt } from 'rocketmq-core';
import type { Message } from '../messaging/index.js';
import type { RocketMQLocalTransactionState } from './local-transaction-listener.js';

type Decision = RocketMQLocalTransactionState | Promise<RocketMQLocalTransactionState>;

/** Given to `sendMessageInTransaction` in the place of `arg`. */
export interface InlineTransaction {
  /** Runs once the message is kept aside; what it throws counts as UNKNOWN. */
  execute: (message: Message<Buffer>) => Decision;
  /**
   * Asked while this process lives. Default: what `execute` decided. A transaction of a process that has died is asked of the application's
   * @RocketMQTransactionListener; without one it counts as UNKNOWN until the broker gives it up.
   */
  check?: ((message: Message<Buffer>) => Decision) | undefined;
}

/** Transactions remembered for checks; the oldest goes first. A broker asks about one for some minutes. */
const REMEMBERED_MAX = 10_000;

const MEMBERS: readonly string[] = ['execute', 'check'];

export function isInlineTransaction(arg: unknown): arg is InlineTransaction {
  if (typeof arg !== 'object' || arg === null) return false;
  const { execute, check } = arg as Partial<InlineTransaction>;
  if (typeof execute !== 'function' || (check !== undefined && typeof check !== 'function')) return false;
  return Object.keys(arg).every((name) => MEMBERS.includes(name));
}

interface Remembered {
  readonly transaction: InlineTransaction;
  decided: RocketMQLocalTransactionState | undefined;
}

export class InlineTransactions {
  private readonly byId = new Map<string, Remembered>();

  async execute(id: string, transaction: InlineTransaction, message: Message<Buffer>): Promise<RocketMQLocalTransactionState> {
    const entry: Remembered = { transaction, decided: undefined };
    this.remember(id, entry);
    const decided = await transaction.execute(message);
    entry.decided = decided;
    return decided;
  }

  /** Undefined: not sent by this process, or too long ago. */
  checkOf(message: MessageExt): ((asked: Message<Buffer>) => Decision) | undefined {
    const entry = this.byId.get(message.transactionId ?? message.msgId) ?? this.byId.get(message.msgId);
    if (entry === undefined) return undefined;
    const { transaction, decided } = entry;
    return transaction.check ?? (() => decided ?? 'UNKNOWN');
  }

  private remember(id: string, entry: Remembered): void {
    this.byId.set(id, entry);
    for (const oldest of this.byId.keys()) {
      if (this.byId.size <= REMEMBERED_MAX) return;
      this.byId.delete(oldest);
    }
  }
}
