// Transactions of producers: keeps half messages, ends them, and asks about those nobody ended [java TransactionalMessageServiceImpl].
// A decision and the op record that closes its half message are one write. Must never let one transaction be committed twice.
import type { Clock, Logger, Timer } from 'rocketmq-core/common';
import { decodeMessage, type MessageExt, PROPERTY } from 'rocketmq-core/message';
import type { MessageStore, PutMessage, PutMessageResult } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import type { BrokerAddress } from '../lifecycle/broker-address.js';
import type { DraftMessage } from '../message/broker-message.js';
import type { ConsumerOffsetTable } from '../offset/consumer-offset-table.js';
import { type Refusal, refuse } from '../processor/refusal.js';
import { TRANS_HALF_TOPIC, TRANS_OP_TOPIC } from '../topic/system-topics.js';
import type { TopicConfigTable } from '../topic/topic-config-table.js';
import { TransactionCheck } from './transaction-check.js';
import {
  checkTimesOf,
  committedMessage,
  HALF_QUEUE_ID,
  opMessage,
  ownImmunityMsOf,
  toHalfMessage,
  transactionIdentity,
} from './half-message.js';
import { type OpenTransaction, OpenTransactions } from './open-transactions.js';
import type { ProducerQuestions } from './producer-questions.js';
import { stateFromLog } from './state-from-log.js';
import { SystemQueueReader } from './system-queue-reader.js';

/** Consumer group whose offsets on the half and the op topic say how far both are used up. */
export const TRANSACTION_GROUP = 'CID_RMQ_SYS_TRANS';

export interface TransactionParts {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: MessageStore;
  readonly topics: TopicConfigTable;
  readonly offsets: ConsumerOffsetTable;
  readonly address: BrokerAddress;
  readonly questions: ProducerQuestions;
}

/** What a producer decided about which record. */
export interface TransactionEnd {
  readonly producerGroup: string;
  /** Of the half message, or of the copy a check spoke of. */
  readonly queueOffset: number;
  readonly physicalOffset: number;
  readonly commit: boolean;
  readonly fromCheck: boolean;
}

/** An undecided transaction, for people to look at. */
export interface UnresolvedTransaction {
  readonly producerGroup: string;
  readonly topic: string;
  readonly msgId: string;
  readonly queueOffset: number;
  readonly physicalOffset: number;
  readonly bornTimestamp: number;
  readonly checkTimes: number;
}

export class TransactionService {
  readonly state = new OpenTransactions();
  private readonly halves: SystemQueueReader;
  private readonly check: TransactionCheck;
  /** Transactions a record of which is on its way into the log, one at a time each. */
  private readonly busy = new Map<string, Promise<void>>();
  /** Offsets of the pass before, told one pass later: an offset must never be safer on disk than the decisions below it. */
  private settled: { half: number; op: number } | undefined;
  private timer: Timer | undefined;
  private pass: Promise<void> | undefined;

  constructor(private readonly parts: TransactionParts) {
    this.halves = new SystemQueueReader(parts.store, TRANS_HALF_TOPIC);
    this.check = new TransactionCheck(parts, this);
  }

  async start(): Promise<void> {
    const { config, clock, logger, offsets, store } = this.parts;
    const committed = {
      half: offsets.query(TRANS_HALF_TOPIC, TRANSACTION_GROUP, HALF_QUEUE_ID),
      op: offsets.query(TRANS_OP_TOPIC, TRANSACTION_GROUP, HALF_QUEUE_ID),
    };
    const unnamed = stateFromLog(this.state, committed, {
      store,
      logger,
      logFileBytes: config.mappedFileSizeCommitLog,
      transactionTimeOutMs: config.transactionTimeOut,
      nowMs: clock.now(),
      monotonicMs: clock.monotonic(),
    });
    await this.nameAll(unnamed);
    this.timer = clock.setPeriodic(() => this.startPass(), config.transactionCheckInterval);
    if (this.state.count > 0) logger.info('transactions are undecided since before the start', { count: this.state.count });
  }

