// Finds every wrong attribute of one listener, and listeners of one group that disagree. Must never connect, log or change anything.
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
import { checkHandlers } from './handler-methods.validation.js';
import {
  ConsumeFromWhere,
  ConsumeMode,
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
] as const;

// prettier-ignore
const LISTENER_OPTIONS = namesOf<RocketMQMessageListenerOptions>()({
  topic: true, consumerGroup: true, selectorType: true, selectorExpression: true, consumeMode: true, messageModel: true,
  consumeThreadNumber: true, consumeThreadMax: true, maxReconsumeTimes: true, consumeTimeout: true, replyTimeout: true,
  delayLevelWhenNextConsume: true, suspendCurrentQueueTimeMillis: true, awaitTerminationMillisWhenShutdown: true, instanceName: true,
  pullInterval: true, pullBatchSize: true, consumeMessageBatchMaxSize: true, consumeFromWhere: true, nameServer: true,
  accessChannel: true, enableMsgTrace: true, customizedTraceTopic: true, messageType: true, invalidMessage: true,
  refusedMessage: true, unmatchedMessage: true, applyGlobalEnhancers: true, asyncContext: true, connection: true,
  id: true, enabled: true, accessKey: true, secretKey: true, securityToken: true, tlsEnable: true, tls: true, namespace: true,
  namespaceV2: true,
});

export function findListenerProblems(className: string, options: ResolvedListenerOptions, prototype: object): ConfigurationProblem[] {
  const problems = new ProblemList(className);
  problems.known('', options, LISTENER_OPTIONS);
  problems.name('topic', options.topic, validateTopicName);
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
  checkSelector(options, problems);
  checkModes(options, problems);
  checkMessageType(options.messageType, problems);
  if (options.nameServer !== undefined) checkNameServer(options.nameServer, problems);
  checkSecurity('', options, problems);
  problems.boolean('enableMsgTrace', options.enableMsgTrace);
  checkTraceTopic('customizedTraceTopic', options.customizedTraceTopic, problems);
  checkHandlers(prototype, options, problems);
  return problems.found;
}

function checkSelector({ topic, selectorType, selectorExpression }: ResolvedListenerOptions, problems: ProblemList): void {
  if (typeof selectorExpression !== 'string' || selectorExpression.trim() === '') {
    problems.add(
      'selectorExpression',
      `${show(selectorExpression)} is no expression`,
      'Give "*", tags joined by "||", or a SQL92 predicate.',
    );
    return;
  }
  if (selectorType === 'SQL92') checkSql(selectorExpression, problems);
  if (selectorType !== 'TAG') return;
  try {
    buildSubscriptionData(typeof topic === 'string' ? topic : '', selectorExpression);
  } catch (error) {
    problems.add('selectorExpression', (error as Error).message, 'Give "*" or tags joined by "||".');
  }
}

function checkSql(expression: string, problems: ProblemList): void {
  try {
    compileSql(expression);
  } catch (error) {
    problems.add(
      'selectorExpression',
      (error as Error).message,
      "Give a condition on properties, such as: amount > 100 AND region = 'eu'.",
    );
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

/** A listener as far as its group is concerned. */
export interface GroupMember {
  readonly className: string;
  readonly nameServer: string;
  readonly options: ResolvedListenerOptions;
}

/** Members of one group must subscribe alike: the broker keeps one subscription per group, the others would lose messages silently. */
export function findGroupConflicts(members: readonly GroupMember[]): ConfigurationProblem[] {
  const firstOfGroup = new Map<string, GroupMember>();
  const problems: ConfigurationProblem[] = [];
  for (const member of members) {
    const key = `${member.nameServer}\n${member.options.consumerGroup}`;
    const first = firstOfGroup.get(key);
    if (first === undefined) {
      firstOfGroup.set(key, member);
      continue;
    }
    const [here, there] = [describeSubscription(member.options), describeSubscription(first.options)];
    if (here === there) continue;
    const list = new ProblemList(member.className);
    list.add(
      'consumerGroup',
      `group "${member.options.consumerGroup}" is subscribed to ${here} here and to ${there} in ${first.className}`,
      'Members of one group must have the same topic, selector and message model: give one of the classes a group of its own.',
    );
    problems.push(...list.found);
  }
  return problems;
}

function describeSubscription({ topic, selectorType, selectorExpression, messageModel }: ResolvedListenerOptions): string {
  const expression =
    selectorType === 'TAG'
      ? [
          ...new Set(
            String(selectorExpression)
              .split('||')
              .map((tag) => tag.trim()),
          ),
        ]
          .toSorted()
          .join(' || ')
      : String(selectorExpression).trim();
  return `topic ${topic} ${selectorType} "${expression}" ${messageModel}`;
}
