export { type BatchMember, decodeBatch, encodeBatch } from './batch-codec.js';
export {
  compressBody,
  compressionFlag,
  type CompressionType,
  compressionTypeOf,
  DECOMPRESSED_BYTES_MAX,
  decompressBody,
} from './compression.js';
export { decodeAddress, decodeHost, encodeAddress, encodeHost } from './host.js';
export { Message, type MessageInit } from './message.js';
export { MessageExt } from './message-ext.js';
export {
  createUniqueIdGenerator,
  decodeOffsetMessageId,
  decodeUniqueIdTime,
  encodeOffsetMessageId,
  type UniqueIdOptions,
} from './message-id.js';
export { compareMessageQueues, type MessageQueue, messageQueueKey, messageQueueText } from './message-queue.js';
export {
  DEFAULT_TOPIC,
  DLQ_PREFIX,
  dlqTopicOf,
  GROUP_LENGTH_MAX,
  isSendForbiddenTopic,
  isSystemTopic,
  RETRY_PREFIX,
  RETRY_TOPIC_LENGTH_MAX,
  retryTopicOf,
  TOPIC_LENGTH_MAX,
  topicNameProblem,
  validateGroupName,
  validateTopicName,
} from './names.js';
export {
  decodePopHandle,
  encodePopHandle,
  FIRST_POP_TIME,
  joinEntries,
  messageOffsetEntry,
  offsetOrderCountEntry,
  orderCountEntry,
  ORDERLY_REVIVE_QUEUE,
  ORIGIN_GROUP,
  parseEntries,
  parseMessageOffsets,
  type PopHandle,
  popNormalTopicOf,
  popRealTopicOf,
  popRetryTopicOf,
  type PopTopicType,
  popTopicTypeOf,
  startOffsetEntry,
} from './pop-handle.js';
export { decodeProperties, encodeProperties, holdsSeparator, PROPERTIES_BYTES_MAX, PROPERTY, RESERVED_PROPERTIES } from './property.js';
export { decodeRecallHandle, encodeRecallHandle, type RecallHandle } from './recall-handle.js';
export { type DecodeOptions, decodeMessage, decodeMessages, encodeRecord, type RecordInput } from './record-codec.js';
export {
  BLANK_BYTES,
  MAGIC_BLANK,
  MAGIC_V1,
  MAGIC_V2,
  readInt64,
  RECORD,
  RECORD_FIXED_BYTES,
  recordSize,
  RecordView,
} from './record-layout.js';
export { buildSubscriptionData, type ExpressionType, SUBSCRIBE_ALL, type SubscriptionData, tagsCodeOf } from './subscription.js';
export { SYS_FLAG } from './sys-flag.js';