  /** Resolves when no check pass is under way any more. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    this.check.stop();
    await this.pass;
    this.tellOffsets();
    this.tellOffsets();
  }

  /** Keeps what a producer sent as prepared. */
  async prepare(draft: DraftMessage): Promise<PutMessageResult> {
    const { config, clock, store } = this.parts;
    if (this.state.count >= config.maxOpenTransactions) {
      const reason = `${this.state.count} transactions are undecided, maxOpenTransactions=${config.maxOpenTransactions}`;
      return { status: 'OS_PAGE_CACHE_BUSY', records: [], reason };
    }
    const half = toHalfMessage(draft);
    const result = await store.put(half);
    const record = result.records[0];
    if (record === undefined) return result;
    const immunity = ownImmunityMsOf(half, config.transactionTimeOut) ?? config.transactionTimeOut;
    await this.takeUp(transactionIdentity(half), { queueOffset: record.queueOffset, askAtMs: clock.monotonic() + immunity });
    return result;
  }

  /** Commits or rolls back; why not, when it cannot be. */
  async end(end: TransactionEnd): Promise<Refusal | undefined> {
    const half = this.halfAt(end.physicalOffset);
    const refusal = this.checkEnd(half, end);
    if (half === undefined || refusal !== undefined) return refusal;
    const identity = transactionIdentity(half);
    for (let other = this.busy.get(identity); other !== undefined; other = this.busy.get(identity)) await other;
    return this.exclusively(identity, async (open) => {
      // First decision wins; a later one, the same or another, finds nothing left to decide.
      if (open === undefined) return refuse('SYSTEM_ERROR', 'The transaction has ended already');
      return end.commit ? this.commit(identity, open, half) : this.rollback(identity, open);
    });
  }

  /** Undecided transactions, the oldest first. */
  unresolved(limit: number): UnresolvedTransaction[] {
    const found: UnresolvedTransaction[] = [];
    for (const [, { queueOffset }] of this.state.entries()) {
      if (found.length >= limit) break;
      const half = this.halves.at(queueOffset);
      if (half === undefined) continue;
      found.push({
        producerGroup: half.properties.get(PROPERTY.PRODUCER_GROUP) ?? '',
        topic: half.properties.get(PROPERTY.REAL_TOPIC) ?? '',
        msgId: half.msgId,
        queueOffset,
        physicalOffset: half.commitLogOffset,
        bornTimestamp: half.bornTimestamp,
        checkTimes: checkTimesOf(half),
      });
    }
    return found;
  }

  /** True while a record of the transaction is being written. */
  isBusy(identity: string): boolean {
    return this.busy.has(identity);
  }

  /** Runs `work` on a transaction nobody else is at work on. */
  async exclusively<T>(identity: string, work: (open: OpenTransaction | undefined) => Promise<T>): Promise<T> {
    const running = work(this.state.find(identity));
    const ignore = (): void => undefined;
    this.busy.set(identity, running.then(ignore, ignore));
    try {
      return await running;
    } finally {
      this.busy.delete(identity);
    }
  }

  /** Closes the record of a transaction together with what takes its place, in one write; undefined when nothing was stored. */
  async replace(identity: string, open: OpenTransaction, message: PutMessage | undefined): Promise<PutMessageResult> {
    const { store } = this.parts;
    const op = this.opOf(open.queueOffset);
    const result = await store.putBatch(message === undefined ? [op] : [message, op]);
    const written = result.records.at(-1);
    if (written === undefined) return result;
    if (this.state.find(identity) === open) this.state.remove(identity);
    this.state.noteOp(written.queueOffset, open.queueOffset);
    this.state.close(open.queueOffset);
    return result;
  }

  /** Runs a check pass unless one is under way. */
  private startPass(): void {
    if (this.pass !== undefined) return;
    this.pass = this.check
      .run()
      .catch((error: unknown) => this.parts.logger.error('transaction check failed, the next one goes on', { error }))
      .then(() => {
        this.tellOffsets();
        this.pass = undefined;
      });
  }

  private async takeUp(identity: string, transaction: OpenTransaction): Promise<void> {
    const older = this.state.add(identity, transaction);
    // A send that was tried again: the record whose answer was lost is not a transaction of its own.
    if (older !== undefined) await this.nameAll([older.queueOffset]);
  }

