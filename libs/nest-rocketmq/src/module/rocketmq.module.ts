// RocketMQModule: an outer module, not global, that runs the listeners, around an inner one with connection, template and registry.
// Must never keep state in the class: two applications in one process share it.
import { type DynamicModule, Module, type ModuleMetadata, type OnModuleInit, type Provider } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ModuleRef, ModulesContainer } from '@nestjs/core';
import { extConsumerOptionsOf, extNamesOf, extTemplateOptionsOf } from '../ext-template/index.js';
import { RocketMQListenerRegistry } from '../listener/index.js';
import { DEFAULT_CONNECTION_NAME, type RocketMQModuleOptions, type RocketMQOptions } from '../options/index.js';
import { asyncOptionProviders, type RocketMQFeatureAsyncOptions, type RocketMQModuleAsyncOptions } from './async-options.js';
import { createConnection, createTemplate } from './connection-factory.js';
import type { ExtTemplateClass, RocketMQFeatureOptions } from './feature-options.js';
import { ListenerLifecycle } from './listener-lifecycle.js';
import { reliabilityProviders } from './reliability-providers.js';
import type { RocketMQConnection } from './rocketmq-connection.js';
import { ROCKETMQ_TEST_ENVIRONMENT, type RocketMQTestEnvironment } from './test-environment.js';
import {
  getRocketMQConnectionToken,
  getRocketMQDeadLettersToken,
  getRocketMQIdempotencyToken,
  getRocketMQListenerRegistryToken,
  getRocketMQOptionsToken,
  getRocketMQTemplateToken,
  OPTIONS_TOKEN_PREFIX,
} from './tokens.js';

/** Global, so it starts before and stops after the modules that send. */
@Module({})
class RocketMQConnectionModule {}

/** Templates of the application's own classes. */
@Module({})
class RocketMQTemplateModule {}

@Module({})
export class RocketMQModule implements OnModuleInit {
  constructor(private readonly modules: ModulesContainer) {}

  /** Imported as it is, in an application without a connection, it would do nothing, without a word. */
  onModuleInit(): void {
    const tokens = [...this.modules.values()].flatMap(({ providers }) => [...providers.keys()]);
    if (tokens.some((token) => typeof token === 'string' && token.startsWith(OPTIONS_TOKEN_PREFIX))) return;
    throw new TypeError('RocketMQModule is imported without options. Import RocketMQModule.forRoot({ nameServer }), or forRootAsync.');
  }

  /** What is missing or wrong is told at boot, all of it at once. */
  static forRoot(options: RocketMQModuleOptions = {}): DynamicModule {
    const { name: given, isGlobal, ...rest } = options;
    const name = requireName('forRoot', given ?? DEFAULT_CONNECTION_NAME);
    return assemble({ name, isGlobal }, [], [{ provide: getRocketMQOptionsToken(name), useValue: rest }]);
  }

  static forRootAsync(options: RocketMQModuleAsyncOptions): DynamicModule {
    const { name: given, isGlobal, imports } = options;
    const name = requireName('forRootAsync', given ?? DEFAULT_CONNECTION_NAME);
    return assemble({ name, isGlobal }, imports ?? [], asyncOptionProviders('forRootAsync', name, options));
  }

  /**
   * A further connection that takes what it does not say from another one: a template under `@InjectRocketMQTemplate(name)`, listeners with
   * `connection: name`. Or classes with @ExtRocketMQTemplateConfiguration, to be injected everywhere by class and by name; `imports` are the
   * modules they inject from.
   */
  static forFeature(options: RocketMQFeatureOptions): DynamicModule;
  static forFeature(templates: ExtTemplateClass | readonly ExtTemplateClass[], more?: Pick<ModuleMetadata, 'imports'>): DynamicModule;
  static forFeature(
    first: RocketMQFeatureOptions | ExtTemplateClass | readonly ExtTemplateClass[],
    more: Pick<ModuleMetadata, 'imports'> = {},
  ): DynamicModule {
    if (Array.isArray(first)) return provideTemplates(first as readonly ExtTemplateClass[], more);
    if (typeof first === 'function') return provideTemplates([first], more);
    const { name, connection, isGlobal, ...rest } = first as RocketMQFeatureOptions;
    const token = getRocketMQOptionsToken(requireName('forFeature', name));
    return assemble(
      { name, isGlobal, parent: DEFAULT_CONNECTION_NAME, wantedParent: connection },
      [],
      [{ provide: token, useValue: rest }],
    );
  }

