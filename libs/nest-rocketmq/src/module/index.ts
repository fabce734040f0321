export { RocketMQModule, type RocketMQModuleAsyncOptions } from './rocketmq.module.js';
export { ROCKETMQ_TEST_ENVIRONMENT, type RocketMQTestEnvironment } from './test-environment.js';
export {
  getRocketMQConnectionToken,
  getRocketMQIdempotencyToken,
  getRocketMQListenerRegistryToken,
  getRocketMQOptionsToken,
  getRocketMQTemplateToken,
  InjectRocketMQListenerRegistry,
  InjectRocketMQTemplate,
} from './tokens.js';
