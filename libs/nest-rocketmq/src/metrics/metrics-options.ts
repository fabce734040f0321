// What RocketMQMetricsModule.forRoot takes. Must never contain behaviour.
import type { Registry } from 'prom-client';

export interface RocketMQMetricsOptions {
  /** Default: prom-client's global one. */
  registry?: Registry | undefined;
  /** Before every name. Default `rocketmq_`. */
  prefix?: string | undefined;
  /** Upper bounds of the histograms, seconds. Default 1 ms to 30 s. */
  buckets?: readonly number[] | undefined;
}
