// A start: loads, looks, decides, acts, in that order. Must never change a file before the decision.
import type { StoreLayers } from '../store-layers.js';
import { executeRecovery, type RecoveryResult } from './execute.js';
import { gatherFacts } from './gather-facts.js';
import { planRecovery } from './plan.js';
import { defaultDelayMsOfLevel } from './record-tags.js';

export async function recoverStore(layers: StoreLayers): Promise<RecoveryResult> {
  const { log, queues, checkpoint, abort, options } = layers;
  const { logger } = options;
  const delayMsOfLevel = options.delayMsOfLevel ?? defaultDelayMsOfLevel;
  log.series.load();
  queues.load();
  const facts = gatherFacts({ series: log.series, queues, isClean: !abort.exists(), checkpoint: checkpoint.load(), delayMsOfLevel });
  const result = await executeRecovery(planRecovery(facts), facts, { log, queues, logger, delayMsOfLevel });
  if (result.rebuiltQueues > 0) await queues.flush();
  logger.info('store opened', {
    lastStop: facts.isClean ? 'clean' : 'abnormal',
    minPhysicalOffset: log.minOffset,
    maxPhysicalOffset: result.endOffset,
    droppedBytes: result.droppedBytes,
    rebuiltQueues: result.rebuiltQueues,
  });
  return result;
}
