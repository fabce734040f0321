// Puts a connection's listeners into its registry, at boot and at run time, and says so in the log. Must never start one at boot.
import type { Logger } from 'rocketmq-core/common';
import {
  type ContainerServices,
  describeListener,
  describeSubscriptions,
  findGroupConflicts,
  groupKeyOf,
  type ListenerDefinition,
  type ListenerEntry,
  type ListenerRegistrar,
  type RocketMQListenerContainer,
  type RocketMQListenerRegistry,
  type RocketMQMessageListenerOptions,
  type RuntimeListener,
  subscriptionsOf,
} from '../listener/index.js';
import { type Resolved, type ConfigurationProblem, RocketMQConfigurationError, type RocketMQOptions } from '../options/index.js';
import { findProblemsOfListeners } from './connection-problems.js';
import type { FoundListener, ListenerExplorer } from './listener-explorer.js';
import { groupMemberOf, switchedOn } from './listener-switches.js';

export interface RegistrationParts {
  readonly connectionName: string;
  readonly registry: RocketMQListenerRegistry;
  readonly explorer: Pick<ListenerExplorer, 'connectionNames' | 'describe'>;
  /** Of a listener registered at run time. Absent: no placeholders. */
  readonly resolve?: (<T>(where: string, given: T) => Resolved<T>) | undefined;
  readonly logger: Logger;
  /** The connection's; a listener may say another. */
  readonly nameServer: string;
  readonly options: RocketMQOptions;
  readonly containerServices: (nameServer: string) => ContainerServices;
  /** What the interceptors have against a listener. */
  readonly check?: ((definition: ListenerDefinition) => readonly ConfigurationProblem[]) | undefined;
  /** Starts a listener registered at run time, if the application's have started. */
  readonly startLate: (container: RocketMQListenerContainer) => Promise<void>;
}

export class ListenerRegistration implements ListenerRegistrar {
  constructor(private readonly parts: RegistrationParts) {}

  /** Those found at boot; their options have been checked. */
  registerAll(listeners: readonly FoundListener[]): void {
    const { logger, options, registry, connectionName } = this.parts;
    for (const { definition, type } of listeners) {
      const left = switchedOn(definition, options.consumer);
      this.tellOfSwitches(definition, left);
      if (left === undefined) continue;
      if (left.options.consumeMessageBatchMaxSize > 1 && left.mode !== 'BATCH') {
        logger.warn(`${left.className}: consumeMessageBatchMaxSize is kept at 1: only onMessages gets several messages at once`);
      }
      if (left.options.consumeMessageBatchMaxSize === 1 && left.mode === 'BATCH') {
        logger.warn(`${left.className}: consumeMessageBatchMaxSize is 1, so onMessages gets one message at a time`);
      }
      registry.add(this.entryOf(type, left));
      logger.info(describeListener(left));
    }
    this.tellOfGroups();
    if (registry.list().length === 0) logger.info(`connection "${connectionName}" has no listeners`);
    registry.open(this);
  }

  define(given: RocketMQMessageListenerOptions, listener: RuntimeListener<never>): ListenerEntry {
    const { registry, explorer, options, connectionName, logger } = this.parts;
    const where = `RocketMQModule "${connectionName}"`;
    const resolved = this.parts.resolve?.(where, given) ?? { options: given, problems: [] };
    if (resolved.problems.length > 0) throw new RocketMQConfigurationError(where, resolved.problems);
    const found = explorer.describe(
      { ...resolved.options, connection: resolved.options.connection ?? connectionName },
      listener,
      (id) => registry.get(id) !== undefined,
    );
    if (found === undefined) throw new RocketMQConfigurationError(where, [notProvided((listener as { name: string }).name)]);
    const { definition, type } = found;
    const own = findProblemsOfListeners([found], [connectionName]);
    const problems = [...own, ...(found.problems ?? []), ...(this.parts.check?.(definition) ?? [])];
    if (definition.options.enabled === false) problems.push(notEnabled(definition));
    if (registry.get(definition.id) !== undefined) problems.push(idTaken(definition));
    if (problems.length === 0) {
      const others = registry.list().map((container) => groupMemberOf(container.definition, options));
      const mine = groupMemberOf(definition, options);
      const sameGroup = others.filter((other) => groupKeyOf(other) === groupKeyOf(mine));
      problems.push(...findGroupConflicts([...sameGroup, mine], options.consumer?.allowSameGroup));
    }
    if (problems.length > 0) throw new RocketMQConfigurationError(where, problems);
    logger.info(describeListener(definition));
    return this.entryOf(type, definition);
  }

  started(container: RocketMQListenerContainer): Promise<void> {
    return this.parts.startLate(container);
  }

  private entryOf(type: FoundListener['type'], definition: ListenerDefinition): ListenerEntry {
    const { nameServer, options, containerServices } = this.parts;
    return {
      type,
      definition,
      groupKey: groupKeyOf(groupMemberOf(definition, options)),
      services: containerServices(definition.options.nameServer ?? nameServer),
    };
  }

  private tellOfSwitches({ className, options }: ListenerDefinition, left: ListenerDefinition | undefined): void {
    const kept = new Set(left === undefined ? [] : subscriptionsOf(left.options).map(({ topic }) => topic));
    for (const { topic } of subscriptionsOf(options)) {
      if (!kept.has(topic)) this.parts.logger.info(`${className} is switched off (group=${options.consumerGroup}, topic=${topic})`);
    }
  }

  private tellOfGroups(): void {
    const told = new Set<string>();
    for (const { id, options, sharesConsumerWith } of this.parts.registry.list()) {
      if (sharesConsumerWith.length === 0 || told.has(id)) continue;
      for (const other of sharesConsumerWith) told.add(other);
      this.parts.logger.info(`group ${options.consumerGroup}: one consumer for ${[id, ...sharesConsumerWith].join(', ')}`);
    }
  }
}

const idTaken = ({ className, id, options }: ListenerDefinition): ConfigurationProblem => ({
  where: className,
  option: 'id',
  problem: `"${id}" is the id of another listener here (${describeSubscriptions(subscriptionsOf(options))})`,
  remedy: 'Give options.id another value, or unregister the other listener first.',
});

const notEnabled = ({ className }: ListenerDefinition): ConfigurationProblem => ({
  where: className,
  option: 'enabled',
  problem: 'is false',
  remedy: 'Do not register it, or register it with autoStart: false.',
});

const notProvided = (className: string): ConfigurationProblem => ({
  where: className,
  option: 'listener',
  problem: 'is a class that no module of the application provides',
  remedy: 'Add it to the providers of a module, or give an instance.',
});
