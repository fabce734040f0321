// @OnDeadLetter: notes on a class or a method that it takes the dead letters of consumer groups. Must never start or connect anything.
import 'reflect-metadata';
import { Injectable } from '@nestjs/common';
import { dlqTopicOf } from 'rocketmq-core/message';
import {
  type MessageContext,
  type ResolvedListenerOptions,
  type RocketMQMessageListenerOptions,
  withListenerDefaults,
} from '../listener/index.js';
import { noteDecorated } from '../options/index.js';
import type { DeadLetterMessage } from './dead-letter-message.js';

const METADATA = 'nest-rocketmq:on-dead-letter';
/** Nest's own mark of an injectable class. */
const INJECTABLE_METADATA = '__injectable__';
/** Nest's own mark of a provider that is called from outside: request-scoped global enhancers then count for it. */
const ENTRY_PROVIDER_METADATA = '__entryProvider__';
const HANDLER_GROUP_SUFFIX = '_dlq_handler';
const INT32_MAX = 2 ** 31 - 1;
/** One minute. */
const RETRY_LEVEL = 5;

/** A listener's, but for what follows from the group. */
export type OnDeadLetterOptions = Omit<
  RocketMQMessageListenerOptions,
  'topic' | 'messageType' | 'messageModel' | 'selectorType' | 'selectorExpression' | 'invalidMessage'
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
    if (!Reflect.hasOwnMetadata(INJECTABLE_METADATA, target)) Injectable()(target as never);
    if (options.applyGlobalEnhancers !== false) Reflect.defineMetadata(ENTRY_PROVIDER_METADATA, true, target);
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
}

export function deadLetterListenersOf(type: object): readonly DeadLetterListener[] {
  return [...notesOf(type)].flatMap(([method, { groups, options }]) =>
    groups.map((group) => ({
      method,
      group,
      options: withListenerDefaults({
        consumerGroup: deadLetterHandlerGroupOf(group),
        consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
        // A letter has failed as often as its own group allows: with an ordinary limit, the first failure here would be its last.
        maxReconsumeTimes: INT32_MAX,
        delayLevelWhenNextConsume: RETRY_LEVEL,
        ...options,
        topic: dlqTopicOf(group),
      }),
    })),
  );
}
