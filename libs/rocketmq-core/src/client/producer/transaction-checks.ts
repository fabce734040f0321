// Answers brokers that ask about transactions (39): the listener decides, a few at a time, the others wait up to a limit
// [java DefaultMQProducerImpl#checkTransactionState]. Must never let a broker's question be answered at a place it no longer speaks of.
import type { Logger } from '../../common/index.js';
import { PROPERTY } from '../../message/index.js';
import type { EndTransactionHook } from '../hooks/message-hooks.js';
import type { ClientInstance } from '../instance/client-instance.js';
import type { TransactionQuestion } from '../instance/client-requests.js';
import { endTransaction, errorText, stateOf } from './end-transaction.js';
import type { TransactionListener } from './transaction-listener.js';

export interface CheckLimits {
  /** Checks at work at once. */
  readonly concurrency: () => number;
  /** Checks that may wait; one more is dropped, the broker asks again. */
  readonly waiting: () => number;
  readonly hooks: readonly EndTransactionHook[];
}

export class TransactionChecks {
  private readonly instance: ClientInstance;
  private readonly producerGroup: string;
  private readonly listener: () => TransactionListener | undefined;
  private readonly limits: CheckLimits;
  private readonly logger: Logger;
  /** By transaction; a newer question about the same takes the place of the older one. */
  private readonly waiting = new Map<string, TransactionQuestion>();
  private readonly running = new Map<string, { latest: TransactionQuestion; done: Promise<void> }>();
  private isClosed = false;
  private dropped = 0;

  constructor(instance: ClientInstance, producerGroup: string, listener: () => TransactionListener | undefined, limits: CheckLimits) {
    this.instance = instance;
    this.producerGroup = producerGroup;
    this.listener = listener;
    this.limits = limits;
    this.logger = instance.ports.logger;
  }

  /** Checks refused since start because too many were waiting. */
  get droppedChecks(): number {
    return this.dropped;
  }

  take(check: TransactionQuestion): void {
    if (this.isClosed) return;
    const key = keyOf(check);
    const running = this.running.get(key);
    if (running !== undefined) running.latest = check;
    else if (this.waiting.has(key) || this.waiting.size < this.limits.waiting()) this.waiting.set(key, check);
    else this.drop(check);
    this.startNext();
  }

  /** Drops what waits; resolves when nothing is at work any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.waiting.clear();
    await Promise.all([...this.running.values()].map(({ done }) => done));
  }

  private startNext(): void {
    for (const [key, check] of this.waiting) {
      if (this.running.size >= Math.max(1, this.limits.concurrency())) return;
      this.waiting.delete(key);
      const entry = { latest: check, done: Promise.resolve() };
      this.running.set(key, entry);
      entry.done = this.answer(entry).finally(() => {
        this.running.delete(key);
        this.startNext();
      });
    }
  }

  private async answer(entry: { readonly latest: TransactionQuestion }): Promise<void> {
    const { message } = entry.latest;
    const listener = this.listener();
    if (listener === undefined) {
      this.logger.warn('a broker asks about a transaction, and there is no transaction listener', { group: this.producerGroup });
      return;
    }
    let answer: unknown;
    let remark: string | undefined;
    try {
      answer = await listener.checkLocalTransaction(message);
    } catch (error) {
      remark = `checkLocalTransactionState Exception: ${errorText(error)}`;
      this.logger.warn(`the transaction listener failed in a check: ${errorText(error)}`, { msgId: message.msgId });
    }
    // The broker may have asked again meanwhile: the newest question says where the message lies now.
    const { header, address } = entry.latest;
    const end = {
      state: stateOf(answer, 'checkLocalTransaction', this.logger),
      remark,
      message,
      header: {
        producerGroup: this.producerGroup,
        tranStateTableOffset: header.tranStateTableOffset,
        commitLogOffset: header.commitLogOffset,
        fromTransactionCheck: true,
        msgId: message.properties.get(PROPERTY.UNIQUE_KEY) ?? message.msgId,
        ...(header.topic === undefined ? {} : { topic: header.topic }),
        ...(header.transactionId === undefined ? {} : { transactionId: header.transactionId }),
        ...(header.brokerName === undefined ? {} : { brokerName: header.brokerName }),
      },
    };
    await endTransaction(this.instance, address, end, this.limits.hooks);
  }

  private drop(check: TransactionQuestion): void {
    if (this.dropped++ === 0) {
      this.logger.warn(
        `more than ${this.limits.waiting()} transaction checks are waiting: those above are left out, the broker asks again`,
        {
          msgId: check.message.msgId,
        },
      );
    }
  }
}

const keyOf = ({ message, address }: TransactionQuestion): string => `${address} ${message.msgId}`;
