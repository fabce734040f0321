// Finds every wrong module option. Must never connect, log or change anything.
import { validateGroupName, validateTopicName } from 'rocketmq-core/message';
import { type ConfigurationProblem, ProblemList, show } from './configuration-error.js';
import type { RocketMQConsumerOptions, RocketMQEmbeddedOptions, RocketMQOptions, RocketMQProducerOptions } from './module-options.js';
import { parseNameServer } from './name-server.js';
import { checkSecurity } from './security-options.js';

const INT32_MAX = 2 ** 31 - 1;

// prettier-ignore
const KNOWN_OPTIONS = new Set([
  'nameServer', 'accessChannel', 'producer', 'consumer', 'pullConsumer', 'enabled', 'autoStart', 'startup',
  'embedded', 'messageConverter', 'clock', 'name', 'isGlobal',
]);

export function findModuleProblems(connectionName: string, options: RocketMQOptions): ConfigurationProblem[] {
  const problems = new ProblemList(`RocketMQModule "${connectionName}"`);
  if (typeof options !== 'object' || options === null) {
    problems.add('options', `${show(options)} is no options object`, 'Return an object with nameServer or embedded.');
    return problems.found;
  }
  for (const option of Object.keys(options)) {
    if (!KNOWN_OPTIONS.has(option)) problems.add(option, 'is unknown', `Known options: ${[...KNOWN_OPTIONS].join(', ')}.`);
  }
  problems.boolean('enabled', options.enabled);
  problems.boolean('autoStart', options.autoStart);
  problems.oneOf('startup', options.startup, ['fail', 'background']);
  problems.oneOf('accessChannel', options.accessChannel, ['LOCAL', 'CLOUD']);
  if (options.enabled !== false) checkAddress(options, problems);
  checkEmbedded(options.embedded, problems);
  if (options.producer !== undefined) checkProducer(options.producer, problems);
  if (options.consumer !== undefined) checkConsumer(options.consumer, problems);
  if (options.pullConsumer !== undefined) problems.notYet('pullConsumer');
  return problems.found;
}

function checkAddress({ nameServer, embedded }: RocketMQOptions, problems: ProblemList): void {
  const embeds = embedded !== undefined && embedded !== false;
  if (embeds && nameServer !== undefined) {
    problems.add('nameServer', 'is given together with embedded', 'Keep one: embedded brings its own name server.');
  } else if (!embeds && (nameServer === undefined || nameServer === '')) {
    problems.add(
      'nameServer',
      'is missing',
      'Give "host:port" (several joined by ";"), or embedded: true to run a cluster inside this process.',
    );
  } else if (!embeds) {
    try {
      parseNameServer(String(nameServer));
    } catch (error) {
      problems.add('nameServer', `${show(nameServer)}: ${(error as Error).message}`, 'Give "host:port", several joined by ";".');
    }
  }
}

function checkEmbedded(embedded: unknown, problems: ProblemList): void {
  if (embedded === undefined || typeof embedded === 'boolean') return;
  if (typeof embedded !== 'object' || embedded === null) {
    problems.add('embedded', `${show(embedded)} is neither a boolean nor an object`, 'Give true or { storePath, brokers, brokerConfig }.');
    return;
  }
  const { storePath, brokers, brokerConfig } = embedded as RocketMQEmbeddedOptions;
  if (storePath !== undefined && (typeof storePath !== 'string' || storePath === '')) {
    problems.add('embedded.storePath', `${show(storePath)} is no path`, 'Give a directory, or leave it out for a temporary one.');
  }
  problems.integer('embedded.brokers', brokers, 1, 16, '');
  if (brokerConfig !== undefined && (typeof brokerConfig !== 'object' || brokerConfig === null)) {
    problems.add('embedded.brokerConfig', `${show(brokerConfig)} is no object`, 'Give keys of broker.conf with their values.');
  }
}

function checkProducer(producer: RocketMQProducerOptions, problems: ProblemList): void {
  problems.name('producer.group', producer.group, validateGroupName);
  problems.integer('producer.sendMessageTimeout', producer.sendMessageTimeout, 1, INT32_MAX, 'ms');
  problems.integer('producer.compressMessageBodyThreshold', producer.compressMessageBodyThreshold, 0, INT32_MAX, 'bytes');
  problems.integer('producer.retryTimesWhenSendFailed', producer.retryTimesWhenSendFailed, 0, 1000, '');
  problems.integer('producer.retryTimesWhenSendAsyncFailed', producer.retryTimesWhenSendAsyncFailed, 0, 1000, '');
  problems.boolean('producer.retryNextServer', producer.retryNextServer);
  problems.integer('producer.maxMessageSize', producer.maxMessageSize, 1, INT32_MAX, 'bytes');
  problems.boolean('producer.springHeaders', producer.springHeaders);
  checkSecurity('producer.', producer, problems);
  problems.boolean('producer.enableMsgTrace', producer.enableMsgTrace);
  checkTraceTopic('producer.customizedTraceTopic', producer.customizedTraceTopic, problems);
}

function checkConsumer(consumer: RocketMQConsumerOptions, problems: ProblemList): void {
  checkSecurity('consumer.', consumer, problems);
  checkTraceTopic('consumer.customizedTraceTopic', consumer.customizedTraceTopic, problems);
  for (const [group, topics] of Object.entries(consumer.listeners ?? {})) {
    if (typeof topics !== 'object' || topics === null) {
      problems.add(`consumer.listeners.${group}`, `${show(topics)} is no object`, 'Give { topic: false } to switch one listener off.');
      continue;
    }
    for (const [topic, value] of Object.entries(topics)) problems.boolean(`consumer.listeners.${group}.${topic}`, value);
  }
}

export function checkTraceTopic(option: string, topic: string | undefined, problems: ProblemList): void {
  if (topic !== undefined && topic !== '') problems.name(option, topic, validateTopicName);
}
