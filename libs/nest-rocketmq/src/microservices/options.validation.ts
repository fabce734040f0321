// Finds every wrong option of a server or a client. Must never connect, log or change anything.
import { validateGroupName } from 'rocketmq-core/message';
import { checkSecurity, checkTraceTopic, namesOf, parseNameServer, type ProblemList, show } from '../options/index.js';
import type { RocketMQClientOptions } from './client-options.js';
import type { RocketMQServerOptions } from './server-options.js';

const INT32_MAX = 2 ** 31 - 1;

// prettier-ignore
export const SERVER_OPTIONS = namesOf<RocketMQServerOptions>()({
  nameServer: true, consumerGroup: true, accessChannel: true, consumeMode: true, messageModel: true, consumeFromWhere: true,
  consumeThreadNumber: true, maxReconsumeTimes: true, consumeTimeout: true, delayLevelWhenNextConsume: true,
  suspendCurrentQueueTimeMillis: true, awaitTerminationMillisWhenShutdown: true, pullInterval: true, pullBatchSize: true,
  instanceName: true, invalidMessage: true, unhandledMessage: true, replyTimeout: true, producerGroup: true, startup: true,
  enableMsgTrace: true, customizedTraceTopic: true, messageConverter: true, prepareStart: true, clock: true,
  accessKey: true, secretKey: true, securityToken: true, tlsEnable: true, tls: true, namespace: true, namespaceV2: true,
  unitName: true, unitMode: true,
});

// prettier-ignore
export const CLIENT_OPTIONS = namesOf<RocketMQClientOptions>()({
  nameServer: true, accessChannel: true, producerGroup: true, requestTimeout: true, sendMessageTimeout: true,
  retryTimesWhenSendFailed: true, retryNextServer: true, compressMessageBodyThreshold: true, maxMessageSize: true, headers: true,
  instanceName: true, enableMsgTrace: true, customizedTraceTopic: true, messageConverter: true, clock: true,
  accessKey: true, secretKey: true, securityToken: true, tlsEnable: true, tls: true, namespace: true, namespaceV2: true,
  unitName: true, unitMode: true,
});

/** Option, least, most, unit. */
const SERVER_INTEGERS = [
  ['consumeThreadNumber', 1, 1000, ''],
  ['maxReconsumeTimes', -1, INT32_MAX, ''],
  ['consumeTimeout', 1, 1_000_000, 'minutes'],
  ['delayLevelWhenNextConsume', -1, 18, ''],
  ['suspendCurrentQueueTimeMillis', 1, INT32_MAX, 'ms'],
  ['awaitTerminationMillisWhenShutdown', 0, INT32_MAX, 'ms'],
  ['pullInterval', 0, 65_535, 'ms'],
  ['pullBatchSize', 1, 1024, 'messages'],
  ['replyTimeout', 1, INT32_MAX, 'ms'],
] as const;

const CLIENT_INTEGERS = [
  ['requestTimeout', 1, INT32_MAX, 'ms'],
  ['sendMessageTimeout', 1, INT32_MAX, 'ms'],
  ['retryTimesWhenSendFailed', 0, 1000, ''],
  ['compressMessageBodyThreshold', 0, INT32_MAX, 'bytes'],
  ['maxMessageSize', 1, INT32_MAX, 'bytes'],
] as const;

const POLICIES = ['DEAD_LETTER', 'RETRY', 'DISCARD'];

export function checkServerOptions(options: RocketMQServerOptions, problems: ProblemList): void {
  if (!isObject(options, problems)) return;
  problems.known('', options, SERVER_OPTIONS);
  checkCommon(options, problems);
  problems.name('consumerGroup', options.consumerGroup, validateGroupName);
  for (const [option, min, max, unit] of SERVER_INTEGERS) problems.integer(option, options[option], min, max, unit);
  problems.oneOf('consumeMode', options.consumeMode, ['CONCURRENTLY', 'ORDERLY']);
  problems.oneOf('messageModel', options.messageModel, ['CLUSTERING', 'BROADCASTING']);
  problems.oneOf('consumeFromWhere', options.consumeFromWhere, [
    'CONSUME_FROM_LAST_OFFSET',
    'CONSUME_FROM_FIRST_OFFSET',
    'CONSUME_FROM_TIMESTAMP',
  ]);
  problems.oneOf('invalidMessage', options.invalidMessage, POLICIES);
  problems.oneOf('unhandledMessage', options.unhandledMessage, POLICIES);
  problems.oneOf('startup', options.startup, ['fail', 'background']);
  if (options.consumeMode === 'ORDERLY' && options.messageModel === 'BROADCASTING') {
    problems.add('consumeMode', 'ORDERLY does not go with messageModel BROADCASTING', 'Choose one of the two.');
  }
  if (options.prepareStart !== undefined && typeof options.prepareStart !== 'function') {
    problems.add('prepareStart', `${show(options.prepareStart)} is no function`, 'Give (consumer) => { ... }, or leave it out.');
  }
}

export function checkClientOptions(options: RocketMQClientOptions, problems: ProblemList): void {
  if (!isObject(options, problems)) return;
  problems.known('', options, CLIENT_OPTIONS);
  checkCommon(options, problems);
  for (const [option, min, max, unit] of CLIENT_INTEGERS) problems.integer(option, options[option], min, max, unit);
  problems.boolean('retryNextServer', options.retryNextServer);
  const { headers } = options;
  if (headers !== undefined && (typeof headers !== 'object' || headers === null || Array.isArray(headers))) {
    problems.add('headers', `${show(headers)} is no object`, 'Give { name: value }, or leave it out.');
  }
}

function checkCommon(options: RocketMQServerOptions | RocketMQClientOptions, problems: ProblemList): void {
  const { nameServer, producerGroup } = options;
  if (typeof nameServer !== 'string' || nameServer.trim() === '') {
    problems.add(
      'nameServer',
      nameServer === undefined ? 'is missing' : `${show(nameServer)} is no address`,
      'Give "host:port", several joined by ";".',
    );
  } else {
    try {
      parseNameServer(nameServer);
    } catch (error) {
      problems.add('nameServer', `${show(nameServer)}: ${(error as Error).message}`, 'Give "host:port", several joined by ";".');
    }
  }
  if (producerGroup !== undefined) problems.name('producerGroup', producerGroup, validateGroupName);
  problems.oneOf('accessChannel', options.accessChannel, ['LOCAL', 'CLOUD']);
  problems.boolean('enableMsgTrace', options.enableMsgTrace);
  checkTraceTopic('customizedTraceTopic', options.customizedTraceTopic, problems);
  checkSecurity('', options, problems);
  const converter = options.messageConverter as unknown;
  if (converter !== undefined && !isConverter(converter)) {
    problems.add('messageConverter', 'is no converter', 'Give an object with toBytes() and fromBytes().');
  }
}

function isObject(options: unknown, problems: ProblemList): boolean {
  if (typeof options === 'object' && options !== null) return true;
  problems.add('options', `${show(options)} is no options object`, 'Give an object with at least nameServer.');
  return false;
}

const isConverter = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ['toBytes', 'fromBytes'].every((name) => typeof (value as Record<string, unknown>)[name] === 'function');
