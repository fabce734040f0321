// A configuration that cannot be used: every bad key at once.
import { RocketMQError } from './rocketmq-error.js';

export interface ConfigProblem {
  /** The key, or option path, as the user writes it. */
  key: string;
  /** What was found and what is allowed: `"abc" is no integer within 1..65535`. */
  problem: string;
}

export class ConfigError extends RocketMQError {
  readonly problems: readonly ConfigProblem[];

  constructor(where: string, problems: readonly ConfigProblem[]) {
    super('RMQ_CONFIG', `${where}: ${problems.map(({ key, problem }) => `${key}: ${problem}`).join('; ')}`, { where });
    this.problems = problems;
  }
}
