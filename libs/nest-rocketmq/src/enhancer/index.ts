export {
  isListenerEnhancer,
  ListenerEnhancer,
  type ListenerEnhancerFunction,
  type ListenerEnhancerMethods,
  type ListenerEnhancerOptions,
  listenerEnhancerOptionsOf,
  ROCKETMQ_LISTENER_ENHANCER,
} from './listener-enhancer.decorator.js';
