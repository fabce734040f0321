// What one connection is to be, worked out from what was given: options with their placeholders and what is inherited, its listeners, everything
// wrong with it. Must never connect or log.
import { findExtProblems } from '../ext-template/index.js';
import { type ConfigurationProblem, inheritOptions, isPlainObject, type Resolved, type RocketMQOptions, show } from '../options/index.js';
import type { FoundTransactionListener } from '../transaction/index.js';
import { findConnectionProblems } from './connection-problems.js';
import type { FoundExtTemplate } from './ext-template-explorer.js';
import { type FoundInterceptors, type InterceptorExplorer, NO_INTERCEPTORS } from './interceptor-explorer.js';
import type { FoundListener, ListenerExplorer } from './listener-explorer.js';
import type { TransactionExplorer } from './transaction-explorer.js';

/** What a connection is made of, and what it asks of its application. */
export interface SetupServices {
  readonly name: string;
  /** As problems name it. Default: `RocketMQModule "name"`. */
  readonly label?: string | undefined;
  /** Other names transaction listeners may call its template by. */
  readonly aliases?: readonly string[] | undefined;
  /** Present: this is a further template, found in the application as a class. */
  readonly ext?: FoundExtTemplate | undefined;
  readonly explorer: Pick<ListenerExplorer, 'find' | 'connectionNames' | 'describe'>;
  readonly transactions: Pick<TransactionExplorer, 'find'>;
  /** Names of the further templates of all connections. */
  readonly extNames?: (() => readonly string[]) | undefined;
  /** Absent: no interceptors. */
  readonly interceptors?: Pick<InterceptorExplorer, 'find'> | undefined;
  /** Absent: no placeholders. */
  readonly resolve?: (<T>(where: string, given: T) => Resolved<T>) | undefined;
  /** What the options call the connection to inherit from. */
  readonly wantedParent?: string | undefined;
  /** Problems of no connection in particular; the first one tells them. */
  readonly applicationProblems?: (() => readonly ConfigurationProblem[]) | undefined;
  /** Problems with the classes themselves: placeholders, enhancers. */
  readonly listenerProblems?: ((type: object) => readonly ConfigurationProblem[]) | undefined;
}

export interface ConnectionSetup {
  readonly options: RocketMQOptions;
  readonly listeners: readonly FoundListener[];
  readonly transactions: readonly FoundTransactionListener[];
  readonly interceptors: FoundInterceptors;
  readonly problems: readonly ConfigurationProblem[];
}

/** `parent`: the connection whose settings count where this one says nothing. */
export function setUpConnection(given: RocketMQOptions, services: SetupServices, parent: ConnectionSetup | undefined): ConnectionSetup {
  const { name, ext } = services;
  const label = labelOf(services);
  const resolved = services.resolve?.(label, given) ?? { options: given, problems: [] };
  const canInherit = parent !== undefined && isPlainObject(resolved.options) && isPlainObject(parent.options);
  const options = canInherit ? inheritOptions(name, resolved.options, parent.options) : resolved.options;
  const isEnabled = (options as Partial<RocketMQOptions> | undefined)?.enabled !== false;
  const connections = services.explorer.connectionNames();
  const known = [...connections, ...(services.extNames?.() ?? [])];
  const listeners = isEnabled && ext === undefined ? services.explorer.find(name) : [];
  const transactions = isEnabled ? services.transactions.find([name, ...(services.aliases ?? [])], known) : [];
  const interceptors = services.interceptors?.find(name) ?? NO_INTERCEPTORS;
  const early = [
    ...resolved.problems,
    ...listeners.flatMap(({ type, unresolved }) => [...(services.listenerProblems?.(type) ?? []), ...(unresolved ?? [])]),
    ...transactions.flatMap(({ problems }) => problems ?? []),
  ];
  const checked = findConnectionProblems({ name, options, listeners, transactions, known, connections });
  const late = checked.map((problem) => (ext === undefined ? problem : asAttribute(problem, `RocketMQModule "${name}"`, label)));
  const inherited = canInherit ? parent.problems : [];
  const found = [
    ...early,
    // What stands as it was written cannot be judged; what the parent says of the same is enough.
    ...late.filter(
      (problem) => !early.some((other) => isSamePlace(other, problem)) && !inherited.some((other) => isSameFault(other, problem)),
    ),
    ...interceptors.problems,
    ...listeners.flatMap(({ definition }) =>
      interceptors.consuming.flatMap((interceptor) => interceptor.checkListener?.(definition) ?? []),
    ),
    ...(ext === undefined ? [] : extProblems(ext, connections)),
    ...parentProblems(services, label, connections),
    ...(connections[0] === name && ext === undefined ? (services.applicationProblems?.() ?? []) : []),
  ];
  return { options, listeners, transactions, interceptors, problems: found };
}

export const labelOf = ({ name, label }: Pick<SetupServices, 'name' | 'label'>): string => label ?? `RocketMQModule "${name}"`;

function extProblems({ definition, instance, isTemplate }: FoundExtTemplate, connections: readonly string[]): ConfigurationProblem[] {
  const problems = findExtProblems(definition, isTemplate, connections);
  if (instance !== undefined) return problems;
  const remedy = 'Let the class and what it injects be singletons.';
  return [...problems, { where: definition.className, option: 'scope', problem: 'is not the default one', remedy }];
}

function parentProblems({ wantedParent }: SetupServices, label: string, connections: readonly string[]): ConfigurationProblem[] {
  if (wantedParent === undefined || connections.includes(wantedParent)) return [];
  const problem = `${show(wantedParent)} is no connection of this application`;
  return [{ where: label, option: 'connection', problem, remedy: `Give one of ${connections.join(', ')}, whose settings count here.` }];
}

/** `producer.group` of a connection is the attribute `group` of the class. */
const asAttribute = (problem: ConfigurationProblem, from: string, to: string): ConfigurationProblem =>
  problem.where === from ? { ...problem, where: to, option: problem.option.replace(/^(producer|pullConsumer)\./, '') } : problem;

const isSamePlace = (a: ConfigurationProblem, b: ConfigurationProblem): boolean => a.where === b.where && a.option === b.option;
const isSameFault = (a: ConfigurationProblem, b: ConfigurationProblem): boolean =>
  a.option.endsWith(b.option) && a.problem === b.problem && b.problem !== 'is missing';
