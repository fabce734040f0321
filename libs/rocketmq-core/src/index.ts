// The public door: what an application without Nest imports. Layers have doors of their own (rocketmq-core/message, /protocol, ...).
export {
  ClientConfig,
  type ClientPortOptions,
  ClientRegistry,
  DefaultMQProducer,
  type MessageQueueSelector,
  type MessageQueueSelectorFunction,
  type ProducerOptions,
  type QueueSelector,
  SelectMessageQueueByHash,
  SelectMessageQueueByRandom,
  type SendOptions,
  type SendResult,
  SendStatus,
  type TlsOptions,
} from './client/index.js';
export { Message, MessageExt, type MessageInit, type MessageQueue } from './message/index.js';
export {
  BrokerReplyError,
  ConfigError,
  ConnectError,
  IllegalMessageError,
  IllegalSubscriptionError,
  NoNameServerError,
  NoRouteError,
  NotStartedError,
  RequestTimeoutError,
  RocketMQError,
  SendRequestError,
  TooManyRequestsError,
} from './errors/index.js';
