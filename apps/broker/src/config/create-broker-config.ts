// The one way to a broker configuration: file text, flags, values given in code, checked together and completed.
import { hostname, networkInterfaces } from 'node:os';
import { APACHE_BROKER_KEYS, loadConfig, type LoadConfigInput } from 'nest-rocketmq/server';
import { brokerConfigProblems, completeBrokerConfig, type Machine } from './broker-config.js';
import { BROKER_CONFIG_SCHEMA, type BrokerConfig, type BrokerConfigInput } from './broker-config.schema.js';

export interface BrokerConfigSource {
  /** What problems are reported against: the path of the file. Default `broker options`. */
  where?: string;
  /** Content of broker.conf. */
  text?: string | undefined;
  /** Values as text that win over the file: flags, environment. */
  overrideTexts?: LoadConfigInput<typeof BROKER_CONFIG_SCHEMA>['overrideTexts'];
  /** Values given in code; win over everything. */
  overrides?: BrokerConfigInput | undefined;
}

export interface CreatedBrokerConfig {
  config: BrokerConfig;
  /** Keys nobody knows. */
  unknownKeys: readonly string[];
  /** Apache's keys that have no effect here. */
  unusedKeys: readonly string[];
}

/** Throws ConfigError with every problem at once. */
export function createBrokerConfig(source: BrokerConfigSource = {}, machine: Machine = thisMachine()): CreatedBrokerConfig {
  const { config, unknownKeys, unusedKeys } = loadConfig(BROKER_CONFIG_SCHEMA, {
    where: source.where ?? 'broker options',
    text: source.text,
    overrideTexts: source.overrideTexts ?? {},
    overrides: source.overrides,
    knownKeys: APACHE_BROKER_KEYS,
    refine: brokerConfigProblems,
  });
  return { config: completeBrokerConfig(config, machine), unknownKeys, unusedKeys };
}

function thisMachine(): Machine {
  return { hostName: hostname(), interfaces: Object.values(networkInterfaces()).flatMap((one) => one ?? []) };
}
