// A start: loads, looks, decides, acts, in that order. Must never change a file before the decision.
import { join } from 'node:path';
import type { StoreLayers } from '../store-layers.js';
import { executeRecovery, type RecoveryResult } from './execute.js';
import { gatherFacts } from './gather-facts.js';
import { planRecovery } from './plan.js';
import { defaultDelayMsOfLevel } from './record-tags.js';

export async function recoverStore(layers: StoreLayers): Promise<RecoveryResult> {
  const { log, queues, index, checkpoint, abort, deletedTopics, options, config } = layers;
  const { logger, disk } = options;
  const delayMsOfLevel = options.delayMsOfLevel ?? defaultDelayMsOfLevel;
  log.series.load();
  queues.load();
  deletedTopics.load(log.minOffset);
  // Topics of Java's other kind of queue: a queue of ours beside it makes a Java broker refuse to start.
  const batchTopics = new Set(disk.list(join(config.storePathRootDir, 'batchconsumequeue')));
  const ignore = (topic: string, physicalOffset: number): boolean => batchTopics.has(topic) || deletedTopics.covers(topic, physicalOffset);
  const facts = gatherFacts({
    series: log.series,
    queues,
    isClean: !abort.exists(),
    checkpoint: checkpoint.load(),
    delayMsOfLevel,
    ignore,
  });
  const result = await executeRecovery(planRecovery(facts), facts, { log, queues, logger, delayMsOfLevel, ignore });
  if (result.rebuiltQueues > 0) await queues.flush();
  const { indexMsgTimestamp } = facts.checkpoint;
  // A checkpoint newer than every record lies.
  const trustedIndex = indexMsgTimestamp <= result.newestTimestamp ? indexMsgTimestamp : 0;
  index.load({ isClean: facts.isClean, indexMsgTimestamp: trustedIndex, endOffset: result.endOffset });
  logger.info('store opened', {
    lastStop: facts.isClean ? 'clean' : 'abnormal',
    minPhysicalOffset: log.minOffset,
    maxPhysicalOffset: result.endOffset,
    droppedBytes: result.droppedBytes,
    rebuiltQueues: result.rebuiltQueues,
  });
  return result;
}
