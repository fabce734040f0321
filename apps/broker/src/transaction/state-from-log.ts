// Makes the state of transactions from the log at a start: half queue, op queue and committed messages since the committed offsets.
// Must never take a transaction for open whose decision is in the log.
import type { Logger } from 'rocketmq-core/common';
import type { MessageExt } from 'rocketmq-core/message';
import type { MessageStore } from 'rocketmq-core/store';
import { TRANS_HALF_TOPIC, TRANS_OP_TOPIC } from '../topic/system-topics.js';
import { checkTimesOf, halfOffsetsOf, isCommitted, ownImmunityMsOf, PREPARED_QUEUE_OFFSET, transactionIdentity } from './half-message.js';
import type { OpenTransactions } from './open-transactions.js';
import { recordsFrom, SystemQueueReader } from './system-queue-reader.js';

/** How much of the log's end is searched for commits whose op record was lost: a broker of Apache's buffers those for three seconds. */
export const COMMIT_SEARCH_BYTES = 1024 ** 3;

export interface LogView {
  readonly store: MessageStore;
  readonly logFileBytes: number;
  readonly transactionTimeOutMs: number;
  readonly logger: Logger;
  /** Wall and monotonic ms of this start. */
  readonly nowMs: number;
  readonly monotonicMs: number;
}

/** Committed offsets of CID_RMQ_SYS_TRANS, -1 when none. */
export interface CommittedOffsets {
  readonly half: number;
  readonly op: number;
}

/** Fills the state; returns the half messages found decided that no op record names, for which one is to be written. */
export function stateFromLog(state: OpenTransactions, committed: CommittedOffsets, view: LogView): number[] {
  const halves = new SystemQueueReader(view.store, TRANS_HALF_TOPIC);
  const ops = new SystemQueueReader(view.store, TRANS_OP_TOPIC);
  // An offset beyond its queue is that of a log that lost its end.
  const start = (offset: number, queue: SystemQueueReader): number => Math.min(Math.max(offset, queue.minOffset), queue.maxOffset);
  const opStart = start(committed.op, ops);
  state.begin(start(committed.half, halves), opStart);
  const decided = readOps(state, ops, opStart);
  const unnamed: number[] = [];
  const first = readHalves(state, halves, decided, view, unnamed);
  if (first !== undefined && state.count > 0) closeCommitted(state, first, view, unnamed);
  return unnamed;
}

function readOps(state: OpenTransactions, ops: SystemQueueReader, opStart: number): Set<number> {
  const decided = new Set<number>();
  let next = opStart;
  for (const op of ops.from(opStart)) {
    // Places that could not be read say nothing.
    for (; next < op.queueOffset; next++) state.noteOp(next, -1);
    next = op.queueOffset + 1;
    const offsets = halfOffsetsOf(op);
    for (const offset of offsets) decided.add(offset);
    state.noteOp(op.queueOffset, Math.max(-1, ...offsets));
  }
  return decided;
}

/** Place in the log of the first half message looked at. */
function readHalves(
  state: OpenTransactions,
  halves: SystemQueueReader,
  decided: ReadonlySet<number>,
  view: LogView,
  unnamed: number[],
): number | undefined {
  let firstPhysicalOffset: number | undefined;
  let next = state.halfOffset;
  for (const half of halves.from(next)) {
    firstPhysicalOffset ??= half.commitLogOffset;
    for (; next < half.queueOffset; next++) state.close(next);
    next = half.queueOffset + 1;
    const identity = transactionIdentity(half);
    const older = state.find(identity);
    if (older !== undefined) {
      // A later record of the transaction is the one that counts, whatever became of it.
      state.remove(identity);
      state.close(older.queueOffset);
      // An op record for the place a copy calls its first would say, to Apache's broker, that the copy is decided.
      if (half.properties.get(PREPARED_QUEUE_OFFSET) !== String(older.queueOffset)) unnamed.push(older.queueOffset);
    }
    if (decided.has(half.queueOffset)) state.close(half.queueOffset);
    else state.add(identity, { queueOffset: half.queueOffset, askAtMs: askAtOf(half, view) });
  }
  return firstPhysicalOffset;
}

/** A commit is in the log before its op record: the record that consumers see decides. */
function closeCommitted(state: OpenTransactions, first: number, view: LogView, unnamed: number[]): void {
  const from = Math.max(first, view.store.maxPhysicalOffset - COMMIT_SEARCH_BYTES);
  // A search may only begin where a record begins.
  const start = from === first ? first : Math.ceil(from / view.logFileBytes) * view.logFileBytes;
  for (const message of recordsFrom(view.store, start, view.logFileBytes)) {
    if (!isCommitted(message)) continue;
    const identity = transactionIdentity(message);
    const open = state.find(identity);
    if (open === undefined) continue;
    view.logger.info('transaction found committed, its op record was lost', { halfOffset: open.queueOffset, msgId: message.msgId });
    state.remove(identity);
    state.close(open.queueOffset);
    unnamed.push(open.queueOffset);
  }
}

/** Age counts from the store's own time stamp: a client's clock says nothing about ours. */
function askAtOf(half: MessageExt, view: LogView): number {
  if (checkTimesOf(half) > 0) return view.monotonicMs;
  const age = Math.max(0, view.nowMs - half.storeTimestamp);
  const immunity = ownImmunityMsOf(half, view.transactionTimeOutMs) ?? view.transactionTimeOutMs;
  return view.monotonicMs + Math.max(0, immunity - age);
}