  static forFeatureAsync(options: RocketMQFeatureAsyncOptions): DynamicModule {
    const { name, connection, isGlobal, imports } = options;
    const providers = asyncOptionProviders('forFeatureAsync', requireName('forFeatureAsync', name), options);
    return assemble({ name, isGlobal, parent: DEFAULT_CONNECTION_NAME, wantedParent: connection }, imports ?? [], providers);
  }
}

function requireName(method: string, name: unknown): string {
  if (typeof name === 'string' && name !== '') return name;
  throw new TypeError(`RocketMQModule.${method} needs a name: it is the one of @InjectRocketMQTemplate(name)`);
}

function provideTemplates(classes: readonly ExtTemplateClass[], { imports = [] }: Pick<ModuleMetadata, 'imports'>): DynamicModule {
  const providers = classes.flatMap((type): Provider[] => {
    const [producer, consumer] = [extTemplateOptionsOf(type), extConsumerOptionsOf(type)];
    if (producer === undefined && consumer === undefined) {
      throw new TypeError(
        `RocketMQModule.forFeature: ${type.name} has no @ExtRocketMQTemplateConfiguration(), and no @ExtRocketMQConsumerConfiguration()`,
      );
    }
    const [name] = extNamesOf({ className: type.name, producer, consumer });
    return [type, { provide: getRocketMQTemplateToken(name), useExisting: type }];
  });
  const tokens = providers.map((provider) => (typeof provider === 'function' ? provider : provider.provide));
  return { module: RocketMQTemplateModule, global: true, imports, providers, exports: tokens };
}

interface Assembly {
  readonly name: string;
  readonly isGlobal?: boolean | undefined;
  readonly parent?: string | undefined;
  readonly wantedParent?: string | undefined;
}

function assemble(assembly: Assembly, imports: NonNullable<ModuleMetadata['imports']>, optionsFrom: Provider[]): DynamicModule {
  const { name, isGlobal = true, parent, wantedParent } = assembly;
  const connection = getRocketMQConnectionToken(name);
  const registry = getRocketMQListenerRegistryToken(name);
  const template = getRocketMQTemplateToken(name);
  const inner: DynamicModule = {
    module: RocketMQConnectionModule,
    global: isGlobal,
    imports: [DiscoveryModule, ...imports],
    providers: [
      ...optionsFrom,
      { provide: registry, useFactory: () => new RocketMQListenerRegistry() },
      {
        provide: connection,
        useFactory: (
          options: RocketMQOptions,
          listeners: RocketMQListenerRegistry,
          discovery: DiscoveryService,
          moduleRef: ModuleRef,
          environment?: RocketMQTestEnvironment,
        ) =>
          createConnection({
            name,
            options,
            parent: wantedParent ?? parent,
            wantedParent,
            registry: listeners,
            discovery,
            moduleRef,
            environment,
          }),
        inject: [
          getRocketMQOptionsToken(name),
          registry,
          DiscoveryService,
          ModuleRef,
          { token: ROCKETMQ_TEST_ENVIRONMENT, optional: true },
        ],
      },
      { provide: template, useFactory: createTemplate, inject: [connection] },
      ...reliabilityProviders(name),
    ],
    exports: [connection, registry, template, getRocketMQIdempotencyToken(name), getRocketMQDeadLettersToken(name)],
  };
  return {
    module: RocketMQModule,
    imports: [inner],
    providers: [
      {
        provide: ListenerLifecycle,
        useFactory: (open: RocketMQConnection, listeners: RocketMQListenerRegistry) => new ListenerLifecycle(open, listeners),
        inject: [connection, registry],
      },
    ],
    exports: [inner],
  };
}
