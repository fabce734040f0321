// What a further template takes from the connection it belongs to: everything it does not say itself. Must never validate.
import type { RocketMQOptions, RocketMQProducerOptions, RocketMQPullConsumerOptions } from './module-options.js';
import type { RocketMQSecurityOptions } from './security-options.js';

type Section = RocketMQSecurityOptions & { instanceName?: string | undefined };

/**
 * `own` beats `parent`, option by option; keys and TLS go as a whole. `autoStart` and the switches of listeners are the parent's own business, and
 * a pull consumer is there only where one is asked for: two of one group would share the messages.
 */
export function inheritOptions(name: string, own: RocketMQOptions, parent: RocketMQOptions): RocketMQOptions {
  const { autoStart: _autoStart, consumer, pullConsumer, producer, nameServer, embedded, ...shared } = parent;
  const hasOwnCluster = own.nameServer !== undefined || own.embedded !== undefined;
  return {
    ...shared,
    ...(hasOwnCluster ? {} : { nameServer, embedded }),
    ...given(own),
    producer: inheritSection<RocketMQProducerOptions>(name, own.producer, producer),
    consumer: inheritSection(name, own.consumer, withoutSwitches(consumer)),
    pullConsumer:
      own.pullConsumer === undefined ? undefined : inheritSection<RocketMQPullConsumerOptions>(name, own.pullConsumer, pullConsumer),
  };
}

function inheritSection<T extends Section>(name: string, own: T | undefined, parent: T | undefined): T | undefined {
  if (parent === undefined || typeof parent !== 'object' || (own !== undefined && typeof own !== 'object')) return own ?? parent;
  const base = { ...parent };
  if (own?.accessKey !== undefined || own?.secretKey !== undefined) {
    for (const key of ['accessKey', 'secretKey', 'securityToken'] as const) delete base[key];
  }
  if (own?.tlsEnable !== undefined) delete base.tls;
  // Two clients must never have one client id.
  if (base.instanceName !== undefined) base.instanceName = `${base.instanceName}-${name}`;
  return { ...base, ...given(own ?? {}) } as T;
}

function withoutSwitches(consumer: RocketMQOptions['consumer']): RocketMQOptions['consumer'] {
  if (consumer === undefined) return undefined;
  const { listeners: _listeners, ...rest } = consumer;
  return rest;
}

/** Explicit `undefined` inherits as an absent option does. */
const given = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
