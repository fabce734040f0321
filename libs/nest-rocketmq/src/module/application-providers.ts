// Providers that count for the whole application wherever they stand: placeholder resolver, message converter, enhancers, ConfigService.
// Must never make one.
import type { DiscoveryService } from '@nestjs/core';
import {
  isListenerEnhancer,
  type ListenerEnhancerFunction,
  type ListenerEnhancerMethods,
  listenerEnhancerOptionsOf,
  ROCKETMQ_LISTENER_ENHANCER,
} from '../enhancer/index.js';
import type { RocketMQMessageConverter } from '../messaging/index.js';
import type { ConfigurationProblem, PlaceholderLookup, RocketMQOptions, RocketMQPlaceholderResolver } from '../options/index.js';
import { type ConfigSource, createConfigLookup } from './config-lookup.js';
import { isSingleton, typeOf } from './listener-explorer.js';
import { ROCKETMQ_MESSAGE_CONVERTER, ROCKETMQ_PLACEHOLDER_RESOLVER } from './tokens.js';

export interface FoundEnhancers {
  readonly enhance: readonly ListenerEnhancerFunction[];
  readonly problems: readonly ConfigurationProblem[];
}

export class ApplicationProviders {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly environment: Readonly<Record<string, string | undefined>>,
  ) {}

  /** The connection's own resolver, the application's, its ConfigService with the environment: the first there is. */
  placeholderLookup({ placeholders }: Pick<RocketMQOptions, 'placeholders'>): PlaceholderLookup {
    const given =
      placeholders ?? (this.instancesOf(ROCKETMQ_PLACEHOLDER_RESOLVER)[0] as RocketMQPlaceholderResolver | PlaceholderLookup | undefined);
    if (typeof given === 'function') return given;
    if (typeof given?.resolve === 'function') return (key) => given.resolve(key);
    return createConfigLookup(this.configService(), this.environment);
  }

  messageConverter(): RocketMQMessageConverter | undefined {
    return this.instancesOf(ROCKETMQ_MESSAGE_CONVERTER)[0] as RocketMQMessageConverter | undefined;
  }

  /** Lower `order` first, equal ones in the order of the modules. */
  enhancers(): FoundEnhancers {
    const problems: ConfigurationProblem[] = [];
    const found = new Map<unknown, { order: number; enhance: ListenerEnhancerFunction }>();
    for (const wrapper of this.discovery.getProviders()) {
      const type = typeOf(wrapper);
      const options = type === undefined ? undefined : listenerEnhancerOptionsOf(type);
      if (options === undefined && wrapper.token !== ROCKETMQ_LISTENER_ENHANCER) continue;
      const instance: unknown = isSingleton(wrapper) ? wrapper.instance : undefined;
      if (!isListenerEnhancer(instance)) {
        const where = options === undefined ? ROCKETMQ_LISTENER_ENHANCER : type!.name;
        const remedy = 'Give a singleton: a function (options, listener) => options, or an object with such a method enhance.';
        problems.push({ where, option: 'enhance', problem: 'is missing, or the provider is no singleton', remedy });
        continue;
      }
      // `useExisting` shows one instance under two tokens.
      found.set(instance, { order: options?.order ?? 0, enhance: asFunction(instance) });
    }
    return { enhance: [...found.values()].toSorted((a, b) => a.order - b.order).map(({ enhance }) => enhance), problems };
  }

  private configService(): ConfigSource | undefined {
    for (const wrapper of this.discovery.getProviders()) {
      if (wrapper.name !== 'ConfigService' && (wrapper.token as { name?: unknown }).name !== 'ConfigService') continue;
      const instance = wrapper.instance as Partial<ConfigSource> | undefined;
      if (typeof instance?.get === 'function') return instance as ConfigSource;
    }
    return undefined;
  }

  private instancesOf(token: string): unknown[] {
    return this.discovery
      .getProviders()
      .filter((wrapper) => wrapper.token === token && wrapper.instance !== undefined && wrapper.instance !== null)
      .map(({ instance }) => instance as unknown);
  }
}

const asFunction = (enhancer: ListenerEnhancerFunction | ListenerEnhancerMethods): ListenerEnhancerFunction =>
  typeof enhancer === 'function' ? enhancer : (options, listener) => enhancer.enhance(options, listener);
