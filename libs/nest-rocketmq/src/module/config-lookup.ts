// Where the values of placeholders come from unless the application says otherwise: its ConfigService, then the environment.
// Must never import @nestjs/config: most applications have none.
import { environmentNames, type PlaceholderLookup } from '../options/index.js';

/** What is needed of a ConfigService. */
export interface ConfigSource {
  get(key: string): unknown;
}

/** `rocketmq.producer.group` under that name, then as ROCKETMQ_PRODUCER_GROUP; the ConfigService before the environment. */
export function createConfigLookup(
  config: ConfigSource | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): PlaceholderLookup {
  return (key) => {
    for (const name of [key, ...environmentNames(key)]) {
      const value = valueOf(config?.get(name)) ?? environment[name];
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

const valueOf = (value: unknown): string | number | boolean | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
