// @OnMessage: notes on a method which messages of its listener it takes. Must never judge what was given: that is told at boot, with the rest.
import 'reflect-metadata';
import type { MessageType } from '../messaging/index.js';

const ON_MESSAGE_METADATA = 'nest-rocketmq:on-message';

export interface OnMessageOptions {
  /** Default: each topic of the listener. */
  topic?: string | undefined;
  /** One tag, or several joined by `||`. Default: every message no other method takes. */
  tag?: string | undefined;
  /** Default: the listener's; without one the type of the `@Payload()` parameter, where the compiler tells it. */
  messageType?: MessageType | undefined;
}

/** A method of a `@RocketMQMessageListener` class that takes the messages with a tag, or without a tag given those left over. */
export function OnMessage(tag?: string, options?: Omit<OnMessageOptions, 'tag'>): MethodDecorator;
export function OnMessage(options: OnMessageOptions): MethodDecorator;
export function OnMessage(first: string | OnMessageOptions = {}, rest: Omit<OnMessageOptions, 'tag'> = {}): MethodDecorator {
  const options: OnMessageOptions = typeof first === 'string' ? { ...rest, tag: first } : { ...first, ...rest };
  return (target, method) => {
    // On class and name, not on the function: another decorator may put a function of its own in its place.
    Reflect.defineMetadata(ON_MESSAGE_METADATA, [...onMessageOptionsOf(target, method), options], target, method);
  };
}

export function onMessageOptionsOf(prototype: object, method: string | symbol): readonly OnMessageOptions[] {
  return (Reflect.getMetadata(ON_MESSAGE_METADATA, prototype, method) as OnMessageOptions[] | undefined) ?? [];
}
