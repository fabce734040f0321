// Finds every wrong module option. Must never connect, log or change anything.
import { validateGroupName, validateTopicName } from 'rocketmq-core/message';
import { type ConfigurationProblem, ProblemList, show } from './configuration-error.js';
import { namesOf } from './known-names.js';
import type {
  RocketMQConsumerOptions,
  RocketMQEmbeddedOptions,
  RocketMQModuleOptions,
  RocketMQOptions,
  RocketMQProducerOptions,
  RocketMQPullConsumerOptions,
} from './module-options.js';
import { parseNameServer } from './name-server.js';
import { checkSecurity } from './security-options.js';

const INT32_MAX = 2 ** 31 - 1;

// prettier-ignore
export const MODULE_OPTIONS = namesOf<RocketMQModuleOptions>()({
  nameServer: true, accessChannel: true, producer: true, consumer: true, pullConsumer: true, enabled: true, autoStart: true, startup: true,
  lazyConnect: true, unprovided: true, embedded: true, placeholders: true, messageConverter: true, clock: true, name: true, isGlobal: true,
});

// prettier-ignore
export const PRODUCER_OPTIONS = namesOf<RocketMQProducerOptions>()({
  group: true, sendMessageTimeout: true, compressMessageBodyThreshold: true, retryTimesWhenSendFailed: true,
  retryTimesWhenSendAsyncFailed: true, retryNextServer: true, maxMessageSize: true, instanceName: true, springHeaders: true,
  enableMsgTrace: true, customizedTraceTopic: true,
  accessKey: true, secretKey: true, securityToken: true, tlsEnable: true, tls: true, namespace: true, namespaceV2: true,
  unitName: true, unitMode: true,
});

// prettier-ignore
export const CONSUMER_OPTIONS = namesOf<RocketMQConsumerOptions>()({
  listeners: true, customizedTraceTopic: true, allowSameGroup: true,
  accessKey: true, secretKey: true, securityToken: true, tlsEnable: true, tls: true, namespace: true, namespaceV2: true,
  unitName: true, unitMode: true,
});

// prettier-ignore
export const PULL_CONSUMER_OPTIONS = namesOf<RocketMQPullConsumerOptions>()({
  group: true, topic: true, nameServer: true, accessChannel: true, messageModel: true, selectorType: true, selectorExpression: true, pullBatchSize: true, instanceName: true,
  enableMsgTrace: true, customizedTraceTopic: true,
  accessKey: true, secretKey: true, securityToken: true, tlsEnable: true, tls: true, namespace: true, namespaceV2: true,
  unitName: true, unitMode: true,
});

export const EMBEDDED_OPTIONS = namesOf<RocketMQEmbeddedOptions>()({ storePath: true, brokers: true, brokerConfig: true });

export function findModuleProblems(connectionName: string, options: RocketMQOptions): ConfigurationProblem[] {
  const problems = new ProblemList(`RocketMQModule "${connectionName}"`);
  if (typeof options !== 'object' || options === null) {
    problems.add('options', `${show(options)} is no options object`, 'Return an object with nameServer or embedded.');
    return problems.found;
  }
  problems.known('', options, MODULE_OPTIONS);
  checkLate(connectionName, options, problems);
  problems.boolean('enabled', options.enabled);
  problems.boolean('autoStart', options.autoStart);
  problems.boolean('lazyConnect', options.lazyConnect);
  problems.oneOf('startup', options.startup, ['fail', 'background']);
  problems.oneOf('unprovided', options.unprovided, ['warn', 'fail']);
  checkServices(options, problems);
  problems.oneOf('accessChannel', options.accessChannel, ['LOCAL', 'CLOUD']);
  if (options.enabled !== false) checkAddress(options, problems);
  checkEmbedded(options.embedded, problems);
  if (options.producer !== undefined) checkProducer(options.producer, problems);
  if (options.consumer !== undefined) checkConsumer(options.consumer, problems);
  if (options.pullConsumer !== undefined) checkPullConsumer(options.pullConsumer, problems);
  return problems.found;
}

/** What injection tokens depend on cannot come out of a factory: it would be passed over without a word. */
function checkLate(connectionName: string, { name, isGlobal }: RocketMQModuleOptions, problems: ProblemList): void {
  const remedy = 'Write it beside the factory: forRootAsync({ name, isGlobal, useFactory }).';
  if (name !== undefined && name !== connectionName) problems.add('name', `${show(name)} comes too late out of a factory`, remedy);
  if (isGlobal !== undefined) problems.add('isGlobal', 'comes too late out of a factory', remedy);
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
    checkNameServer('nameServer', nameServer, problems);
  }
}

