// Everything wrong with an application's connections, told in one error before any of them connects. Must never change anything.
import type { Logger } from 'rocketmq-core/common';
import { type ConfigurationProblem, RocketMQConfigurationError, show, unclaimedClasses } from '../options/index.js';
import type { ConnectionSetup } from './connection-setup.js';
import { findSplitGroups, type GroupOwner } from './split-groups.js';

/** A connection as far as this check is concerned. */
export interface ApplicationPart {
  readonly name: string;
  readonly label: string;
  readonly isEnabled: boolean;
  /** Templates that take its settings. */
  readonly children: readonly ApplicationPart[];
  prepare(): ConnectionSetup;
  /** Asked only when the boot fails anyway. */
  findUnreachable(): Promise<ConfigurationProblem | undefined>;
}

/** Throws RocketMQConfigurationError with all there is; `asking` is the connection that starts. */
export async function checkApplication(connections: readonly ApplicationPart[], asking: ApplicationPart, logger: Logger): Promise<void> {
  const parts = connections.flatMap((connection) => [connection, ...connection.children]);
  const own = parts.flatMap((part) => part.prepare().problems);
  const forgotten = findForgotten(parts, asking === connections[0], logger);
  const problems = distinct([
    ...findDuplicates(parts),
    ...own,
    ...findSharedGroups(parts),
    ...findSplitGroups(ownersOf(parts)),
    ...forgotten,
  ]);
  if (problems.length === 0) return;
  const unreachable = await Promise.all(parts.map((part) => part.findUnreachable()));
  const where = connections.length === 1 ? connections[0]!.label : 'RocketMQModule';
  throw new RocketMQConfigurationError(where, [...problems, ...unreachable.filter((problem) => problem !== undefined)]);
}

/** Connections whose own listeners are in order: what is wrong by itself is told already. */
function ownersOf(parts: readonly ApplicationPart[]): GroupOwner[] {
  return parts
    .filter((part) => part.isEnabled && part.prepare().problems.length === 0)
    .map((part) => ({
      label: part.label,
      options: part.prepare().options,
      listeners: part.prepare().listeners.map(({ definition }) => definition),
    }));
}

/** A provider that serves every connection is judged by each of them. */
function distinct(problems: readonly ConfigurationProblem[]): ConfigurationProblem[] {
  return [...new Map(problems.map((found) => [`${found.where}\n${found.option}\n${found.problem}`, found])).values()];
}

/** Nest makes one module of one object: the same options given twice are two connections of one name, each with all listeners. */
function findDuplicates(parts: readonly ApplicationPart[]): ConfigurationProblem[] {
  const counts = new Map<string, ApplicationPart[]>();
  for (const part of parts) counts.set(part.name, [...(counts.get(part.name) ?? []), part]);
  return [...counts]
    .filter(([, same]) => same.length > 1)
    .map(([name, same]) => ({
      where: [...new Set(same.map(({ label }) => label))].join(' and '),
      option: 'name',
      problem: `${show(name)} is set up ${same.length} times`,
      remedy: 'Keep one, which counts everywhere as it is global, or give each a name of its own.',
    }));
}

/** Brokers ask any member of a group about its transactions: each must be able to answer. */
function findSharedGroups(parts: readonly ApplicationPart[]): ConfigurationProblem[] {
  const members = parts
    .filter((part) => part.isEnabled)
    .map((part) => ({ part, setup: part.prepare() }))
    .filter(({ setup }) => typeof setup.options?.producer?.group === 'string');
  const problems: ConfigurationProblem[] = [];
  for (const [index, { part, setup }] of members.entries()) {
    if (setup.transactions.length === 0) continue;
    const { producer, nameServer } = setup.options;
    const strangers = members.filter(
      (other, place) =>
        other.part !== part &&
        other.setup.options.producer!.group === producer!.group &&
        other.setup.options.nameServer === nameServer &&
        // Two that both have listeners are told once.
        (other.setup.transactions.length === 0 || place > index),
    );
    for (const { part: stranger } of strangers) {
      problems.push({
        where: stranger.label,
        option: 'producer.group',
        problem: `${show(producer!.group)} is also the group of ${part.label}, whose transaction listener brokers could not ask here`,
        remedy: 'Give it a producer group of its own.',
      });
    }
  }
  return problems;
}

/** Decorated classes no module provides: told once, as a problem where the application wants that. */
function findForgotten(parts: readonly ApplicationPart[], isFirst: boolean, logger: Logger): ConfigurationProblem[] {
  if (!parts.some((part) => part.isEnabled)) return [];
  const forgotten = unclaimedClasses();
  if (parts.some((part) => part.prepare().options?.unprovided === 'fail')) {
    return forgotten.map(({ className, decorator }) => ({
      where: className,
      option: 'providers',
      problem: `the class has ${decorator} and no module provides it, so nothing ever calls it`,
      remedy: 'Add it to the providers of a module that is imported.',
    }));
  }
  for (const decorator of isFirst ? new Set(forgotten.map((each) => each.decorator)) : []) {
    const names = forgotten.filter((each) => each.decorator === decorator).map(({ className }) => className);
    logger.warn(
      `decorated with ${decorator} but no provider of a module, so never called: ${names.join(', ')}. ` +
        'Add each to the providers of a module that is imported.',
    );
  }
  return [];
}
