// The door `nest-rocketmq/metrics`: needs the package prom-client.
export { RocketMQMetricsModule } from './metrics.module.js';
export type { RocketMQMetricsOptions } from './metrics-options.js';
