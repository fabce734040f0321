// @RocketMQTransactionListener: notes the options on the class and makes it injectable. Must never start or connect anything.
import 'reflect-metadata';
import { markInjectable, noteDecorated } from '../options/index.js';
import type { RocketMQLocalTransactionListener } from './local-transaction-listener.js';

const METADATA = 'nest-rocketmq:transaction-listener';
/** Spring's name of the template of the default connection. */
export const DEFAULT_TEMPLATE_NAME = 'rocketMQTemplate';

export interface RocketMQTransactionListenerOptions {
  /**
   * Whose transactions: the name of a connection, or the `value` or class name of a template with @ExtRocketMQTemplateConfiguration, in Spring's
   * style too (`auditTemplate`). Default `rocketMQTemplate`: the default connection.
   */
  rocketMQTemplateBeanName?: string | undefined;
  /** Topics it decides about. Default: every topic no other listener of the template names; only one listener may leave it out. */
  topic?: string | readonly string[] | undefined;
  /** Spring's name, without a meaning of its own here. */
  corePoolSize?: number | undefined;
  /** Checks at work at once. Default 1. */
  maximumPoolSize?: number | undefined;
  /** Spring's name, without a meaning here. */
  keepAliveTime?: number | undefined;
  /** Spring's name, without a meaning here. Its default there is MILLISECONDS. */
  keepAliveTimeUnit?: string | undefined;
  /** Checks that may wait; those above are left out, and the broker asks again. Default 2000. */
  blockingQueueSize?: number | undefined;
}

export function RocketMQTransactionListener(
  options: RocketMQTransactionListenerOptions = {},
): <C extends abstract new (...args: never[]) => RocketMQLocalTransactionListener<never>>(target: C) => void {
  return (target) => {
    markInjectable(target);
    Reflect.defineMetadata(METADATA, options, target);
    noteDecorated(target, '@RocketMQTransactionListener');
  };
}

/** The options noted on a class or one it extends. */
export function transactionOptionsOf(type: object): RocketMQTransactionListenerOptions | undefined {
  return Reflect.getMetadata(METADATA, type) as RocketMQTransactionListenerOptions | undefined;
}
