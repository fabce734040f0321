// Makes the connections and templates of an application out of what Nest knows. Must never connect or keep state.
import type { DiscoveryService, ModuleRef } from '@nestjs/core';
import { createReplyMessage } from 'rocketmq-core';
import { SystemClock } from 'rocketmq-core/common';
import { dlqTopicOf } from 'rocketmq-core/message';
import { extNamesOf, toConnectionOptions } from '../ext-template/index.js';
import type { ContainerServices, RocketMQListenerRegistry } from '../listener/index.js';
import { DEFAULT_CONNECTION_NAME, type RocketMQOptions, resolvePlaceholders } from '../options/index.js';
import { BIND_TEMPLATE, RocketMQTemplate, type TemplatePorts } from '../template/index.js';
import { connectionsOf as applicationConnectionsOf } from './application-listeners.js';
import { ApplicationProviders } from './application-providers.js';
import { createConsumerFactory } from './client-consumer.js';
import { createClientProducer } from './client-producer.js';
import { createClientReceiver } from './client-receiver.js';
import { DeadLetterExplorer } from './dead-letter-explorer.js';
import { ExtTemplateExplorer, type FoundExtTemplate } from './ext-template-explorer.js';
import { InterceptorExplorer } from './interceptor-explorer.js';
import { ListenerExplorer } from './listener-explorer.js';
import { ListenerOptionsReader } from './listener-options-reader.js';
import { createNestLogger } from './nest-logger.js';
import { type ConnectionServices, RocketMQConnection } from './rocketmq-connection.js';
import { type RocketMQTestEnvironment, underTest } from './test-environment.js';
import { CONNECTION_TOKEN_PREFIX } from './tokens.js';
import { TransactionExplorer } from './transaction-explorer.js';

/** What a connection is made from. */
export interface ConnectionSource {
  readonly name: string;
  readonly options: RocketMQOptions;
  /** Name of the connection whose settings count where the options say nothing. */
  readonly parent?: string | undefined;
  /** The options say which connection that is: it must be there. */
  readonly wantedParent?: string | undefined;
  readonly registry: RocketMQListenerRegistry;
  readonly discovery: DiscoveryService;
  readonly moduleRef: ModuleRef;
  /** Of a testing module. */
  readonly environment?: RocketMQTestEnvironment | undefined;
}

export function createConnection(source: ConnectionSource): RocketMQConnection {
  const { name, parent, wantedParent, registry, discovery, moduleRef, environment } = source;
  // A factory that returned nothing is told by validation, with all the rest.
  const options = underTest(source.options ?? {}, environment);
  const providers = new ApplicationProviders(discovery, process.env);
  const inheritedOptions = (): RocketMQOptions => (parent === undefined ? options : { ...find(discovery, parent)?.options, ...options });
  const extTemplates = new ExtTemplateExplorer(discovery);
  let reader: ListenerOptionsReader | undefined;
  const listenerOptions = (): ListenerOptionsReader => {
    reader ??= new ListenerOptionsReader(providers.enhancers().enhance, providers.placeholderLookup(inheritedOptions()));
    return reader;
  };
  const resolve = <T>(where: string, raw: T) => resolvePlaceholders(where, raw, providers.placeholderLookup(inheritedOptions()));
  const shared = {
    clock: new SystemClock(),
    logger: createNestLogger('RocketMQModule'),
    transactions: new TransactionExplorer(discovery, resolve),
    interceptors: new InterceptorExplorer(discovery),
    explorer: new DeadLetterExplorer(
      new ListenerExplorer(discovery, moduleRef, (type) => listenerOptions().optionsOf(type), resolve),
      discovery,
      moduleRef,
      resolve,
    ),
    extNames: () => extTemplates.all().flatMap(({ definition }) => extNamesOf(definition)),
    resolve,
    messageConverter: () => providers.messageConverter(),
    all: () => connectionsOf(discovery),
    ...clientFactories(environment, discovery),
  } satisfies Partial<ConnectionServices>;
  return new RocketMQConnection(options, {
    ...shared,
    name,
    registry,
    createProducer: (settings, nameServer, router, clock) =>
      createClientProducer(name, nameServer, settings, { clock, logger: createNestLogger('RocketMQClient') }, router),
    parent: parent === undefined || parent === name ? undefined : () => find(discovery, parent),
    aliases: name === DEFAULT_CONNECTION_NAME ? ['rocketMQTemplate'] : [],
    wantedParent,
    listenerProblems: (type) => listenerOptions().problemsOf(type),
    applicationProblems: () => providers.enhancers().problems,
    children: (connection) =>
      extTemplates.of(name, shared.explorer.connectionNames()).map((found) => createExtConnection(connection, found, shared, environment)),
  });
}

