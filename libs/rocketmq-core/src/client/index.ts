export { AclClientRPCHook, SessionCredentials } from './acl.js';
export {
  type ConsumeMessageContext,
  type ConsumeMessageHook,
  type ConsumeReturnType,
  type EndTransactionContext,
  type EndTransactionHook,
  type FilterMessageContext,
  type FilterMessageHook,
  type MessageType,
  type SendMessageContext,
  type SendMessageHook,
} from './hooks/message-hooks.js';
export { ClientConfig, type TlsOptions } from './client-config.js';
export { ClientRegistry } from './instance/client-registry.js';
export type { ClientPortOptions } from './ports.js';
export { DefaultMQProducer } from './producer/default-mq-producer.js';
export { TransactionMQProducer, type TransactionProducerOptions } from './producer/transaction-mq-producer.js';
export { LocalTransactionState, type TransactionListener, type TransactionSendResult } from './producer/transaction-listener.js';
export { type ProducerOptions, ProducerSettings } from './producer/producer-settings.js';
export { createReplyMessage } from './producer/request-reply.js';
export { batchBytesOf, ListSplitter, type ListSplitterOptions } from './producer/list-splitter.js';
export type { QueryResult } from './instance/message-lookup.js';
export type { SendOptions } from './producer/send-arguments.js';
export { type SendResult, SendStatus } from './producer/send-result.js';
export {
  type MessageQueueSelector,
  type MessageQueueSelectorFunction,
  type QueueSelector,
  SelectMessageQueueByHash,
  SelectMessageQueueByMachineRoom,
  SelectMessageQueueByRandom,
} from './producer/queue-selectors.js';
export {
  type AllocateMessageQueueStrategy,
  AllocateMessageQueueAveragely,
  AllocateMessageQueueAveragelyByCircle,
} from './consumer/allocate-strategies.js';
export {
  AllocateMachineRoomNearby,
  AllocateMessageQueueByConfig,
  AllocateMessageQueueByMachineRoom,
  type MachineRoomResolver,
} from './consumer/allocate-by-place.js';
export { AllocateMessageQueueConsistentHash, type HashFunction } from './consumer/allocate-consistent-hash.js';
export type { AssignedQueueState } from './consumer/assigned-queue-state.js';
export { DefaultMQPushConsumer } from './consumer/default-mq-push-consumer.js';
export {
  type ConcurrentListenerFunction,
  ConsumeConcurrentlyStatus,
  type ConsumeConcurrentlyContext,
  type ConsumeOrderlyContext,
  ConsumeOrderlyStatus,
  type MessageListenerConcurrently,
  type MessageListenerOrderly,
  type OrderlyListenerFunction,
} from './consumer/listener.js';
export { MessageSelector } from './consumer/message-selector.js';
export { ConsumeFromWhere, MessageModel, type PushConsumerOptions, PushConsumerSettings } from './consumer/push-consumer-settings.js';
export { PullStatus } from './consumer/pull-answer.js';
export { DefaultLitePullConsumer } from './pull-consumer/default-lite-pull-consumer.js';
export { DefaultMQPullConsumer, type PullOptions } from './pull-consumer/default-mq-pull-consumer.js';
export type { PullResult } from './pull-consumer/pull-result.js';
export {
  MQPullConsumerScheduleService,
  type PullTaskCallback,
  PullTaskContext,
  type PullTaskFunction,
} from './pull-consumer/pull-schedule-service.js';
export {
  type LitePullConsumerOptions,
  LitePullConsumerSettings,
  type PullConsumerOptions,
  PullConsumerSettings,
} from './pull-consumer/pull-settings.js';
export type { MessageQueueListener, TopicMessageQueueChangeListener } from './pull-consumer/queue-change-listener.js';
