export {
  interceptorOptionsOf,
  RocketMQInterceptor,
  type RocketMQInterceptorMethods,
  type RocketMQInterceptorOptions,
} from './rocketmq-interceptor.decorator.js';
