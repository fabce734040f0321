// Carries out a recovery plan and brings every layer to where it goes on. Must never run before the plan was found free of refusals.
import type { Logger } from '../../common/index.js';
import { assert } from '../../common/index.js';
import { StoreCorruptError } from '../../errors/index.js';
import type { CommitLog } from '../commit-log/commit-log.js';
import type { ConsumeQueue } from '../consume-queue/consume-queue.js';
import type { ConsumeQueueStore } from '../consume-queue/consume-queue-store.js';
import { BLANK_UNIT_SIZE, UNIT_BYTES } from '../consume-queue/unit-codec.js';
import { LogScan } from './log-scan.js';
import type { RecoveryStep } from './plan.js';
import { type IgnoreRecord, QueueExpectations } from './queue-expectations.js';
import type { RecoveryFacts } from './recovery-facts.js';

export interface RecoveryTarget {
  log: CommitLog;
  queues: ConsumeQueueStore;
  logger: Logger;
  delayMsOfLevel: (level: number) => number;
  /** Records that belong to no consume queue whatever they say. */
  ignore: IgnoreRecord;
}

export interface RecoveryResult {
  endOffset: number;
  droppedBytes: number;
  rebuiltQueues: number;
  newestTimestamp: number;
}

/** Throws StoreCorruptError, with nothing changed, when the plan refuses. */
export async function executeRecovery(
  steps: readonly RecoveryStep[],
  facts: RecoveryFacts,
  target: RecoveryTarget,
): Promise<RecoveryResult> {
  for (const step of steps) {
    if (step.kind === 'refuse') throw new StoreCorruptError(step.path, step.reason, step.physicalOffset);
  }
  const result: RecoveryResult = {
    endOffset: facts.log.end.endOffset,
    droppedBytes: 0,
    rebuiltQueues: 0,
    newestTimestamp: facts.log.lastTimestamp,
  };
  const rebuilds: Rebuild[] = [];
  target.log.series.removeEmpty();
  for (const queue of target.queues.all()) queue.series.removeEmpty();
  const { log, queues, logger } = target;
  for (const step of steps) {
    if (step.kind === 'cutLog') {
      cutLog(step, log, logger);
      result.endOffset = step.at;
      result.droppedBytes = step.droppedBytes;
    } else if (step.kind !== 'refuse') {
      const queue = queues.getOrCreate(step.topic, step.queueId);
      logger.warn(`consume queue: ${step.kind}`, { ...step });
      if (step.kind === 'cutQueue') queue.series.cutAt(step.at * UNIT_BYTES);
      else if (step.kind === 'dropQueue') queues.drop(queue);
      else rebuilds.push({ queue, from: step.from, beginsAt: beginOf(queue, facts) });
    }
  }
  await log.series.flush();
  log.resume(result.endOffset);
  if (rebuilds.length > 0) rebuildQueues(rebuilds, target);
  result.rebuiltQueues = rebuilds.length;
  resumeQueues(
    facts,
    rebuilds.map(({ queue }) => queue),
    target,
  );
  return result;
}

function beginOf(queue: ConsumeQueue, facts: RecoveryFacts): number {
  return facts.queues.find(({ topic, queueId }) => topic === queue.topic && queueId === queue.queueId)?.expected?.beginsAt ?? 0;
}

function cutLog(step: RecoveryStep & { kind: 'cutLog' }, log: CommitLog, logger: Logger): void {
  log.series.cutAt(step.at);
  if (step.droppedBytes > 0) {
    logger.warn('log cut', {
      path: log.series.pathOf(log.series.startOf(step.at)),
      physicalOffset: step.at,
      droppedBytes: step.droppedBytes,
      why: step.why,
    });
  }
}

/** Where a queue's units are right, and from where in the log they must be written again. */
interface Rebuild {
  queue: ConsumeQueue;
  from: number;
  beginsAt: number;
}

/** A second walk over the log, for the queues that are not what it says: afterwards they are as if built by one broker from the start. */
function rebuildQueues(rebuilds: readonly Rebuild[], { log, queues, delayMsOfLevel, ignore }: RecoveryTarget): void {
  const byQueue = new Map(rebuilds.map((rebuild) => [rebuild.queue, rebuild]));
  for (const { queue, from } of rebuilds) cutForRebuild(queue, from);
  const expectations = new QueueExpectations(queues, delayMsOfLevel, ignore);
  expectations.onPlaced = (expectation, ordinal, record, tagsCode) => {
    const queue = queues.find(expectation.topic, expectation.queueId);
    const rebuild = queue === undefined ? undefined : byQueue.get(queue);
    if (queue === undefined || rebuild === undefined || record.physicalOffset < rebuild.beginsAt || ordinal < rebuild.from) return;
    while (queue.maxOffset < ordinal) queues.append(queue, 0, BLANK_UNIT_SIZE, 0, 0);
    assert(queue.maxOffset === ordinal, `unit ${ordinal} of ${queue.topic}/${queue.queueId} after ${queue.maxOffset}`);
    queues.append(queue, record.physicalOffset, record.facts.size, tagsCode.high, tagsCode.low);
  };
  new LogScan(log.series).walk(log.minOffset, (record) => {
    if (record.physicalOffset < log.writtenOffset) expectations.add(record);
  });
  queues.writeOut();
}

/** Keeps the units before `from` when their files are there without a hole. */
function cutForRebuild(queue: ConsumeQueue, from: number): void {
  const position = from * UNIT_BYTES;
  queue.series.cutAt(position);
  if (queue.series.findGap() !== undefined || queue.series.end < position) queue.series.removeAll();
  queue.restartAt(from);
}

function resumeQueues(facts: RecoveryFacts, rebuilt: readonly ConsumeQueue[], { log, queues }: RecoveryTarget): void {
  for (const queue of rebuilt) queue.resume(queue.maxOffset, log.minOffset);
  const done = new Set(rebuilt);
  for (const { topic, queueId, expected, unitsEnd } of facts.queues) {
    const queue = queues.find(topic, queueId);
    if (queue === undefined || done.has(queue)) continue;
    queue.resume(expected?.next ?? unitsEnd, log.minOffset);
  }
}
