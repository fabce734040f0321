// RocketMQModule: an outer module, not global, that runs the listeners, around an inner one with connection, template and registry.
// Must never keep state in the class: two applications in one process share it.
import {
  type DynamicModule,
  type InjectionToken,
  Module,
  type ModuleMetadata,
  type OptionalFactoryDependency,
  type Provider,
  type Type,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, ModuleRef } from '@nestjs/core';
import { createReplyMessage } from 'rocketmq-core';
import { SystemClock } from 'rocketmq-core/common';
import { RocketMQListenerRegistry } from '../listener/index.js';
import { DefaultMessageConverter } from '../messaging/index.js';
import {
  DEFAULT_CONNECTION_NAME,
  type RocketMQModuleExtras,
  type RocketMQModuleOptions,
  type RocketMQOptions,
  type RocketMQOptionsFactory,
} from '../options/index.js';
import { RocketMQTemplate } from '../template/index.js';
import { createConsumerFactory } from './client-consumer.js';
import { createClientProducer } from './client-producer.js';
import { createClientReceiver } from './client-receiver.js';
import { InterceptorExplorer } from './interceptor-explorer.js';
import { ListenerExplorer } from './listener-explorer.js';
import { ListenerLifecycle } from './listener-lifecycle.js';
import { createNestLogger } from './nest-logger.js';
import { reliabilityProviders } from './reliability-providers.js';
import { RocketMQConnection } from './rocketmq-connection.js';
import { ROCKETMQ_TEST_ENVIRONMENT, type RocketMQTestEnvironment, underTest } from './test-environment.js';
import { TransactionExplorer } from './transaction-explorer.js';
import {
  getRocketMQConnectionToken,
  getRocketMQIdempotencyToken,
  getRocketMQListenerRegistryToken,
  getRocketMQOptionsToken,
  getRocketMQTemplateToken,
} from './tokens.js';

/** Exactly one of useFactory, useClass, useExisting. */
export interface RocketMQModuleAsyncOptions extends RocketMQModuleExtras, Pick<ModuleMetadata, 'imports'> {
  inject?: Array<InjectionToken | OptionalFactoryDependency>;
  useFactory?: (...injected: never[]) => RocketMQOptions | Promise<RocketMQOptions>;
  useClass?: Type<RocketMQOptionsFactory>;
  useExisting?: InjectionToken<RocketMQOptionsFactory>;
}

/** Global, so it starts before and stops after the modules that send. */
@Module({})
class RocketMQConnectionModule {}

@Module({})
export class RocketMQModule {
  /** What is missing or wrong is told at boot, all of it at once. */
  static forRoot(options: RocketMQModuleOptions = {}): DynamicModule {
    const { name, isGlobal, ...rest } = options;
    const token = getRocketMQOptionsToken(name);
    return assemble({ name, isGlobal }, [], [{ provide: token, useValue: rest }]);
  }

  static forRootAsync(options: RocketMQModuleAsyncOptions): DynamicModule {
    return assemble(options, options.imports ?? [], optionProviders(options));
  }
}

function optionProviders(options: RocketMQModuleAsyncOptions): Provider[] {
  const provide = getRocketMQOptionsToken(options.name);
  const { useFactory, useClass, useExisting, inject } = options;
  const given = [useFactory, useClass, useExisting].filter((form) => form !== undefined).length;
  if (given !== 1)
    throw new TypeError(`RocketMQModule.forRootAsync takes exactly one of useFactory, useClass and useExisting, found ${given}`);
  if (useFactory !== undefined) return [{ provide, useFactory: useFactory as (...injected: unknown[]) => unknown, inject: inject ?? [] }];
  const source = (useClass ?? useExisting)!;
  const factory: Provider = {
    provide,
    useFactory: optionsFrom,
    inject: [source],
  };
  return useClass === undefined ? [factory] : [{ provide: useClass, useClass }, factory];
}

function optionsFrom(factory: RocketMQOptionsFactory): RocketMQOptions | Promise<RocketMQOptions> {
  if (typeof (factory as Partial<RocketMQOptionsFactory> | undefined)?.createRocketMQOptions !== 'function') {
    const name = (factory as object | undefined)?.constructor.name ?? String(factory);
    throw new TypeError(`RocketMQModule.forRootAsync: ${name} has no method createRocketMQOptions()`);
  }
  return factory.createRocketMQOptions();
}

function assemble(
  { name = DEFAULT_CONNECTION_NAME, isGlobal = true }: RocketMQModuleExtras,
  imports: NonNullable<ModuleMetadata['imports']>,
  optionsFrom: Provider[],
): DynamicModule {
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
        ) => createConnection(name, options, listeners, discovery, moduleRef, environment),
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
    exports: [connection, registry, template, getRocketMQIdempotencyToken(name)],
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

function createConnection(
  name: string,
  given: RocketMQOptions,
  registry: RocketMQListenerRegistry,
  discovery: DiscoveryService,
  moduleRef: ModuleRef,
  environment: RocketMQTestEnvironment | undefined,
): RocketMQConnection {
  // A factory that returned nothing is told by validation, with all the rest.
  const options = underTest(given ?? {}, environment);
  const clock = options.clock ?? new SystemClock();
  const logger = createNestLogger('RocketMQModule');
  const clientLogger = createNestLogger('RocketMQClient');
  const converter = options.messageConverter ?? new DefaultMessageConverter();
  const connection: RocketMQConnection = new RocketMQConnection(options, {
    name,
    clock,
    logger,
    explorer: new ListenerExplorer(discovery, moduleRef),
    transactions: new TransactionExplorer(discovery),
    interceptors: new InterceptorExplorer(discovery),
    registry,
    createProducer: (nameServer, binding) => createClientProducer(name, nameServer, options, { clock, logger: clientLogger }, binding),
    createReceiver: (nameServer) =>
      options.pullConsumer === undefined
        ? undefined
        : createClientReceiver(nameServer, options.pullConsumer, options.accessChannel, { clock, logger: clientLogger }),
    containerServices: (nameServer, interceptors) => ({
      interceptors,
      createConsumer: createConsumerFactory(environment?.nameServer ?? nameServer, options, { clock, logger: clientLogger }),
      converter,
      sendReply: async (request, body, timeout) => {
        await connection.bareProducerPort.send(createReplyMessage(request, body), { timeout, mode: 'async' });
      },
      clock,
      logger: createNestLogger('RocketMQListener'),
    }),
  });
  return connection;
}

function createTemplate(connection: RocketMQConnection): RocketMQTemplate {
  const { options } = connection;
  const logger = createNestLogger('RocketMQTemplate');
  const mapping = {
    converter: options.messageConverter ?? new DefaultMessageConverter(),
    clock: options.clock ?? new SystemClock(),
    springHeaders: options.producer?.springHeaders ?? false,
    warn: (line: string) => logger.warn(line),
  };
  return new RocketMQTemplate(connection.producerPort, mapping, connection.receiverPort);
}
