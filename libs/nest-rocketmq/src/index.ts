// The public door for applications. A name here is a promise; servers use `nest-rocketmq/server`.

// Module
export {
  getRocketMQDeadLettersToken,
  getRocketMQIdempotencyToken,
  getRocketMQListenerRegistryToken,
  getRocketMQTemplateToken,
  InjectRocketMQListenerRegistry,
  InjectRocketMQTemplate,
  ROCKETMQ_MESSAGE_CONVERTER,
  ROCKETMQ_PLACEHOLDER_RESOLVER,
  type RocketMQFeatureAsyncOptions,
  type RocketMQFeatureConnectionOptions,
  type RocketMQFeatureExtras,
  type RocketMQFeatureOptions,
  RocketMQModule,
  type RocketMQModuleAsyncOptions,
} from './module/index.js';
export {
  type ConfigurationProblem,
  type PlaceholderLookup,
  type Duration,
  RocketMQConfigurationError,
  type RocketMQConsumerOptions,
  type RocketMQEmbeddedOptions,
  type RocketMQModuleExtras,
  type RocketMQModuleOptions,
  type RocketMQOptions,
  type RocketMQOptionsFactory,
  type RocketMQPlaceholderResolver,
  type RocketMQProducerOptions,
  type RocketMQPullConsumerOptions,
  type RocketMQSecurityOptions,
} from './options/index.js';

// Sending
export {
  type MessagePostProcessor,
  type OneWayOptions,
  type ReceiveOptions,
  type RequestReplyOptions,
  type RocketMQLocalRequestCallback,
  RocketMQTemplate,
  type SendCallback,
  type TemplateSendOptions,
} from './template/index.js';
export {
  type Charset,
  defineTopic,
  type Destination,
  MessageBuilder,
  MessageConversionError,
  type MessageHeaders,
  type MessageType,
  type PayloadFor,
  type PayloadOf,
  RocketMQHeaders,
  type RocketMQMessageConverter,
  type StandardSchema,
  type TopicContract,
  type TopicDefinition,
  type TopicDestination,
  type TopicPayload,
  type TopicSchema,
  type TopicSubscription,
} from './messaging/index.js';

// Further templates
export {
  ExtRocketMQConsumerConfiguration,
  type ExtRocketMQConsumerOptions,
  ExtRocketMQTemplateConfiguration,
  type ExtRocketMQTemplateOptions,
} from './ext-template/index.js';

// Transactions
export {
  type InlineTransaction,
  type RocketMQLocalTransactionListener,
  RocketMQLocalTransactionState,
  RocketMQTransactionListener,
  type RocketMQTransactionListenerOptions,
} from './transaction/index.js';

export {
  type OutboxDecision,
  type OutboxResult,
  type OutboxRow,
  type OutboxStore,
  RocketMQOutbox,
  type RocketMQOutboxOptions,
} from './outbox/index.js';

// Listening
export {
  type BatchContext,
  type BatchResult,
  ConsumeFromWhere,
  ConsumeMode,
  ConsumeOutcome,
  Ctx,
  currentBatchContext,
  currentMessageContext,
  DeadLetter,
  Discard,
  Headers,
  type InvalidMessagePolicy,
  isRocketMQContext,
  type ListenedTopics,
  type ListenerCounts,
  type ListenerError,
  type ListenerQueue,
  type ListenerReference,
  type ListenerStartFailure,
  type ListenerState,
  type ListenerStats,
  type ListenerSubscription,
  Message,
  type MessageContext,
  type MessageListenerFunction,
  MessageModel,
  OnMessage,
  type OnMessageOptions,
  type ParameterOptions,
  type ParameterPipe,
  Payload,
  ReconsumeLater,
  ROCKETMQ_CONTEXT_TYPE,
  type RocketMQBatchListener,
  RocketMQExecutionContext,
  type RocketMQListener,
  type RocketMQListenerContainer,
  RocketMQListenerRegistry,
  RocketMQMessageListener,
  type RocketMQMessageListenerOptions,
  type RocketMQPushConsumerLifecycleListener,
  type RocketMQReplyListener,
  runInMessageContext,
  type RuntimeListener,
  type RuntimeListenerClass,
  SelectorType,
  type StopOptions,
  type StopReport,
  type UnhandledPolicy,
} from './listener/index.js';

// Processed once
export {
  Idempotent,
  type IdempotencyClaim,
  type IdempotencyKey,
  type IdempotencyStats,
  IDEMPOTENCY_STORE,
  type IdempotencyStore,
  type IdempotentOptions,
  MemoryIdempotencyStore,
  type MemoryIdempotencyStoreOptions,
  RocketMQIdempotency,
} from './idempotent/index.js';

// Dead letters
export {
  type DeadLetterHandler,
  deadLetterHandlerGroupOf,
  type DeadLetterList,
  type DeadLetterMessage,
  type ListDeadLettersOptions,
  OnDeadLetter,
  type OnDeadLetterOptions,
  type RedriveOptions,
  RedriveProperties,
  type RedriveReport,
  type RedriveTarget,
  type RedrivenLetter,
  RocketMQDeadLetters,
  toDeadLetter,
} from './dead-letter/index.js';

// Around sends and deliveries
export {
  ListenerEnhancer,
  type ListenerEnhancerFunction,
  type ListenerEnhancerMethods,
  type ListenerEnhancerOptions,
  ROCKETMQ_LISTENER_ENHANCER,
} from './enhancer/index.js';
export { RocketMQInterceptor, type RocketMQInterceptorMethods, type RocketMQInterceptorOptions } from './interceptor/index.js';
export type {
  ConsumeInterceptor,
  Delivery,
  HandlerDefinition,
  ListenerDefinition,
  ListenerMode,
  Verdict as ConsumeVerdict,
} from './listener/index.js';
export type { Sending, SendInterceptor, SendKind } from './template/index.js';

export { DELIVERY_CHANNEL, SEND_CHANNEL } from './diagnostics/index.js';

// Of the client, as applications meet them
export { MessageExt } from 'rocketmq-core/message';
export { RocketMQError } from 'rocketmq-core/errors';
export {
  DefaultLitePullConsumer,
  DefaultMQProducer,
  DefaultMQPushConsumer,
  type SendResult,
  TransactionMQProducer,
  type TransactionSendResult,
} from 'rocketmq-core';
