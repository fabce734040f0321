// A message and a database transaction that both happen or neither: the half message first, then the transaction with a row that says so.
// Must never tell a broker what the database does not say.
import { Logger } from '@nestjs/common';
import type { TransactionSendResult } from 'rocketmq-core';
import { type Clock, reasonOf, SystemClock } from 'rocketmq-core/common';
import { type Duration, parseDuration } from '../options/index.js';
import { type Destination, type Message, RocketMQHeaders } from '../messaging/index.js';
import type { RocketMQTemplate, TemplateSendOptions } from '../template/index.js';
import { type RocketMQLocalTransactionListener, RocketMQLocalTransactionState } from '../transaction/index.js';
import type { OutboxStore } from './outbox-store.js';

/** Rows removed at once. */
const CLEAN_LIMIT = 1000;

export interface RocketMQOutboxOptions {
  /** For so long a check about a transaction without a row is answered with UNKNOWN; then it is rolled back, for good. Default `60s`. */
  undecidedFor?: Duration | undefined;
  /** How long rows are kept: longer than a broker may ask. Default `3d`. */
  keepFor?: Duration | undefined;
  /** Between two removals of old rows, which follow sends. Default `10m`. */
  cleanEvery?: Duration | undefined;
  clock?: Clock | undefined;
}

export interface OutboxResult<T> {
  /** What the work gave. */
  readonly value: T;
  readonly sendResult: TransactionSendResult;
}

/** What one send hands to its local transaction. */
interface Execution<Tx> {
  readonly work: (tx: Tx) => Promise<unknown>;
  outcome?: { readonly value: unknown } | { readonly error: unknown };
}

/**
 * Extend it, or an adapter such as TypeOrmOutbox, and decorate the class with @RocketMQTransactionListener: the options of that decorator
 * (template, topics, checks at once) hold. Every member of the producer group must see the same table.
 */
export abstract class RocketMQOutbox<Tx> implements RocketMQLocalTransactionListener<unknown> {
  private readonly clock: Clock;
  private readonly undecidedForMs: number;
  private readonly keepForMs: number;
  private readonly cleanEveryMs: number;
  private readonly running = new Set<string>();
  private readonly logger = new Logger('RocketMQOutbox');
  private lastCleanedAt: number | undefined;
  private cleaning: Promise<void> | undefined;

  constructor(
    private readonly template: RocketMQTemplate,
    private readonly store: OutboxStore<Tx>,
    options: RocketMQOutboxOptions = {},
  ) {
    this.clock = options.clock ?? new SystemClock();
    this.undecidedForMs = msOf('undecidedFor', options.undecidedFor ?? '60s');
    this.keepForMs = msOf('keepFor', options.keepFor ?? '3d');
    this.cleanEveryMs = msOf('cleanEvery', options.cleanEvery ?? '10m');
  }

  /**
   * Keeps the message aside at the broker, runs `work` in a transaction of the database, and has the message delivered when that is committed.
   * What `work` rejects with comes back from here, both undone. Rejects without running `work` when the broker does not keep the message; when the
   * database fails at its commit it rejects too, and message and rows are there or not, together.
   */
  async send<T>(
    destination: Destination,
    payload: unknown,
    work: (tx: Tx) => Promise<T>,
    options?: TemplateSendOptions,
  ): Promise<OutboxResult<T>> {
    const execution: Execution<Tx> = { work };
    const sendResult = await this.template.sendMessageInTransaction(destination, payload, execution, options);
    this.cleanSometimes();
    const { outcome } = execution;
    if (outcome === undefined) {
      const { sendStatus, msgId } = sendResult;
      const reason = sendStatus === 'SEND_OK' ? 'the broker will roll it back' : `the broker answered ${sendStatus}: it is not kept safely`;
      throw new Error(`nothing has been done for message ${msgId}: ${reason}`);
    }
    if ('error' in outcome) throw outcome.error;
    return { value: outcome.value as T, sendResult };
  }

  /** For the producer. */
  async executeLocalTransaction(message: Message<Buffer>, arg: unknown): Promise<RocketMQLocalTransactionState> {
    const execution = arg as Execution<Tx> | undefined;
    if (typeof execution?.work !== 'function') throw new TypeError(`${this.constructor.name}: send its messages with its own send()`);
    const id = transactionIdOf(message);
    // A failure before this is set has been rolled back; one after it comes from the commit, which may have happened.
    let isCommitting = false;
    this.running.add(id);
    try {
      const value = await this.store.transaction(async (tx) => {
        await this.store.insert(tx, { id, decision: 'COMMIT', createdAt: this.clock.now() });
        const given = await execution.work(tx);
        isCommitting = true;
        return given;
      });
      execution.outcome = { value };
      return RocketMQLocalTransactionState.COMMIT;
    } catch (error) {
      execution.outcome = { error };
      if (!isCommitting) return RocketMQLocalTransactionState.ROLLBACK;
      this.logger.warn(`transaction ${id}: the commit failed, the broker will ask whether it happened: ${reasonOf(error)}`);
      return RocketMQLocalTransactionState.UNKNOWN;
    } finally {
      this.running.delete(id);
    }
  }

  /** For the producer. A rollback is written down first: a transaction still under way elsewhere cannot commit any more then. */
  async checkLocalTransaction(message: Message<Buffer>): Promise<RocketMQLocalTransactionState> {
    const id = transactionIdOf(message);
    if (this.running.has(id)) return RocketMQLocalTransactionState.UNKNOWN;
    const age = this.clock.now() - Number(message.headers[`${RocketMQHeaders.PREFIX}BORN_TIMESTAMP`]);
    if (age < this.undecidedForMs) {
      return (await this.store.find(id)) === 'COMMIT' ? RocketMQLocalTransactionState.COMMIT : RocketMQLocalTransactionState.UNKNOWN;
    }
    return this.store.decide({ id, decision: 'ROLLBACK', createdAt: this.clock.now() });
  }

  /** Removes rows older than `keepFor`, at most 1000; gives how many. Sends do it now and then by themselves. */
  clean(): Promise<number> {
    return this.store.removeBefore(this.clock.now() - this.keepForMs, CLEAN_LIMIT);
  }

  /** Waits for a removal under way. */
  async onApplicationShutdown(): Promise<void> {
    await this.cleaning;
  }

  private cleanSometimes(): void {
    const now = this.clock.monotonic();
    if (this.cleaning !== undefined || (this.lastCleanedAt !== undefined && now - this.lastCleanedAt < this.cleanEveryMs)) return;
    this.lastCleanedAt = now;
    this.cleaning = this.clean()
      .catch((error: unknown) => this.logger.warn(`old rows could not be removed: ${reasonOf(error)}`))
      .then(() => {
        this.cleaning = undefined;
      });
  }
}

function transactionIdOf({ headers }: Message<Buffer>): string {
  const id = headers[`${RocketMQHeaders.PREFIX}TRANSACTION_ID`];
  if (typeof id === 'string' && id !== '') return id;
  throw new TypeError('the message has no transaction id');
}

function msOf(name: string, value: Duration): number {
  const ms = parseDuration(value);
  if (ms === undefined) throw new RangeError(`${name} ${String(value)} is no span of time: give ms above 0, or text such as '30s' or '7d'`);
  return ms;
}
