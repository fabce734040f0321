// @RocketMQInterceptor: marks a provider that stands around sends, deliveries or both. Must never run anything.
import 'reflect-metadata';
import { markInjectable } from '../options/index.js';
import type { ConsumeInterceptor } from '../listener/index.js';
import type { SendInterceptor } from '../template/index.js';

const INTERCEPTOR_METADATA = 'nest-rocketmq:interceptor';

export interface RocketMQInterceptorOptions {
  /** The lower, the further outside. Default 0. */
  order?: number | undefined;
  /** Name of the one connection it is for. Default: all. */
  connection?: string | undefined;
}

/** Either method, or both. */
export type RocketMQInterceptorMethods = Partial<ConsumeInterceptor> & Partial<SendInterceptor>;

export function RocketMQInterceptor(
  options: RocketMQInterceptorOptions = {},
): <C extends abstract new (...args: never[]) => RocketMQInterceptorMethods>(target: C) => void {
  return (target) => {
    markInjectable(target);
    Reflect.defineMetadata(INTERCEPTOR_METADATA, options, target);
  };
}

/** The options noted on a class or one it extends. */
export function interceptorOptionsOf(type: object): RocketMQInterceptorOptions | undefined {
  return Reflect.getMetadata(INTERCEPTOR_METADATA, type) as RocketMQInterceptorOptions | undefined;
}
