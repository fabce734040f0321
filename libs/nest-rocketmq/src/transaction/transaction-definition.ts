// A transaction listener of an application as it was found, and what is wrong with those of one connection. Must never call one.
import { validateTopicName } from 'rocketmq-core/message';
import { type ConfigurationProblem, namesOf, ProblemList, type RocketMQProducerOptions, show } from '../options/index.js';
import type { RocketMQLocalTransactionListener } from './local-transaction-listener.js';
import type { RocketMQTransactionListenerOptions } from './rocketmq-transaction-listener.decorator.js';

export interface FoundTransactionListener {
  readonly className: string;
  readonly prototype: object;
  readonly options: RocketMQTransactionListenerOptions;
  /** What was wrong before the options could be judged. */
  readonly problems?: readonly ConfigurationProblem[] | undefined;
  /** False: another one for each request, which no broker could ask. */
  readonly isSingleton: boolean;
  readonly instance: () => RocketMQLocalTransactionListener;
}

/** Largest pool and queue: what is above is a typing error. */
const POOL_MAX = 10_000;
const QUEUE_MAX = 1_000_000;
const INT32_MAX = 2 ** 31 - 1;

// prettier-ignore
const TRANSACTION_OPTIONS = namesOf<RocketMQTransactionListenerOptions>()({
  rocketMQTemplateBeanName: true, topic: true, corePoolSize: true, maximumPoolSize: true, keepAliveTime: true, keepAliveTimeUnit: true,
  blockingQueueSize: true,
});

/** Undefined: every topic no other listener names. */
export function topicsOf({ topic }: RocketMQTransactionListenerOptions): readonly string[] | undefined {
  if (topic === undefined) return undefined;
  return typeof topic === 'string' ? [topic] : topic;
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
    list.known('', options, TRANSACTION_OPTIONS);
    checkTopics(options, list);
    if (!isSingleton) list.add('scope', 'is not the default one', 'Let the class be a singleton: a broker asks outside of any request.');
    const wanted = options.rocketMQTemplateBeanName;
    if (wanted !== undefined && wanted !== connectionName && !isDefaultName(wanted) && !connectionNames.includes(wanted)) {
      list.add(
        'rocketMQTemplateBeanName',
        `${show(wanted)} is no connection of this application`,
        `Give one of ${connectionNames.join(', ')}.`,
      );
    }
    list.integer('keepAliveTime', options.keepAliveTime, 0, INT32_MAX, 'ms');
    list.integer('corePoolSize', options.corePoolSize, 1, POOL_MAX, '');
    list.integer('maximumPoolSize', options.maximumPoolSize, 1, POOL_MAX, '');
    list.integer('blockingQueueSize', options.blockingQueueSize, 1, QUEUE_MAX, '');
    if (producer === undefined) {
      list.add('producer.group', 'is missing', 'Give the module a producer.group of its own: brokers ask its members about transactions.');
    }
    return list.found;
  });
  return [...problems, ...findTransactionConflicts(found, connectionName)];
}

/** One listener decides about a topic: a check names the topic of its message, and no listener. */
function findTransactionConflicts(found: readonly FoundTransactionListener[], connectionName: string): ConfigurationProblem[] {
  const classesOf = (listeners: readonly FoundTransactionListener[]): string => listeners.map(({ className }) => className).join(' and ');
  const problems: ConfigurationProblem[] = [];
  const forAll = found.filter(({ options }) => topicsOf(options) === undefined);
  if (forAll.length > 1) {
    problems.push({
      where: classesOf(forAll),
      option: 'rocketMQTemplateBeanName',
      problem: `the template of connection ${show(connectionName)} has ${forAll.length} transaction listeners without a topic`,
      remedy: 'Keep one, or give each its topics: @RocketMQTransactionListener({ topic }).',
    });
  }
  for (const topic of new Set(found.flatMap(({ options }) => topicsOf(options) ?? []))) {
    const listeners = found.filter(({ options }) => topicsOf(options)?.includes(topic));
    if (listeners.length < 2) continue;
    problems.push({
      where: classesOf(listeners),
      option: 'topic',
      problem: `${show(topic)} has ${listeners.length} transaction listeners in connection ${show(connectionName)}`,
      remedy: 'Name each topic in one of them only.',
    });
  }
  return problems;
}

function checkTopics(options: RocketMQTransactionListenerOptions, list: ProblemList): void {
  const topics = topicsOf(options);
  if (topics === undefined) return;
  if (!Array.isArray(topics) || topics.length === 0) {
    list.add('topic', `${show(options.topic)} is no topic`, 'Give a name, or a list of names with one at least.');
    return;
  }
  for (const topic of topics) list.name('topic', topic, validateTopicName);
}

/** Spring's name of the default template. */
export const isDefaultName = (name: string): boolean => name === 'rocketMQTemplate';
