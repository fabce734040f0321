// A transaction listener of an application, ready for the client: names translated, messages converted. Must never decide for the listener.
import { LocalTransactionState, type Message as ClientMessage, type MessageExt, type TransactionListener } from 'rocketmq-core';
import type { Clock } from 'rocketmq-core/common';
import { type ConfigurationProblem, ProblemList, type RocketMQProducerOptions, show } from '../options/index.js';
import { toListenerMessage } from './listener-message.js';
import type { RocketMQLocalTransactionListener } from './local-transaction-listener.js';
import type { RocketMQTransactionListenerOptions } from './rocketmq-transaction-listener.decorator.js';

export interface FoundTransactionListener {
  readonly className: string;
  readonly prototype: object;
  readonly options: RocketMQTransactionListenerOptions;
  /** False: another one for each request, which no broker could ask. */
  readonly isSingleton: boolean;
  readonly instance: () => RocketMQLocalTransactionListener;
}

/** What the client needs for checks and local transactions. */
export interface TransactionBinding {
  readonly listener: TransactionListener;
  readonly maximumPoolSize: number | undefined;
  readonly blockingQueueSize: number | undefined;
}

/** Largest pool and queue: what is above is a typing error. */
const POOL_MAX = 10_000;
const QUEUE_MAX = 1_000_000;

const STATES: Readonly<Record<string, LocalTransactionState>> = {
  COMMIT: LocalTransactionState.COMMIT_MESSAGE,
  ROLLBACK: LocalTransactionState.ROLLBACK_MESSAGE,
  UNKNOWN: LocalTransactionState.UNKNOW,
};

export function bindTransactionListener(found: FoundTransactionListener, clock: Clock): TransactionBinding {
  return {
    listener: {
      executeLocalTransaction: async (message: ClientMessage, arg: unknown) =>
        stateOf(await found.instance().executeLocalTransaction(toListenerMessage(message, clock), arg)),
      checkLocalTransaction: async (message: MessageExt) =>
        stateOf(await found.instance().checkLocalTransaction(toListenerMessage(message, clock))),
    },
    maximumPoolSize: found.options.maximumPoolSize,
    blockingQueueSize: found.options.blockingQueueSize,
  };
}

/** Everything wrong with the transaction listeners of one connection. */
export function findTransactionProblems(
  found: readonly FoundTransactionListener[],
  connectionName: string,
  connectionNames: readonly string[],
  producer: RocketMQProducerOptions | undefined,
): ConfigurationProblem[] {
  const problems = found.flatMap(({ className, prototype, options, isSingleton }) => {
    const list = new ProblemList(className);
    const methods = prototype as Partial<Record<string, unknown>>;
    for (const name of ['executeLocalTransaction', 'checkLocalTransaction']) {
      if (typeof methods[name] !== 'function') list.add(name, 'is missing', 'Write the method: RocketMQLocalTransactionListener has both.');
    }
    if (!isSingleton) list.add('scope', 'is not the default one', 'Let the class be a singleton: a broker asks outside of any request.');
    const wanted = options.rocketMQTemplateBeanName;
    if (wanted !== undefined && wanted !== connectionName && !isDefaultName(wanted) && !connectionNames.includes(wanted)) {
      list.add(
        'rocketMQTemplateBeanName',
        `${show(wanted)} is no connection of this application`,
        `Give one of ${connectionNames.join(', ')}.`,
      );
    }
    list.integer('corePoolSize', options.corePoolSize, 1, POOL_MAX, '');
    list.integer('maximumPoolSize', options.maximumPoolSize, 1, POOL_MAX, '');
    list.integer('blockingQueueSize', options.blockingQueueSize, 1, QUEUE_MAX, '');
    if (producer === undefined) {
      list.add('producer.group', 'is missing', 'Give the module a producer.group of its own: brokers ask its members about transactions.');
    }
    return list.found;
  });
  if (found.length < 2) return problems;
  const names = found.map(({ className }) => className).join(' and ');
  return [
    ...problems,
    {
      where: names,
      option: 'rocketMQTemplateBeanName',
      problem: `the template of connection ${show(connectionName)} has ${found.length} transaction listeners`,
      remedy: 'Keep one, or give each a connection of its own: a check names no listener.',
    },
  ];
}

/** Spring's name of the default template. */
export const isDefaultName = (name: string): boolean => name === 'rocketMQTemplate';

function stateOf(answer: unknown): LocalTransactionState | undefined {
  return typeof answer === 'string' && Object.hasOwn(STATES, answer) ? STATES[answer] : undefined;
}
