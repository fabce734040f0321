// Everything wrong with one connection: its options, its listeners, its transaction listeners. Must never connect, log or change anything.
import { findGroupConflicts, findListenerProblems } from '../listener/index.js';
import { type ConfigurationProblem, findModuleProblems, type RocketMQOptions, show } from '../options/index.js';
import { findTransactionProblems, type FoundTransactionListener } from '../transaction/index.js';
import type { FoundListener } from './listener-explorer.js';
import { groupMemberOf, switchedOn } from './listener-switches.js';
import { findSharedWithPull } from './split-groups.js';

export interface CheckedConnection {
  readonly name: string;
  readonly options: RocketMQOptions;
  readonly listeners: readonly FoundListener[];
  readonly transactions: readonly FoundTransactionListener[];
  /** Names of all templates of the application. */
  readonly known: readonly string[];
  /** Names of those that listeners can have: connections set up by the module. */
  readonly connections: readonly string[];
}

export function findConnectionProblems({
  name,
  options,
  listeners,
  transactions,
  known,
  connections,
}: CheckedConnection): ConfigurationProblem[] {
  // Where nobody can say what a listener subscribes to, nobody can compare it.
  const sound = listeners.filter((listener) => !problemsOf(listener).some(({ option }) => isOfSubscription(option)));
  const counting = sound.map(({ definition }) => switchedOn(definition, options.consumer)).filter((left) => left !== undefined);
  const own = findProblemsOfListeners(listeners, connections);
  const ofGroups = findGroupConflicts(
    counting.map((definition) => groupMemberOf(definition, options)),
    options.consumer?.allowSameGroup,
  );
  return [
    ...findModuleProblems(name, options),
    ...own,
    ...listeners.flatMap((listener) => listener.problems ?? []),
    ...findTransactionProblems(transactions, name, known, options.producer),
    ...findSharedWithPull(options, counting),
    ...ofGroups.filter(({ where, option }) => !own.some((each) => each.where === where && each.option === option)),
  ];
}

const isOfSubscription = (option: string): boolean => /^(topic|subscriptions|selector|consumerGroup)/.test(option);

const problemsOf = ({ type, definition, methods }: FoundListener): ConfigurationProblem[] =>
  findListenerProblems(definition.className, definition.options, type.prototype, methods);

/** Each listener by itself. */
export function findProblemsOfListeners(listeners: readonly FoundListener[], known: readonly string[]): ConfigurationProblem[] {
  return [...listeners.flatMap(problemsOf), ...findUnknownConnections(listeners, known)];
}

function findUnknownConnections(listeners: readonly FoundListener[], known: readonly string[]): ConfigurationProblem[] {
  return listeners
    .filter(({ definition }) => !known.includes(definition.options.connection))
    .map(({ definition: { className, options } }) => ({
      where: className,
      option: 'connection',
      problem: `${show(options.connection)} is no connection of this application`,
      remedy: `Give one of ${known.join(', ')}, or import RocketMQModule.forRoot({ name: ${show(options.connection)}, ... }).`,
    }));
}
