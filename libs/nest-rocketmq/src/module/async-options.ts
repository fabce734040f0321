// Options that come out of a factory, a class or an existing provider, as providers of the inner module. Must never run the factory.
import type { InjectionToken, ModuleMetadata, OptionalFactoryDependency, Provider, Type } from '@nestjs/common';
import type { RocketMQModuleExtras, RocketMQOptions, RocketMQOptionsFactory } from '../options/index.js';
import type { RocketMQFeatureConnectionOptions, RocketMQFeatureExtras } from './feature-options.js';
import { getRocketMQOptionsToken } from './tokens.js';

interface AsyncForms<Options> extends Pick<ModuleMetadata, 'imports'> {
  inject?: Array<InjectionToken | OptionalFactoryDependency>;
  useFactory?: (...injected: never[]) => Options | Promise<Options>;
  useClass?: Type<RocketMQOptionsFactory<Options>>;
  useExisting?: InjectionToken<RocketMQOptionsFactory<Options>>;
}

/** Exactly one of useFactory, useClass, useExisting. */
export interface RocketMQModuleAsyncOptions extends RocketMQModuleExtras, AsyncForms<RocketMQOptions> {}

/** Exactly one of useFactory, useClass, useExisting. */
export interface RocketMQFeatureAsyncOptions extends RocketMQFeatureExtras, AsyncForms<RocketMQFeatureConnectionOptions> {}

export function asyncOptionProviders<Options>(method: string, name: string, options: AsyncForms<Options>): Provider[] {
  const provide = getRocketMQOptionsToken(name);
  const { useFactory, useClass, useExisting, inject } = options;
  const given = [useFactory, useClass, useExisting].filter((form) => form !== undefined).length;
  if (given !== 1)
    throw new TypeError(`RocketMQModule.${method} takes exactly one of useFactory, useClass and useExisting, found ${given}`);
  if (useFactory !== undefined) return [{ provide, useFactory: useFactory as (...injected: unknown[]) => unknown, inject: inject ?? [] }];
  const source = (useClass ?? useExisting)!;
  const factory: Provider = {
    provide,
    useFactory: (from: Partial<RocketMQOptionsFactory<Options>> | undefined) => {
      if (typeof from?.createRocketMQOptions === 'function') return from.createRocketMQOptions();
      const found = (from as object | undefined)?.constructor.name ?? String(from);
      throw new TypeError(`RocketMQModule.${method}: ${found} has no method createRocketMQOptions()`);
    },
    inject: [source],
  };
  return useClass === undefined ? [factory] : [{ provide: useClass, useClass }, factory];
}
