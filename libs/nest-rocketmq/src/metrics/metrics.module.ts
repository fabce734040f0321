// RocketMQMetricsModule: prom-client metrics of every connection of the application. Must never serve them: that is the application's.
import { type DynamicModule, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { type Metric, register, type Registry } from 'prom-client';
import { SystemClock } from 'rocketmq-core/common';
import { type ApplicationConnection, connectionsOf } from '../module/index.js';
import { createListenerGauges } from './listener-gauges.js';
import { MetricsInterceptor } from './metrics.interceptor.js';
import type { RocketMQMetricsOptions } from './metrics-options.js';

const DEFAULT_PREFIX = 'rocketmq_';
const DEFAULT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics are in the registry while the application runs: one that could not start leaves none behind, and the next may bring its own. */
class MetricsLifecycle implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly registry: Registry,
    private readonly prefix: string,
    private readonly metrics: readonly Metric[],
    private readonly connections: () => readonly ApplicationConnection[],
  ) {}

  onApplicationBootstrap(): void {
    requireFree(this.registry, this.prefix);
    try {
      for (const metric of this.metrics) this.registry.registerMetric(metric);
    } catch (error) {
      this.onApplicationShutdown();
      throw error;
    }
    for (const { connection } of this.connections()) connection.onAbandon(() => this.onApplicationShutdown());
  }

  onApplicationShutdown(): void {
    for (const metric of this.metrics) {
      const { name } = metric as unknown as { name: string };
      if (this.registry.getSingleMetric(name) === metric) this.registry.removeSingleMetric(name);
    }
  }
}

function requireFree(registry: Registry, prefix: string): void {
  if (registry.getSingleMetric(`${prefix}producer_sends_total`) === undefined) return;
  throw new Error(
    `RocketMQMetricsModule: the registry has a metric ${prefix}producer_sends_total already. ` +
      'Two applications in one process need a registry each: RocketMQMetricsModule.forRoot({ registry: new Registry() }).',
  );
}

@Module({})
export class RocketMQMetricsModule {
  /** Throws at boot when another running application of this process has its metrics in the same registry. */
  static forRoot(options: RocketMQMetricsOptions = {}): DynamicModule {
    const { registry = register, prefix = DEFAULT_PREFIX, buckets = DEFAULT_BUCKETS } = options;
    return {
      module: RocketMQMetricsModule,
      imports: [DiscoveryModule],
      providers: [
        {
          provide: MetricsInterceptor,
          useFactory: () => {
            requireFree(registry, prefix);
            return new MetricsInterceptor({ prefix, buckets }, new SystemClock());
          },
        },
        {
          provide: MetricsLifecycle,
          useFactory: (interceptor: MetricsInterceptor, discovery: DiscoveryService) => {
            const connections = (): readonly ApplicationConnection[] => connectionsOf(discovery);
            return new MetricsLifecycle(
              registry,
              prefix,
              [...interceptor.metrics, ...createListenerGauges(prefix, connections)],
              connections,
            );
          },
          inject: [MetricsInterceptor, DiscoveryService],
        },
      ],
    };
  }
}
