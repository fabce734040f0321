// Finds every wrong attribute of one listener. Must never connect, log or change anything.
import { compileSql } from 'rocketmq-core/filter';
import { buildSubscriptionData, validateGroupName, validateTopicName } from 'rocketmq-core/message';
import {
  checkSecurity,
  checkTraceTopic,
  type ConfigurationProblem,
  namesOf,
  parseNameServer,
  ProblemList,
  show,
} from '../options/index.js';
import { isMessageType } from '../messaging/index.js';
import type { HandlerMethod } from './handler-methods.js';
import { checkHandlers } from './handler-methods.validation.js';
import {
  ConsumeFromWhere,
  ConsumeMode,
  LISTENER_DEFAULTS,
  type ListenerSubscription,
  MessageModel,
  type ResolvedListenerOptions,
  type RocketMQMessageListenerOptions,
  SelectorType,
} from './listener-options.js';

const INT32_MAX = 2 ** 31 - 1;

/** Attribute, least, most, unit. */
const INTEGERS = [
  ['consumeThreadNumber', 1, 1000, ''],
  ['consumeThreadMax', 1, 1000, ''],
  ['maxReconsumeTimes', -1, INT32_MAX, ''],
  ['consumeTimeout', 1, 1_000_000, 'minutes'],
  ['replyTimeout', 1, INT32_MAX, 'ms'],
  ['delayLevelWhenNextConsume', -1, 18, ''],
  ['suspendCurrentQueueTimeMillis', 1, INT32_MAX, 'ms'],
  ['awaitTerminationMillisWhenShutdown', 0, INT32_MAX, 'ms'],
  ['pullInterval', 0, 65_535, 'ms'],
  ['pullBatchSize', 1, 1024, 'messages'],
  ['consumeMessageBatchMaxSize', 1, 1024, 'messages'],
  ['phase', -INT32_MAX, INT32_MAX, ''],
] as const;

// prettier-ignore
const LISTENER_OPTIONS = namesOf<RocketMQMessageListenerOptions>()({
  topic: true, consumerGroup: true, selectorType: true, selectorExpression: true, consumeMode: true, messageModel: true,
  consumeThreadNumber: true, consumeThreadMax: true, maxReconsumeTimes: true, consumeTimeout: true, replyTimeout: true,
  delayLevelWhenNextConsume: true, suspendCurrentQueueTimeMillis: true, awaitTerminationMillisWhenShutdown: true, instanceName: true,
  pullInterval: true, pullBatchSize: true, consumeMessageBatchMaxSize: true, consumeFromWhere: true, nameServer: true,
  accessChannel: true, enableMsgTrace: true, customizedTraceTopic: true, messageType: true, invalidMessage: true,
  refusedMessage: true, unmatchedMessage: true, applyGlobalEnhancers: true, asyncContext: true, connection: true,
  id: true, enabled: true, autoStart: true, startup: true, phase: true, subscriptions: true,
  accessKey: true, secretKey: true, securityToken: true, tlsEnable: true, tls: true, namespace: true,
  namespaceV2: true,
  unitName: true, unitMode: true,
});

const SUBSCRIPTION_OPTIONS = namesOf<ListenerSubscription>()({ topic: true, selectorType: true, selectorExpression: true });

export function findListenerProblems(
  className: string,
  options: ResolvedListenerOptions,
  prototype: object,
  methods?: readonly HandlerMethod[],
): ConfigurationProblem[] {
  const problems = new ProblemList(className);
  problems.known('', options, LISTENER_OPTIONS);
  checkTopics(options, problems);
  problems.name('consumerGroup', options.consumerGroup, validateGroupName);
  for (const [option, min, max, unit] of INTEGERS) problems.integer(option, options[option], min, max, unit);
  problems.oneOf('selectorType', options.selectorType, Object.values(SelectorType));
  problems.oneOf('consumeMode', options.consumeMode, Object.values(ConsumeMode));
  problems.oneOf('messageModel', options.messageModel, Object.values(MessageModel));
  problems.oneOf('consumeFromWhere', options.consumeFromWhere, Object.values(ConsumeFromWhere));
  for (const option of ['invalidMessage', 'refusedMessage', 'unmatchedMessage'] as const) {
    problems.oneOf(option, options[option], ['DEAD_LETTER', 'RETRY', 'DISCARD']);
  }
  problems.boolean('applyGlobalEnhancers', options.applyGlobalEnhancers);
  problems.boolean('asyncContext', options.asyncContext);
  problems.oneOf('accessChannel', options.accessChannel, ['LOCAL', 'CLOUD']);
  problems.boolean('enabled', options.enabled);
  problems.boolean('autoStart', options.autoStart);
  problems.oneOf('startup', options.startup, ['fail', 'background']);
  if (!Array.isArray(options.subscriptions)) checkSelector('', options, problems);
  checkModes(options, problems);
  checkMessageType(options.messageType, problems);
  if (options.nameServer !== undefined) checkNameServer(options.nameServer, problems);
  checkSecurity('', options, problems);
  problems.boolean('enableMsgTrace', options.enableMsgTrace);
  checkTraceTopic('customizedTraceTopic', options.customizedTraceTopic, problems);
  checkHandlers(prototype, options, problems, methods);
  return problems.found;
}

