// One further template of an application: its names, what its attributes mean as options of a connection, what is wrong with them.
// Must never connect.
import { type ConfigurationProblem, ProblemList, type RocketMQOptions, show } from '../options/index.js';
import {
  EXT_CONSUMER_OPTIONS,
  EXT_TEMPLATE_OPTIONS,
  type ExtRocketMQConsumerOptions,
  type ExtRocketMQTemplateOptions,
} from './ext-options.js';

export interface ExtTemplateDefinition {
  readonly className: string;
  /** Undefined: the class sends nothing, it receives only. */
  readonly producer: ExtRocketMQTemplateOptions | undefined;
  readonly consumer: ExtRocketMQConsumerOptions | undefined;
}

/** Its first name is the connection's; the others are what Spring and TypeScript people call it. */
export function extNamesOf({ className, producer, consumer }: ExtTemplateDefinition): [string, ...string[]] {
  const springName = className.charAt(0).toLowerCase() + className.slice(1);
  const value = blankToUndefined(producer?.value) ?? blankToUndefined(consumer?.value);
  return value === undefined ? [springName, className] : [value, springName, className];
}

export function toConnectionOptions({ producer, consumer }: ExtTemplateDefinition): RocketMQOptions {
  const options: RocketMQOptions = {};
  if (producer !== undefined) {
    const { value: _value, connection: _connection, nameServer, accessChannel, lazyConnect, ...rest } = producer;
    const given = meant(rest);
    Object.assign(options, meant({ nameServer, accessChannel, lazyConnect }));
    if (Object.keys(given).length > 0) options.producer = given as RocketMQOptions['producer'];
  }
  if (consumer !== undefined) {
    const { value: _value, connection: _connection, ...rest } = consumer;
    options.pullConsumer = meant(rest) as RocketMQOptions['pullConsumer'];
  }
  return options;
}

/** What the options of a connection cannot tell: names that are none, a class that is no template. */
export function findExtProblems(
  definition: ExtTemplateDefinition,
  isTemplate: boolean,
  knownConnections: readonly string[],
): ConfigurationProblem[] {
  const { className, producer, consumer } = definition;
  const problems = new ProblemList(className);
  if (producer !== undefined) problems.known('', producer, EXT_TEMPLATE_OPTIONS);
  if (consumer !== undefined) problems.known('', consumer, EXT_CONSUMER_OPTIONS);
  if (!isTemplate) problems.add('extends', 'the class is no RocketMQTemplate', `Write: class ${className} extends RocketMQTemplate.`);
  const connection = producer?.connection ?? consumer?.connection;
  if (connection !== undefined && !knownConnections.includes(connection)) {
    problems.add(
      'connection',
      `${show(connection)} is no connection of this application`,
      `Give one of ${knownConnections.join(', ')}, whose settings the template takes.`,
    );
  }
  const [value, other] = [blankToUndefined(producer?.value), blankToUndefined(consumer?.value)];
  if (value !== undefined && other !== undefined && value !== other) {
    problems.add('value', `is ${show(value)} in one decorator and ${show(other)} in the other`, 'Give the template one name.');
  }
  return problems.found;
}

/** Without what says "take the connection's": undefined, an empty text, and Spring's -1. */
function meant<T extends object>(attributes: T): Partial<T> {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== '' && value !== -1);
  return Object.fromEntries(given) as Partial<T>;
}

const blankToUndefined = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
