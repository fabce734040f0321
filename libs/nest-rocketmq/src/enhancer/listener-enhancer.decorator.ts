// @ListenerEnhancer and its token: what may rewrite the options of listeners before they count [java AnnotationEnhancer]. Must never run anything.
import 'reflect-metadata';
import { markInjectable } from '../options/index.js';
import type { RocketMQMessageListenerOptions } from '../listener/index.js';

/** A provider under this token, a function or an object with `enhance`, may stand in any module, in several too. */
export const ROCKETMQ_LISTENER_ENHANCER = 'ROCKETMQ_LISTENER_ENHANCER';

const METADATA = 'nest-rocketmq:listener-enhancer';

type ListenerType = abstract new (...args: never[]) => unknown;

/** What it returns counts, unlike in Spring; its placeholders are resolved afterwards. */
export type ListenerEnhancerFunction = (
  options: Readonly<RocketMQMessageListenerOptions>,
  listener: ListenerType,
) => RocketMQMessageListenerOptions;

export interface ListenerEnhancerMethods {
  enhance: ListenerEnhancerFunction;
}

export interface ListenerEnhancerOptions {
  /** The lower, the earlier. Default 0; enhancers under the token count as 0. */
  order?: number | undefined;
}

/** Marks a provider that rewrites the options of listeners. */
export function ListenerEnhancer(
  options: ListenerEnhancerOptions = {},
): <C extends abstract new (...args: never[]) => ListenerEnhancerMethods>(target: C) => void {
  return (target) => {
    markInjectable(target);
    Reflect.defineMetadata(METADATA, options, target);
  };
}

export function listenerEnhancerOptionsOf(type: object): ListenerEnhancerOptions | undefined {
  return Reflect.getMetadata(METADATA, type) as ListenerEnhancerOptions | undefined;
}

export function isListenerEnhancer(value: unknown): value is ListenerEnhancerFunction | ListenerEnhancerMethods {
  return typeof value === 'function' || typeof (Object(value) as Partial<ListenerEnhancerMethods>).enhance === 'function';
}