/** Either `topic` or `subscriptions`, each topic once. */
function checkTopics({ topic, subscriptions, selectorType, selectorExpression }: ResolvedListenerOptions, problems: ProblemList): void {
  const topics = Array.isArray(topic) ? (topic as readonly string[]) : [topic as string];
  if (subscriptions === undefined) {
    if (topics.length === 0) problems.add('topic', 'is an empty list', 'Give at least one topic.');
    for (const each of topics) problems.name('topic', each, validateTopicName);
    return checkRepeated('topic', topics, problems);
  }
  if (topic !== undefined) problems.add('topic', 'is given together with subscriptions', 'Keep one of the two.');
  if (selectorType !== LISTENER_DEFAULTS.selectorType || selectorExpression !== LISTENER_DEFAULTS.selectorExpression) {
    problems.add('selectorExpression', 'is given together with subscriptions', 'Give each subscription its own.');
  }
  if (
    !Array.isArray(subscriptions) ||
    subscriptions.length === 0 ||
    subscriptions.some((each) => typeof each !== 'object' || each === null)
  ) {
    return problems.add(
      'subscriptions',
      `${show(subscriptions)} is no list of subscriptions`,
      'Give [{ topic, selectorExpression }, ...].',
    );
  }
  for (const [at, subscription] of (subscriptions as readonly ListenerSubscription[]).entries()) {
    const prefix = `subscriptions[${at}].`;
    problems.known(prefix, subscription, SUBSCRIPTION_OPTIONS);
    problems.name(`${prefix}topic`, subscription.topic, validateTopicName);
    problems.oneOf(`${prefix}selectorType`, subscription.selectorType, Object.values(SelectorType));
    checkSelector(prefix, { selectorType: 'TAG', selectorExpression: '*', ...subscription }, problems);
  }
  checkRepeated(
    'subscriptions',
    (subscriptions as readonly ListenerSubscription[]).map((each) => each.topic),
    problems,
  );
}

function checkRepeated(option: string, topics: readonly unknown[], problems: ProblemList): void {
  const repeated = topics.find((topic, at) => topics.indexOf(topic) !== at);
  if (repeated !== undefined) problems.add(option, `names topic ${show(repeated)} twice`, 'Name each topic once.');
}

function checkSelector(
  prefix: string,
  { topic, selectorType, selectorExpression }: Pick<ResolvedListenerOptions, 'topic' | 'selectorType' | 'selectorExpression'>,
  problems: ProblemList,
): void {
  const option = `${prefix}selectorExpression`;
  if (typeof selectorExpression !== 'string' || selectorExpression.trim() === '') {
    problems.add(option, `${show(selectorExpression)} is no expression`, 'Give "*", tags joined by "||", or a SQL92 predicate.');
    return;
  }
  if (selectorType === 'SQL92') checkSql(option, selectorExpression, problems);
  if (selectorType !== 'TAG') return;
  try {
    buildSubscriptionData(typeof topic === 'string' ? topic : '', selectorExpression);
  } catch (error) {
    problems.add(option, (error as Error).message, 'Give "*" or tags joined by "||".');
  }
}

function checkSql(option: string, expression: string, problems: ProblemList): void {
  try {
    compileSql(expression);
  } catch (error) {
    problems.add(option, (error as Error).message, "Give a condition on properties, such as: amount > 100 AND region = 'eu'.");
  }
}

function checkModes(options: ResolvedListenerOptions, problems: ProblemList): void {
  if (options.consumeMode === 'ORDERLY' && options.messageModel === 'BROADCASTING') {
    problems.add('consumeMode', 'ORDERLY does not go with messageModel BROADCASTING', 'Choose one of the two.');
  }
  if (options.consumeThreadNumber > options.consumeThreadMax) {
    problems.add(
      'consumeThreadNumber',
      `${options.consumeThreadNumber} is above consumeThreadMax ${options.consumeThreadMax}`,
      'Raise consumeThreadMax or lower consumeThreadNumber.',
    );
  }
}

function checkMessageType(messageType: unknown, problems: ProblemList): void {
  if (messageType === undefined || isMessageType(messageType)) return;
  problems.add(
    'messageType',
    `${show(messageType)} is no type`,
    'Give String, Buffer, MessageExt, a class, a Standard Schema, or [a class or schema] for a JSON array.',
  );
}

function checkNameServer(nameServer: unknown, problems: ProblemList): void {
  try {
    parseNameServer(String(nameServer));
  } catch (error) {
    problems.add('nameServer', `${show(nameServer)}: ${(error as Error).message}`, 'Give "host:port", several joined by ";".');
  }
}