type SharedServices = Omit<ConnectionServices, 'name' | 'registry' | 'createProducer'>;

function createExtConnection(
  parent: RocketMQConnection,
  found: FoundExtTemplate,
  shared: SharedServices,
  environment: RocketMQTestEnvironment | undefined,
): RocketMQConnection {
  const { definition, instance } = found;
  const [name, ...aliases] = extNamesOf(definition);
  const connection = new RocketMQConnection(underTest(toConnectionOptions(definition), environment), {
    ...shared,
    name,
    aliases,
    label: definition.className,
    ext: found,
    registry: undefined,
    parent: () => parent,
    createProducer: (settings, nameServer, router, clock) =>
      definition.producer === undefined
        ? undefined
        : createClientProducer(name, nameServer, settings, { clock, logger: createNestLogger('RocketMQClient') }, router),
  });
  instance?.[BIND_TEMPLATE](templatePorts(connection));
  return connection;
}

function clientFactories(environment: RocketMQTestEnvironment | undefined, discovery: DiscoveryService) {
  const logger = createNestLogger('RocketMQClient');
  return {
    createReceiver: (options, nameServer, clock) => {
      const { pullConsumer } = options;
      if (pullConsumer === undefined) return undefined;
      const accessChannel = pullConsumer.accessChannel ?? options.accessChannel;
      return createClientReceiver(pullConsumer.nameServer ?? nameServer, pullConsumer, accessChannel, { clock, logger });
    },
    containerServices: (connection, nameServer, interceptors): ContainerServices => ({
      interceptors,
      createConsumer: createConsumerFactory(environment?.nameServer ?? nameServer, connection.options, { clock: connection.clock, logger }),
      gaveUp: (consumerGroup) => {
        const topic = dlqTopicOf(consumerGroup);
        for (const { listeners } of applicationConnectionsOf(discovery)) for (const listener of listeners) listener.expectTopic(topic);
      },
      converter: connection.messageConverter,
      sendReply: async (request, body, timeout) => {
        await connection.bareProducerPort.send(createReplyMessage(request, body), { timeout, mode: 'async' });
      },
      clock: connection.clock,
      logger: createNestLogger('RocketMQListener'),
    }),
  } satisfies Partial<ConnectionServices>;
}

export function createTemplate(connection: RocketMQConnection): RocketMQTemplate {
  const { producer, mapping, receiver } = templatePorts(connection);
  return new RocketMQTemplate(producer, mapping, receiver);
}

/** Converter and clock are asked for at each send: which they are is known when the application has been initialised. */
function templatePorts(connection: RocketMQConnection): TemplatePorts {
  const logger = createNestLogger('RocketMQTemplate');
  return {
    producer: connection.producerPort,
    receiver: connection.receiverPort,
    mapping: {
      converter: {
        toBytes: (payload, contentType) => connection.messageConverter.toBytes(payload, contentType),
        fromBytes: (body, contentType) => connection.messageConverter.fromBytes(body, contentType),
      },
      clock: { now: () => connection.clock.now() },
      springHeaders: () => connection.options.producer?.springHeaders ?? false,
      warn: (line) => logger.warn(line),
    },
  };
}

/** The connections the module has set up, in the order of the modules. */
function connectionsOf(discovery: DiscoveryService): RocketMQConnection[] {
  return discovery
    .getProviders()
    .filter(({ token }) => typeof token === 'string' && token.startsWith(CONNECTION_TOKEN_PREFIX))
    .map(({ instance }) => instance as RocketMQConnection);
}

const find = (discovery: DiscoveryService, name: string): RocketMQConnection | undefined =>
  connectionsOf(discovery).find((connection) => connection.name === name);
