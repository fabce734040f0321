// @RocketMQMessageListener: notes the options on the class and makes it injectable. Must never start or connect anything.
import 'reflect-metadata';
import type { MessageType, PayloadOf } from '../messaging/index.js';
import { markEntryProvider, markInjectable, noteDecorated } from '../options/index.js';
import type { RocketMQBatchListener, RocketMQListener, RocketMQReplyListener } from './listener.js';
import type { ListenedTopics, RocketMQMessageListenerOptions } from './listener-options.js';

const LISTENER_METADATA = 'nest-rocketmq:message-listener';

export type ListenerClass = abstract new (...args: never[]) => object;

/** A class as its decorator wants it. Where it is none, the compiler compares it with one that is, method by method, in its message. */
export type TakesPayload<P, I> = unknown extends ListenerOf<P, I> ? unknown : ClassOf<ListenerOf<P, I>>;

/**
 * Anything where `onMessage`, `onRequest` or `onMessages` of the instance takes the declared payload first; parameter decorators may fill the
 * others. Else what the instance would have to be.
 */
export type ListenerOf<P, I> = 'onMessage' extends keyof I
  ? Fits<I, RocketMQListener<P>, { onMessage(message: P, ...others: never[]): ListenerAnswer }>
  : 'onRequest' extends keyof I
    ? Fits<I, RocketMQReplyListener<P>, { onRequest(message: P, ...others: never[]): unknown }>
    : 'onMessages' extends keyof I
      ? Fits<I, RocketMQBatchListener<P>, { onMessages(messages: P[], ...others: never[]): BatchAnswer }>
      : // Methods with @OnMessage have any name, but there must be one.
        keyof I extends never
        ? RocketMQListener<P>
        : unknown;

type Fits<I, L, Decorated> = I extends L | Decorated ? unknown : L;
type ClassOf<L> = abstract new (...args: never[]) => L;
type ListenerAnswer = ReturnType<RocketMQListener['onMessage']>;
type BatchAnswer = ReturnType<RocketMQBatchListener['onMessages']>;

export function RocketMQMessageListener<T extends MessageType | undefined = undefined>(
  options: RocketMQMessageListenerOptions<T> & ListenedTopics,
): <C extends ListenerClass>(target: C & TakesPayload<PayloadOf<T>, InstanceType<C>>) => void {
  return (target) => {
    markInjectable(target);
    // Without options, which JavaScript lets happen, the boot tells what is missing.
    const given = Object(options) as typeof options;
    if (given.applyGlobalEnhancers !== false) markEntryProvider(target);
    Reflect.defineMetadata(LISTENER_METADATA, given, target);
    noteDecorated(target, '@RocketMQMessageListener');
  };
}

/** The options noted on a class or one it extends. */
export function listenerOptionsOf(type: object): RocketMQMessageListenerOptions | undefined {
  return Reflect.getMetadata(LISTENER_METADATA, type) as RocketMQMessageListenerOptions | undefined;
}
