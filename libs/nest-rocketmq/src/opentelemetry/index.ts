// The door `nest-rocketmq/opentelemetry`: needs the package @opentelemetry/api.
export { RocketMQOpenTelemetryModule } from './opentelemetry.module.js';
export type { RocketMQOpenTelemetryOptions } from './opentelemetry-options.js';
