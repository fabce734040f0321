export { ERROR_TABLE, type ErrorRow, type RocketMQErrorCode } from './error-table.js';
export { RocketMQError } from './rocketmq-error.js';
export {
  BrokerReplyError,
  ConnectError,
  ListenError,
  MalformedCommandError,
  RequestTimeoutError,
  SendRequestError,
  TooManyRequestsError,
  UnsupportedRequestError,
} from './remoting-errors.js';
export {
  BatchPartlySentError,
  IllegalMessageError,
  IllegalOffsetError,
  IllegalSubscriptionError,
  MessageNotFoundError,
  MessageNotStoredError,
  NoNameServerError,
  NoRouteError,
  NotStartedError,
  OffsetNotFoundError,
  ReplyTimeoutError,
} from './client-errors.js';
export { StoreClosedError, StoreCorruptError, StoreFullError, StoreIoError, StoreLockHeldError } from './store-errors.js';
export { type ConfigProblem, ConfigError } from './config-error.js';