export function checkNameServer(option: string, nameServer: unknown, problems: ProblemList): void {
  try {
    parseNameServer(String(nameServer));
  } catch (error) {
    problems.add(option, `${show(nameServer)}: ${(error as Error).message}`, 'Give "host:port", several joined by ";".');
  }
}

function checkServices({ messageConverter, placeholders }: RocketMQOptions, problems: ProblemList): void {
  const has = (value: object, names: readonly string[]): boolean =>
    names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
  if (messageConverter !== undefined && !has(Object(messageConverter), ['toBytes', 'fromBytes'])) {
    problems.add('messageConverter', 'is no converter', 'Give an object with the methods toBytes and fromBytes.');
  }
  if (placeholders !== undefined && typeof placeholders !== 'function' && !has(Object(placeholders), ['resolve'])) {
    problems.add('placeholders', 'is no resolver', 'Give a function (key) => value, or an object with such a method resolve.');
  }
}

function checkEmbedded(embedded: unknown, problems: ProblemList): void {
  if (embedded === undefined || typeof embedded === 'boolean') return;
  if (typeof embedded !== 'object' || embedded === null) {
    problems.add('embedded', `${show(embedded)} is neither a boolean nor an object`, 'Give true or { storePath, brokers, brokerConfig }.');
    return;
  }
  problems.known('embedded.', embedded, EMBEDDED_OPTIONS);
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
  if (!isObject('producer', producer, problems)) return;
  problems.known('producer.', producer, PRODUCER_OPTIONS);
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
  if (!isObject('consumer', consumer, problems)) return;
  problems.known('consumer.', consumer, CONSUMER_OPTIONS);
  problems.oneOf('consumer.allowSameGroup', consumer.allowSameGroup, ['merge', 'error']);
  checkSecurity('consumer.', consumer, problems);
  checkTraceTopic('consumer.customizedTraceTopic', consumer.customizedTraceTopic, problems);
  for (const [group, topics] of Object.entries(consumer.listeners ?? {})) {
    if (typeof topics !== 'object' || topics === null) {
      problems.add(`consumer.listeners.${group}`, `${show(topics)} is no object`, 'Give { topic: false } to switch one listener off.');
      continue;
    }
    for (const [topic, value] of Object.entries(topics)) {
      if (value !== 'true' && value !== 'false') problems.boolean(`consumer.listeners.${group}.${topic}`, value);
    }
  }
}

function checkPullConsumer(consumer: RocketMQPullConsumerOptions, problems: ProblemList): void {
  if (!isObject('pullConsumer', consumer, problems)) return;
  problems.known('pullConsumer.', consumer, PULL_CONSUMER_OPTIONS);
  problems.name('pullConsumer.group', consumer.group, validateGroupName);
  problems.name('pullConsumer.topic', consumer.topic, validateTopicName);
  if (consumer.nameServer !== undefined) checkNameServer('pullConsumer.nameServer', consumer.nameServer, problems);
  problems.oneOf('pullConsumer.accessChannel', consumer.accessChannel, ['LOCAL', 'CLOUD']);
  problems.oneOf('pullConsumer.messageModel', consumer.messageModel, ['CLUSTERING', 'BROADCASTING']);
  problems.oneOf('pullConsumer.selectorType', consumer.selectorType, ['TAG', 'SQL92']);
  problems.integer('pullConsumer.pullBatchSize', consumer.pullBatchSize, 1, 1024, 'messages');
  problems.boolean('pullConsumer.enableMsgTrace', consumer.enableMsgTrace);
  checkTraceTopic('pullConsumer.customizedTraceTopic', consumer.customizedTraceTopic, problems);
  checkSecurity('pullConsumer.', consumer, problems);
}

function isObject(option: string, value: unknown, problems: ProblemList): boolean {
  if (typeof value === 'object' && value !== null) return true;
  problems.add(option, `${show(value)} is no object`, 'Give an object of options, or leave it out.');
  return false;
}

export function checkTraceTopic(option: string, topic: string | undefined, problems: ProblemList): void {
  if (topic !== undefined && topic !== '') problems.name(option, topic, validateTopicName);
}
