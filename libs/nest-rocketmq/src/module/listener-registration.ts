// Puts a connection's listeners into its registry, each with a container, and says so in the log. Must never start one.
import type { Logger } from 'rocketmq-core/common';
import {
  type ContainerServices,
  describeListener,
  type ResolvedListenerOptions,
  RocketMQListenerContainer,
  type RocketMQListenerRegistry,
} from '../listener/index.js';
import type { RocketMQConsumerOptions } from '../options/index.js';
import type { FoundListener } from './listener-explorer.js';

/** By its own `enabled`, and by the switch `consumer.listeners[group][topic]`. */
export function isSwitchedOn(options: ResolvedListenerOptions, consumer: RocketMQConsumerOptions | undefined): boolean {
  const value = consumer?.listeners?.[options.consumerGroup]?.[options.topic];
  return options.enabled && value !== false && value !== 'false';
}

export interface ListenerRegistration {
  readonly connectionName: string;
  readonly registry: RocketMQListenerRegistry;
  readonly logger: Logger;
  /** The connection's; a listener may say another. */
  readonly nameServer: string;
  readonly consumer: RocketMQConsumerOptions | undefined;
  readonly containerServices: (nameServer: string) => ContainerServices;
}

export function registerListeners(listeners: readonly FoundListener[], to: ListenerRegistration): void {
  const { logger, registry } = to;
  for (const { definition, type } of listeners) {
    const { className, mode, options } = definition;
    if (!isSwitchedOn(options, to.consumer)) {
      logger.info(`${className} is switched off (group=${options.consumerGroup}, topic=${options.topic})`);
      continue;
    }
    if (options.consumeMessageBatchMaxSize > 1 && mode !== 'BATCH') {
      logger.warn(`${className}: consumeMessageBatchMaxSize is kept at 1: only onMessages gets several messages at once`);
    }
    registry.add(type, new RocketMQListenerContainer(definition, to.containerServices(options.nameServer ?? to.nameServer)));
    logger.info(describeListener(definition));
  }
  if (registry.list().length === 0) logger.info(`connection "${to.connectionName}" has no listeners`);
}