  private halfAt(physicalOffset: number): MessageExt | undefined {
    const record = physicalOffset < 0 ? undefined : this.parts.store.readRecord(physicalOffset);
    const message = record === undefined ? undefined : decodeMessage(record, { decompress: false });
    return message?.topic === TRANS_HALF_TOPIC ? message : undefined;
  }

  /** [java EndTransactionProcessor#checkPrepareMessage, #rejectCommitOrRollback] */
  private checkEnd(half: MessageExt | undefined, end: TransactionEnd): Refusal | undefined {
    if (half === undefined) return refuse('SYSTEM_ERROR', 'Find prepared transaction message failed');
    const { clock, config } = this.parts;
    const immunity = ownImmunityMsOf(half, config.transactionTimeOut);
    if (!end.fromCheck && immunity !== undefined && clock.now() - half.bornTimestamp > immunity) {
      return refuse('ILLEGAL_OPERATION', `the time until the first check, ${immunity} ms, is over: the answer to the check decides`);
    }
    if (half.properties.get(PROPERTY.PRODUCER_GROUP) !== end.producerGroup) return refuse('SYSTEM_ERROR', 'The producer group wrong');
    if (half.queueOffset !== end.queueOffset) return refuse('SYSTEM_ERROR', 'The transaction state table offset wrong');
    return undefined;
  }

  private async commit(identity: string, open: OpenTransaction, half: MessageExt): Promise<Refusal | undefined> {
    const message = committedMessage(half);
    if (message === undefined) return refuse('SYSTEM_ERROR', 'the half message does not say where it belongs');
    const result = await this.replace(identity, open, message);
    return refusalOf(result, this.parts.config.maxMessageSize);
  }

  private async rollback(identity: string, open: OpenTransaction): Promise<Refusal | undefined> {
    return refusalOf(await this.replace(identity, open, undefined), this.parts.config.maxMessageSize);
  }

  private async nameAll(queueOffsets: readonly number[]): Promise<void> {
    for (const queueOffset of queueOffsets) {
      const { records } = await this.parts.store.put(this.opOf(queueOffset));
      if (records[0] !== undefined) this.state.noteOp(records[0].queueOffset, queueOffset);
      this.state.close(queueOffset);
    }
  }

  private opOf(queueOffset: number): PutMessage {
    return opMessage(queueOffset, this.parts.address.storeHost, this.parts.clock.now());
  }

  private tellOffsets(): void {
    const { offsets } = this.parts;
    if (this.settled !== undefined) {
      offsets.commit(TRANS_HALF_TOPIC, TRANSACTION_GROUP, HALF_QUEUE_ID, this.settled.half);
      offsets.commit(TRANS_OP_TOPIC, TRANSACTION_GROUP, HALF_QUEUE_ID, this.settled.op);
    }
    this.settled = { half: this.state.halfOffset, op: this.state.opOffset };
  }
}

/** [java EndTransactionProcessor#sendFinalMessage]: stored is stored, however safely. */
function refusalOf({ status, records, reason }: PutMessageResult, maxMessageSize: number): Refusal | undefined {
  if (records.length > 0) return undefined;
  switch (status) {
    case 'CREATE_MAPPED_FILE_FAILED':
      return refuse('SYSTEM_ERROR', 'Create mapped file failed.');
    case 'MESSAGE_ILLEGAL':
    case 'PROPERTIES_SIZE_EXCEEDED':
      return refuse(
        'MESSAGE_ILLEGAL',
        'The message is illegal, maybe msg body or properties length not matched. ' +
          `msg body length limit ${maxMessageSize}B, msg properties length limit 32KB.`,
      );
    case 'SERVICE_NOT_AVAILABLE':
      return refuse('SERVICE_NOT_AVAILABLE', 'Service not available now.');
    case 'OS_PAGE_CACHE_BUSY':
      return refuse('SYSTEM_ERROR', 'OS page cache busy, please try another machine');
    default:
      return refuse('SYSTEM_ERROR', reason ?? `message not stored: ${status}`);
  }
}
