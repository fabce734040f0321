// Finds the interceptors among an application's providers and sorts them. Must never run them.
import type { DiscoveryService } from '@nestjs/core';
import { interceptorOptionsOf, type RocketMQInterceptorMethods } from '../interceptor/index.js';
import type { ConsumeInterceptor } from '../listener/index.js';
import type { ConfigurationProblem } from '../options/index.js';
import type { SendInterceptor } from '../template/index.js';
import { isSingleton, typeOf } from './listener-explorer.js';

export interface FoundInterceptors {
  readonly consuming: readonly ConsumeInterceptor[];
  readonly sending: readonly SendInterceptor[];
  readonly problems: readonly ConfigurationProblem[];
}

export const NO_INTERCEPTORS: FoundInterceptors = { consuming: [], sending: [], problems: [] };

export class InterceptorExplorer {
  constructor(private readonly discovery: DiscoveryService) {}

  /** Those of one connection: lower `order` first, equal ones in the order of the modules. */
  find(connectionName: string): FoundInterceptors {
    const problems: ConfigurationProblem[] = [];
    const found = new Map<unknown, { order: number; instance: RocketMQInterceptorMethods }>();
    for (const wrapper of this.discovery.getProviders()) {
      const type = typeOf(wrapper);
      const options = type === undefined ? undefined : interceptorOptionsOf(type);
      if (type === undefined || options === undefined) continue;
      if (options.connection !== undefined && options.connection !== connectionName) continue;
      if (!isSingleton(wrapper)) {
        problems.push(problem(type.name, 'scope', 'is not the default one', 'Let the class and what it injects be singletons.'));
        continue;
      }
      const instance = wrapper.instance as RocketMQInterceptorMethods;
      if (typeof instance.interceptConsume !== 'function' && typeof instance.interceptSend !== 'function') {
        problems.push(problem(type.name, 'interceptConsume', 'is missing, and so is interceptSend', 'Write one of the two methods.'));
        continue;
      }
      // `useExisting` shows one instance under two tokens.
      found.set(instance, { order: options.order ?? 0, instance });
    }
    const sorted = [...found.values()].toSorted((a, b) => a.order - b.order).map(({ instance }) => instance);
    return {
      consuming: sorted.filter((instance): instance is ConsumeInterceptor => typeof instance.interceptConsume === 'function'),
      sending: sorted.filter((instance): instance is SendInterceptor => typeof instance.interceptSend === 'function'),
      problems,
    };
  }
}

const problem = (where: string, option: string, text: string, remedy: string): ConfigurationProblem => ({
  where,
  option,
  problem: text,
  remedy,
});
