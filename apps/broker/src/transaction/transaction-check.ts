// The periodic look at undecided transactions: asks their producers, and gives up those nobody could decide [java
// TransactionalMessageServiceImpl#check]. One bad record must never stop the others from being looked at.
import type { Clock, Logger } from 'rocketmq-core/common';
import type { MessageExt } from 'rocketmq-core/message';
import type { MessageStore, PutMessageResult } from 'rocketmq-core/store';
import type { BrokerConfig } from '../config/broker-config.schema.js';
import { PERM_READ, PERM_WRITE } from '../topic/permission.js';
import { CHECK_MAX_TIME_TOPIC, TRANS_HALF_TOPIC } from '../topic/system-topics.js';
import type { TopicConfigTable } from '../topic/topic-config-table.js';
import { checkedCopy, checkTimesOf, discardedCopy, movedCopy } from './half-message.js';
import type { OpenTransaction, OpenTransactions } from './open-transactions.js';
import type { ProducerQuestions } from './producer-questions.js';
import { SystemQueueReader } from './system-queue-reader.js';

/** One pass takes no longer; the next one goes on. */
export const PASS_LIMIT_MS = 60_000;
/** Transactions looked at together. */
const PASS_BATCH = 64;
/** An undecided record further behind the end of the half queue is moved there, so that what lies behind it can be forgotten. */
export const BEHIND_MAX = 100_000;
const MS_PER_HOUR = 3_600_000;

export interface CheckParts {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: MessageStore;
  readonly topics: TopicConfigTable;
  readonly questions: ProducerQuestions;
}

/** What the check does to a transaction, through its owner. */
export interface TransactionOwner {
  readonly state: OpenTransactions;
  isBusy(identity: string): boolean;
  exclusively(identity: string, work: (open: OpenTransaction | undefined) => Promise<void>): Promise<void>;
  replace(identity: string, open: OpenTransaction, message: ReturnType<typeof checkedCopy>): Promise<PutMessageResult>;
}

export class TransactionCheck {
  private readonly halves: SystemQueueReader;
  private stopped = false;

  constructor(
    private readonly parts: CheckParts,
    private readonly owner: TransactionOwner,
    private readonly behindMax = BEHIND_MAX,
  ) {
    this.halves = new SystemQueueReader(parts.store, TRANS_HALF_TOPIC);
  }

  stop(): void {
    this.stopped = true;
  }

  async run(): Promise<void> {
    const { clock } = this.parts;
    const startedAtMs = clock.monotonic();
    const end = this.halves.maxOffset;
    const due = [...this.owner.state.entries()].filter(([, open]) => this.isDue(open, startedAtMs, end));
    for (let i = 0; i < due.length && !this.stopped; i += PASS_BATCH) {
      if (clock.monotonic() - startedAtMs > PASS_LIMIT_MS) return;
      await Promise.all(due.slice(i, i + PASS_BATCH).map(([identity, open]) => this.lookAt(identity, open, startedAtMs)));
    }
  }

  private isDue({ queueOffset, askAtMs }: OpenTransaction, nowMs: number, end: number): boolean {
    return askAtMs < nowMs || end - queueOffset > this.behindMax;
  }

  private async lookAt(identity: string, open: OpenTransaction, nowMs: number): Promise<void> {
    // Decided since the pass began, or being decided.
    if (this.owner.state.find(identity) !== open || this.owner.isBusy(identity)) return;
    try {
      await this.owner.exclusively(identity, async () => {
        const half = this.halves.at(open.queueOffset);
        if (half === undefined) this.lost(identity, open);
        else if (this.isOver(half)) await this.discard(identity, open, half);
        else if (open.askAtMs < nowMs) await this.ask(identity, open, half);
        else await this.move(identity, open, half);
      });
    } catch (error) {
      this.parts.logger.error('transaction could not be checked, the next check tries again', { queueOffset: open.queueOffset, error });
    }
  }

  private isOver(half: MessageExt): boolean {
    const { clock, config } = this.parts;
    return checkTimesOf(half) >= config.transactionCheckMax || clock.now() - half.bornTimestamp > config.fileReservedTime * MS_PER_HOUR;
  }

  /** The copy waits for the answer: an answer names its place, and the half queue goes on. */
  private async ask(identity: string, open: OpenTransaction, half: MessageExt): Promise<void> {
    const copy = checkedCopy(half);
    const { records } = await this.owner.replace(identity, open, copy);
    const place = records[0];
    if (place === undefined) return;
    this.owner.state.add(identity, { queueOffset: place.queueOffset, askAtMs: this.parts.clock.monotonic() });
    this.parts.questions.ask(half, copy, place);
  }

  private async move(identity: string, open: OpenTransaction, half: MessageExt): Promise<void> {
    const { records } = await this.owner.replace(identity, open, movedCopy(half));
    if (records[0] !== undefined) this.owner.state.add(identity, { queueOffset: records[0].queueOffset, askAtMs: open.askAtMs });
  }

  private async discard(identity: string, open: OpenTransaction, half: MessageExt): Promise<void> {
    const { topics, logger } = this.parts;
    topics.createInternal(CHECK_MAX_TIME_TOPIC, 1, PERM_READ | PERM_WRITE);
    const { records } = await this.owner.replace(identity, open, discardedCopy(half));
    if (records.length === 0) return;
    logger.error(`transaction given up, nobody decided it: its message is in ${CHECK_MAX_TIME_TOPIC}`, {
      msgId: half.msgId,
      checks: checkTimesOf(half),
      physicalOffset: records[0]!.physicalOffset,
    });
  }

  /** Retention deleted its file. */
  private lost(identity: string, open: OpenTransaction): void {
    this.parts.logger.error('the half message of an undecided transaction is gone from the log', { queueOffset: open.queueOffset });
    this.owner.state.remove(identity);
    this.owner.state.close(open.queueOffset);
  }
}
