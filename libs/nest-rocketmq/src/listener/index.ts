export {
  ConsumeFromWhere,
  ConsumeMode,
  type InvalidMessagePolicy,
  MessageModel,
  type ResolvedListenerOptions,
  type RocketMQMessageListenerOptions,
  SelectorType,
  withListenerDefaults,
} from './listener-options.js';
export { findGroupConflicts, findListenerProblems, type GroupMember } from './listener-options.validation.js';
export { type ConsumeAction, ConsumeOutcome, DeadLetter, Discard, isConsumeOutcome, ReconsumeLater } from './outcome.js';
export type { MessageContext, RocketMQListener, RocketMQPushConsumerLifecycleListener, RocketMQReplyListener } from './listener.js';
export type { SendReply } from './reply-port.js';
export {
  claimListenerClass,
  type ListenerClass,
  listenerOptionsOf,
  RocketMQMessageListener,
  unclaimedListenerClasses,
} from './rocketmq-message-listener.decorator.js';
export { createMessageContext, describeListener, type ListenerDefinition } from './listener-definition.js';
export { type ConsumeInterceptor, type Delivery, interceptDelivery, type Verdict } from './consume-interceptor.js';
export { MessageHandler } from './message-handler.js';
export type { ConsumerFactory, ConsumerPort } from './consumer-port.js';
export { type ContainerServices, RocketMQListenerContainer } from './listener-container.js';
export { type ListenerReference, RocketMQListenerRegistry } from './listener-registry.js';
