// Loads the package rocketmq-embedded when an application asks for it. Must never import it statically: it is optional and builds on this package.
import type { RocketMQEmbeddedOptions } from '../options/index.js';
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
  const specifier = 'rocketmq-embedded';
  let loaded: EmbeddedPackage;
  try {
    loaded = (await import(specifier)) as EmbeddedPackage;
  } catch (error) {
    const problems = new ProblemList(`RocketMQModule "${connectionName}"`);
    const reason = error instanceof Error ? error.message : String(error);
    problems.add('embedded', `the package rocketmq-embedded cannot be loaded: ${reason}`, 'Install it: npm install rocketmq-embedded.');
    throw new RocketMQConfigurationError(`RocketMQModule "${connectionName}"`, problems.found);
  }
  return loaded.EmbeddedRocketMQ.start({ ...options, ...services });
}
