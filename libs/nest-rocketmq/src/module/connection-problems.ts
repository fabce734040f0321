// Everything wrong with one connection: its options, its listeners, its transaction listeners. Must never connect, log or change anything.
import { findGroupConflicts, findListenerProblems } from '../listener/index.js';
import { type ConfigurationProblem, findModuleProblems, type RocketMQOptions, show } from '../options/index.js';
import { findTransactionProblems, type FoundTransactionListener } from '../transaction/index.js';
import type { FoundListener } from './listener-explorer.js';
import { isSwitchedOn } from './listener-registration.js';

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
  return [
    ...findModuleProblems(name, options),
    ...listeners.flatMap(({ type, definition }) => findListenerProblems(definition.className, definition.options, type.prototype)),
    ...findUnknownConnections(listeners, connections),
    ...listeners.flatMap((listener) => listener.problems ?? []),
    ...findTransactionProblems(transactions, name, known, options.producer),
    ...findGroupConflicts(
      listeners
        .filter(({ definition }) => isSwitchedOn(definition.options, options.consumer))
        .map(({ definition }) => ({
          className: definition.className,
          nameServer: definition.options.nameServer ?? '',
          options: definition.options,
        })),
    ),
  ];
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
