export { RocketMQModule, type RocketMQModuleAsyncOptions } from './rocketmq.module.js';
export {
  getRocketMQConnectionToken,
  getRocketMQIdempotencyToken,
  getRocketMQListenerRegistryToken,
  getRocketMQOptionsToken,
  getRocketMQTemplateToken,
  InjectRocketMQListenerRegistry,
  InjectRocketMQTemplate,
} from './tokens.js';
