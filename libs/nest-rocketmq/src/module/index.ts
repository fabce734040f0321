export type { RocketMQFeatureAsyncOptions, RocketMQModuleAsyncOptions } from './async-options.js';
export type { RocketMQFeatureConnectionOptions, RocketMQFeatureExtras, RocketMQFeatureOptions } from './feature-options.js';
export { RocketMQModule } from './rocketmq.module.js';
export { type ApplicationConnection, connectionsOf, type ListenerPosition, positionOf } from './application-listeners.js';
export { ROCKETMQ_TEST_ENVIRONMENT, type RocketMQTestEnvironment } from './test-environment.js';
export {
  getRocketMQConnectionToken,
  getRocketMQDeadLettersToken,
  getRocketMQIdempotencyToken,
  getRocketMQListenerRegistryToken,
  getRocketMQOptionsToken,
  getRocketMQTemplateToken,
  InjectRocketMQListenerRegistry,
  InjectRocketMQTemplate,
  ROCKETMQ_MESSAGE_CONVERTER,
  ROCKETMQ_PLACEHOLDER_RESOLVER,
} from './tokens.js';
