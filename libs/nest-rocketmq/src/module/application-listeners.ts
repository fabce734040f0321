// The listeners and connections an application has, for health and metrics. Must never start or change them.
import type { DiscoveryService } from '@nestjs/core';
import type { RocketMQListenerContainer, RocketMQListenerRegistry } from '../listener/index.js';
import type { RocketMQConnection } from './rocketmq-connection.js';
import { CONNECTION_TOKEN_PREFIX, getRocketMQListenerRegistryToken } from './tokens.js';

export interface ApplicationConnection {
  readonly name: string;
  readonly connection: RocketMQConnection;
  readonly listeners: readonly RocketMQListenerContainer[];
}

/** Every connection of the application with its listeners, by token: another copy of this package counts too. */
export function connectionsOf(discovery: DiscoveryService): ApplicationConnection[] {
  const providers = new Map(discovery.getProviders().map(({ token, instance }) => [token, instance as unknown]));
  const found: ApplicationConnection[] = [];
  for (const [token, instance] of providers) {
    if (typeof token !== 'string' || !token.startsWith(CONNECTION_TOKEN_PREFIX) || instance === undefined || instance === null) continue;
    const name = token.slice(CONNECTION_TOKEN_PREFIX.length);
    const registry = providers.get(getRocketMQListenerRegistryToken(name)) as RocketMQListenerRegistry | undefined;
    found.push({ name, connection: instance as RocketMQConnection, listeners: registry?.list() ?? [] });
  }
  return found;
}

export interface ListenerPosition {
  readonly assignedQueues: number;
  readonly cachedMessages: number;
  /** Messages between what is consumed and the end of the queues, as the last pulls told it; undefined: no pull has been answered. */
  readonly lag: number | undefined;
  /** Ms since 1970 of the pull that is longest ago; undefined: no queue. */
  readonly oldestPullAt: number | undefined;
}

/** Where a listener stands on its queues, from memory; of a merged group, on those of its own topics. */
export function positionOf(listener: RocketMQListenerContainer): ListenerPosition {
  const { assignedQueues, cachedMessages, lag } = listener.stats();
  const pulls = assignedQueues.map(({ lastPullTimestamp }) => lastPullTimestamp);
  return { assignedQueues: pulls.length, cachedMessages, lag, oldestPullAt: pulls.length === 0 ? undefined : Math.min(...pulls) };
}
