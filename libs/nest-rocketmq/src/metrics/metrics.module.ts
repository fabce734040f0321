// RocketMQMetricsModule: prom-client metrics of every connection of the application. Must never serve them: that is the application's.
import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { register, type Registry } from 'prom-client';
import { SystemClock } from 'rocketmq-core/common';
import { connectionsOf } from '../module/index.js';
import { registerListenerGauges } from './listener-gauges.js';
import { MetricsInterceptor } from './metrics.interceptor.js';
import type { RocketMQMetricsOptions } from './metrics-options.js';

const DEFAULT_PREFIX = 'rocketmq_';
const DEFAULT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Takes the metrics out of the registry when the application ends, so that the next one in this process may bring its own. */
class MetricsLifecycle implements OnApplicationShutdown {
  constructor(
    private readonly registry: Registry,
    private readonly names: readonly string[],
  ) {}

  onApplicationShutdown(): void {
    for (const name of this.names) this.registry.removeSingleMetric(name);
  }
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
            if (registry.getSingleMetric(`${prefix}producer_sends_total`) !== undefined) {
              throw new Error(
                `RocketMQMetricsModule: the registry has a metric ${prefix}producer_sends_total already. ` +
                  'Two applications in one process need a registry each: RocketMQMetricsModule.forRoot({ registry: new Registry() }).',
              );
            }
            return new MetricsInterceptor({ registry, prefix, buckets }, new SystemClock());
          },
        },
        {
          provide: MetricsLifecycle,
          useFactory: (interceptor: MetricsInterceptor, discovery: DiscoveryService) => {
            const gauges = registerListenerGauges(registry, prefix, () => connectionsOf(discovery));
            return new MetricsLifecycle(registry, [...interceptor.names, ...gauges]);
          },
          inject: [MetricsInterceptor, DiscoveryService],
        },
      ],
    };
  }
}
