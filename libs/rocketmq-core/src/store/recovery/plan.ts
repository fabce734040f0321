// Decides what a start does about what it found. Pure. The rule that matters: what was durable once must be there, or the start is refused;
// only what was never promised may be cut (D7).
import { join } from 'node:path';
import { fileNameOf } from '../file/file-name.js';
import type { LogFacts, QueueFacts, RecoveryFacts } from './recovery-facts.js';

export type RecoveryStep =
  | { kind: 'refuse'; path: string; physicalOffset: number; reason: string }
  | { kind: 'cutLog'; at: number; droppedBytes: number; why: string }
  | { kind: 'cutQueue'; topic: string; queueId: number; at: number }
  | { kind: 'rebuildQueue'; topic: string; queueId: number; from: number; why: string }
  | { kind: 'dropQueue'; topic: string; queueId: number; why: string };

export function planRecovery(facts: RecoveryFacts): RecoveryStep[] {
  const { log } = facts;
  if (log.gapAt !== undefined && !isLossOfUnflushed(facts, log.gapAt)) {
    const path = join(log.directory, fileNameOf(log.gapAt));
    return [{ kind: 'refuse', path, physicalOffset: log.gapAt, reason: 'the file is missing between others' }];
  }
  const end = endOf(facts);
  const refusal = lossOf(facts, end);
  if (refusal !== undefined) {
    return [
      {
        kind: 'refuse',
        path: log.endPath,
        physicalOffset: end,
        reason: `${describe(log)}, but ${refusal}; restore the file or the replica`,
      },
    ];
  }
  return [...logSteps(facts, end), ...facts.queues.flatMap(queueSteps)];
}

/** A power cut can take a file that was never flushed and leave the one behind it. */
function isLossOfUnflushed({ isClean, checkpoint }: RecoveryFacts, gapAt: number): boolean {
  return !isClean && checkpoint.durableOffset !== undefined && checkpoint.durableOffset <= gapAt;
}

/** End of the log to be kept. */
function endOf({ log, isClean, checkpoint }: RecoveryFacts): number {
  const isTorn = log.tornRecordAt !== undefined && !isClean && log.end.why === 'nothing';
  return isTorn && (checkpoint.durableOffset ?? 0) <= log.tornRecordAt! ? log.tornRecordAt! : log.end.endOffset;
}

/** Says what proves that durable bytes are gone, or undefined when nothing does. */
function lossOf({ log, isClean, checkpoint }: RecoveryFacts, end: number): string | undefined {
  if (checkpoint.durableOffset !== undefined) {
    return checkpoint.durableOffset > end ? `everything below physicalOffset=${checkpoint.durableOffset} was flushed once` : undefined;
  }
  if (isClean) {
    if (log.damagedHead !== undefined) return 'the record there was complete when the store was closed';
    return log.later === undefined ? undefined : `a valid record follows at physicalOffset=${log.later.physicalOffset}`;
  }
  const flushedTo = trustedTimestamp(log, checkpoint.physicMsgTimestamp);
  for (const proof of [log.damagedHead, log.later]) {
    // Equal times prove nothing: of two messages of one millisecond only the first may have been flushed.
    if (proof === undefined || proof.storeTimestamp >= flushedTo || proof.storeTimestamp < log.lastTimestamp) continue;
    return `the record at physicalOffset=${proof.physicalOffset} stored at ${proof.storeTimestamp} was flushed once (checkpoint ${flushedTo})`;
  }
  return undefined;
}

/** A checkpoint newer than every record lies: it then proves nothing. */
function trustedTimestamp(log: LogFacts, physicMsgTimestamp: number): number {
  const newest = Math.max(log.lastTimestamp, log.damagedHead?.storeTimestamp ?? 0, log.later?.storeTimestamp ?? 0);
  return physicMsgTimestamp <= newest ? physicMsgTimestamp : 0;
}

function logSteps({ log, isClean }: RecoveryFacts, end: number): RecoveryStep[] {
  const droppedBytes = Math.max(0, log.dataEnd - end);
  // After a crash the rest of the file is cut even when it looks empty: a stale record must never come to follow a new one.
  if (droppedBytes === 0 && isClean) return [];
  return [{ kind: 'cutLog', at: end, droppedBytes, why: end < log.end.endOffset ? 'the last record is torn' : describe(log) }];
}

function queueSteps(queue: QueueFacts): RecoveryStep[] {
  const { topic, queueId, expected, mismatchAt } = queue;
  if (expected === undefined) {
    return queue.unitsAreSound ? [] : [{ kind: 'dropQueue', topic, queueId, why: 'its units point to no records' }];
  }
  if (mismatchAt !== undefined)
    return [{ kind: 'rebuildQueue', topic, queueId, from: mismatchAt, why: `unit ${mismatchAt} is not what the log says` }];
  return queue.hasExtra ? [{ kind: 'cutQueue', topic, queueId, at: expected.next }] : [];
}

function describe(log: LogFacts): string {
  return log.end.why === 'nothing' ? 'the log ends there' : `no valid record there (${log.end.why})`;
}
