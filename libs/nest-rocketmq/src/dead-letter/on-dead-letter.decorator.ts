// @OnDeadLetter: notes on a class or a method that it takes the dead letters of consumer groups. Must never start or connect anything.
import 'reflect-metadata';
import { dlqTopicOf } from 'rocketmq-core/message';
import {
  type MessageContext,
  type ResolvedListenerOptions,
  type RocketMQMessageListenerOptions,
  withListenerDefaults,
} from '../listener/index.js';
import { markEntryProvider, markInjectable, noteDecorated } from '../options/index.js';
import type { DeadLetterMessage } from './dead-letter-message.js';

const METADATA = 'nest-rocketmq:on-dead-letter';
const HANDLER_GROUP_SUFFIX = '_dlq_handler';
const INT32_MAX = 2 ** 31 - 1;
/** One minute. */
const RETRY_LEVEL = 5;

/** A listener's attributes that do nothing here, and why: given all the same, they are told at boot. */
export const INEFFECTIVE_OPTIONS = {
  topic: 'the group says which topic is read',
  subscriptions: 'the group says which topic is read',
  messageType: 'the handler gets the letter',
  unmatchedMessage: 'the handler takes every letter',
  replyTimeout: 'a letter is no request, nobody is answered',
  consumeMessageBatchMaxSize: 'the handler gets one letter at a time',
} as const satisfies { readonly [K in keyof RocketMQMessageListenerOptions]?: string };

export type IneffectiveOption = keyof typeof INEFFECTIVE_OPTIONS;

/** A listener's, but for what follows from the group and what has no effect. */
export type OnDeadLetterOptions = Omit<
  RocketMQMessageListenerOptions,
  IneffectiveOption | 'messageModel' | 'selectorType' | 'selectorExpression' | 'invalidMessage'
>;

/** Returning takes the letter; throwing has it delivered again, a minute later by default, as often as it takes. */
export interface DeadLetterHandler {
  onMessage(letter: DeadLetterMessage, context: MessageContext): unknown;
}

interface DeadLetterNote {
  readonly groups: readonly string[];
  readonly options: Partial<OnDeadLetterOptions>;
}

/** The group that reads `%DLQ%group` for its handlers. */
export const deadLetterHandlerGroupOf = (group: string): string => group + HANDLER_GROUP_SUFFIX;

/**
 * On a class: its `onMessage` gets the dead letters of the groups; on a method of any provider: that method. Each group is read by a
 * consumer group of its own, `<group>_dlq_handler` unless `consumerGroup` says otherwise, from the first letter there is.
 */
export function OnDeadLetter(
  group: string | readonly string[],
  options: Partial<OnDeadLetterOptions> = {},
): ClassDecorator & MethodDecorator {
  // What is no group, and a list without one, is told at boot.
  const groups = Array.isArray(group) && group.length > 0 ? (group as readonly string[]) : [group as string];
  const note: DeadLetterNote = { groups, options };
  return (target: object, method?: string | symbol): void => {
    noteDecorated(method === undefined ? target : target.constructor, '@OnDeadLetter');
    if (method !== undefined) {
      const notes = notesOf((target as { constructor: object }).constructor);
      Reflect.defineMetadata(METADATA, new Map([...notes, [String(method), note]]), (target as { constructor: object }).constructor);
      return;
    }
    markInjectable(target);
    if (options.applyGlobalEnhancers !== false) markEntryProvider(target);
    Reflect.defineMetadata(METADATA, new Map([...notesOf(target), ['onMessage', note]]), target);
  };
}

function notesOf(type: object): ReadonlyMap<string, DeadLetterNote> {
  return (Reflect.getMetadata(METADATA, type) as ReadonlyMap<string, DeadLetterNote> | undefined) ?? new Map();
}

/** One listener for each method and group. */
export interface DeadLetterListener {
  readonly method: string;
  readonly group: string;
  readonly options: ResolvedListenerOptions;
  /** What was given and does nothing; told of the first group alone. */
  readonly ineffective: readonly IneffectiveOption[];
}

export function deadLetterListenersOf(type: object): readonly DeadLetterListener[] {
  return [...notesOf(type)].flatMap(([method, { groups, options }]) =>
    groups.map((group, at) => ({
      method,
      group,
      ineffective: at === 0 ? namesOfIneffective(options) : [],
      options: withListenerDefaults({
        consumerGroup: deadLetterHandlerGroupOf(group),
        consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
        // A letter has failed as often as its own group allows: with an ordinary limit, the first failure here would be its last.
        maxReconsumeTimes: INT32_MAX,
        delayLevelWhenNextConsume: RETRY_LEVEL,
        ...withoutIneffective(options),
        topic: dlqTopicOf(group),
      }),
    })),
  );
}

const isIneffective = (name: string): name is IneffectiveOption => name in INEFFECTIVE_OPTIONS;

const namesOfIneffective = (options: object): IneffectiveOption[] =>
  Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name)
    .filter(isIneffective);

const withoutIneffective = (options: Partial<OnDeadLetterOptions>): Partial<OnDeadLetterOptions> =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !isIneffective(name)));
