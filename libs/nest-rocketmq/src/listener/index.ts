export {
  ConsumeFromWhere,
  ConsumeMode,
  type InvalidMessagePolicy,
  type ListenedTopics,
  type ListenerSubscription,
  type UnhandledPolicy,
  MessageModel,
  type ResolvedListenerOptions,
  type RocketMQMessageListenerOptions,
  SelectorType,
  withListenerDefaults,
} from './listener-options.js';
export { findListenerProblems } from './listener-options.validation.js';
export { findGroupConflicts, type GroupMember, groupKeyOf, type SameGroupPolicy } from './group-conflicts.js';
export { describeSubscriptions, type Subscription, subscriptionsOf, uniteSubscriptions } from './subscriptions.js';
export { type ConsumeAction, ConsumeOutcome, DeadLetter, Discard, isConsumeOutcome, ReconsumeLater } from './outcome.js';
export type {
  BatchContext,
  BatchResult,
  MessageContext,
  RocketMQBatchListener,
  RocketMQListener,
  RocketMQPushConsumerLifecycleListener,
  RocketMQReplyListener,
} from './listener.js';
export type { SendReply } from './reply-port.js';
export { type ListenerClass, listenerOptionsOf, RocketMQMessageListener } from './rocketmq-message-listener.decorator.js';
export { describeListener, type HandlerDefinition, type ListenerDefinition, type ListenerMode } from './listener-definition.js';
export { createMessageContext } from './message-context.js';
export { type ConsumeInterceptor, type Delivery, interceptDelivery, type Outcome, outcomeOf, type Verdict } from './consume-interceptor.js';

export type { ConsumerCall, ConsumerFactory, ConsumerPort, ConsumerSpec, HandleMessages } from './consumer-port.js';
export type { ContainerServices } from './listener-member.js';
export type { ListenerCounts, ListenerError } from './listener-stats.js';
export type { ListenerStartFailure, ListenerState, StopOptions, StopReport } from './listener-group.js';
export { type ListenerQueue, type ListenerStats, RocketMQListenerContainer } from './listener-container.js';
export {
  type ListenerEntry,
  type ListenerReference,
  type ListenerRegistrar,
  type MessageListenerFunction,
  RocketMQListenerRegistry,
  type RuntimeListener,
  type RuntimeListenerClass,
} from './listener-registry.js';
export { isRocketMQContext, ROCKETMQ_CONTEXT_TYPE, RocketMQExecutionContext } from './execution-context.js';
export {
  argumentsOf,
  argumentValue,
  CUSTOM_ARGUMENT,
  type HandlerArgument,
  type HandlerArguments,
  PARAMETER,
  PLAIN_ARGUMENTS,
  ROUTE_ARGUMENTS,
} from './handler-arguments.js';
export { DeliveryRefused } from './delivery-refused.js';
export { JoinedSignal } from './joined-signal.js';
export { findHandlerMethods, type HandlerMethod, tagsOf } from './handler-methods.js';
export { OnMessage, type OnMessageOptions } from './on-message.decorator.js';
export { Ctx, Headers, Message, type ParameterOptions, type ParameterPipe, Payload } from './parameter-decorators.js';
export {
  currentBatchContext,
  currentHandling,
  currentMessageContext,
  type Handling,
  type HandlingProgress,
  runHandling,
  runInMessageContext,
} from './current-context.js';
