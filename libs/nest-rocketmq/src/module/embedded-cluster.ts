// Loads the package rocketmq-embedded when an application asks for it. Must never import it statically: it is optional and builds on this package.
import { reasonOf } from 'rocketmq-core/common';
import type { RocketMQEmbeddedOptions } from '../options/index.js';
import { loadPeer } from '../peers/index.js';
import { ProblemList, RocketMQConfigurationError } from '../options/index.js';

/** What this package needs of a cluster inside the process. */
export interface EmbeddedCluster {
  readonly nameServer: string;
  stop(): Promise<void>;
}

interface EmbeddedPackage {
  EmbeddedRocketMQ: { start(options: RocketMQEmbeddedOptions & { clock?: unknown; logger?: unknown }): Promise<EmbeddedCluster> };
}

export async function startEmbeddedCluster(
  connectionName: string,
  options: RocketMQEmbeddedOptions,
  services: { clock?: unknown; logger?: unknown },
): Promise<EmbeddedCluster> {
  const where = `RocketMQModule "${connectionName}"`;
  const refuse = (reason: string, remedy: string, cause?: unknown): RocketMQConfigurationError => {
    const problems = new ProblemList(where);
    problems.add('embedded', `the package rocketmq-embedded ${reason}`, remedy);
    return Object.assign(new RocketMQConfigurationError(where, problems.found), { cause });
  };
  const loaded = await loadPeer('rocketmq-embedded').catch((error: unknown) => {
    const reason = reasonOf(error);
    throw refuse(`cannot be loaded: ${reason}`, 'Install it again in the version of nest-rocketmq: npm install rocketmq-embedded.', error);
  });
  if (loaded === undefined) throw refuse('is not installed', 'Install it: npm install rocketmq-embedded.');
  return (loaded as unknown as EmbeddedPackage).EmbeddedRocketMQ.start({ ...options, ...services });
}
