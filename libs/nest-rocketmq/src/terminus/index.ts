// The door `nest-rocketmq/terminus`: needs the package @nestjs/terminus.
export { RocketMQHealthIndicator, type RocketMQHealthOptions } from './rocketmq-health.indicator.js';
export { RocketMQHealthModule } from './rocketmq-health.module.js';
