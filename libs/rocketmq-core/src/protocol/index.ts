export {
  type Action,
  aliasOf,
  type BodyKind,
  defineRequest,
  type LaneName,
  type RequestHeader,
  type RequestRow,
  type ResponseHeader,
  type Server,
} from './define-request.js';
export {
  bits64,
  bool,
  type Field,
  type FieldOptions,
  FieldValueError,
  type HeaderOf,
  type HeaderSchema,
  i32,
  i64,
  str,
} from './header-schema.js';
export { decodeHeader, encodeHeader, HeaderDecodeError } from './header-codec.js';
export {
  CURRENT_VERSION,
  FLAG_ONEWAY,
  FLAG_RESPONSE,
  LANGUAGE_JAVA,
  type RemotingCommand,
  type SerializeType,
} from './remoting-command.js';
export { RESPONSE_CODES, responseCodeName, type ResponseCodeName } from './response-code.js';
export {
  CLONE_GROUP_OFFSET,
  GET_CONSUMER_CONNECTION_LIST,
  INVOKE_BROKER_TO_GET_CONSUMER_STATUS,
  INVOKE_BROKER_TO_RESET_OFFSET,
} from './requests/consumer-admin.js';
export { REQUEST_TABLE, requestName, RETIRED_CODES } from './request-table.js';
export {
  BodyDecodeError,
  BodyReader,
  JSON_DEPTH_MAX,
  jsonBytes,
  type JsonMap,
  type JsonObject,
  JsonSyntaxError,
  type JsonValue,
  parseJson,
  type Writable,
  type WriteOptions,
  writeJson,
} from './json/index.js';
export {
  GET_ALL_SUBSCRIPTIONGROUP_CONFIG,
  GET_ALL_TOPIC_CONFIG,
  GET_BROKER_CONFIG,
  GET_BROKER_RUNTIME_INFO,
  UPDATE_AND_CREATE_SUBSCRIPTIONGROUP,
  UPDATE_AND_CREATE_TOPIC,
  UPDATE_BROKER_CONFIG,
} from './requests/admin.js';
export {
  CHECK_CLIENT_CONFIG,
  CHECK_TRANSACTION_STATE,
  CONSUME_MESSAGE_DIRECTLY,
  GET_CONSUMER_LIST_BY_GROUP,
  GET_CONSUMER_RUNNING_INFO,
  GET_CONSUMER_STATUS_FROM_CLIENT,
  HEART_BEAT,
  LOCK_BATCH_MQ,
  NOTIFY_CONSUMER_IDS_CHANGED,
  RESET_CONSUMER_CLIENT_OFFSET,
  UNLOCK_BATCH_MQ,
  UNREGISTER_CLIENT,
} from './requests/client.js';
export { BROKER_HEARTBEAT, QUERY_DATA_VERSION, REGISTER_BROKER, UNREGISTER_BROKER } from './requests/namesrv-broker.js';
export { DELETE_KV_CONFIG, GET_KV_CONFIG, GET_KVLIST_BY_NAMESPACE, PUT_KV_CONFIG } from './requests/namesrv-kv.js';
export {
  ADD_WRITE_PERM_OF_BROKER,
  DELETE_TOPIC_IN_NAMESRV,
  GET_ALL_TOPIC_LIST_FROM_NAMESERVER,
  GET_BROKER_CLUSTER_INFO,
  GET_BROKER_MEMBER_GROUP,
  GET_HAS_UNIT_SUB_TOPIC_LIST,
  GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST,
  GET_NAMESRV_CONFIG,
  GET_ROUTEINFO_BY_TOPIC,
  GET_SYSTEM_TOPIC_LIST_FROM_NS,
  GET_TOPICS_BY_CLUSTER,
  GET_UNIT_TOPIC_LIST,
  REGISTER_TOPIC_IN_NAMESRV,
  UPDATE_NAMESRV_CONFIG,
  WIPE_WRITE_PERM_OF_BROKER,
} from './requests/namesrv-route.js';
export {
  GET_EARLIEST_MSG_STORETIME,
  GET_MAX_OFFSET,
  GET_MIN_OFFSET,
  QUERY_CONSUMER_OFFSET,
  SEARCH_OFFSET_BY_TIMESTAMP,
  UPDATE_CONSUMER_OFFSET,
} from './requests/offset.js';
export {
  ACK_MESSAGE,
  BATCH_ACK_MESSAGE,
  CHANGE_MESSAGE_INVISIBLETIME,
  GET_ALL_MESSAGE_REQUEST_MODE,
  NOTIFICATION,
  PEEK_MESSAGE,
  POLLING_INFO,
  POP_MESSAGE,
  POP_ROLLBACK,
  QUERY_ASSIGNMENT,
  SET_MESSAGE_REQUEST_MODE,
} from './requests/pop.js';
export {
  type BatchAck,
  type BatchAckBody,
  BITSET_BITS_MAX,
  decodeBatchAck,
  decodeQueryAssignmentRequest,
  decodeQueryAssignmentResponse,
  decodeSetMessageRequestMode,
  encodeBatchAck,
  encodeQueryAssignmentRequest,
  encodeQueryAssignmentResponse,
  encodeSetMessageRequestMode,
  MESSAGE_REQUEST_MODES,
  type MessageQueueAssignment,
  type MessageRequestMode,
  type QueryAssignmentRequest,
  readSetMessageRequestMode,
  type SetMessageRequestMode,
} from './body/pop.js';
export { LITE_PULL_MESSAGE, PULL_MESSAGE, QUERY_MESSAGE, VIEW_MESSAGE_BY_ID } from './requests/pull.js';
export { PUSH_REPLY_MESSAGE_TO_CLIENT, SEND_REPLY_MESSAGE, SEND_REPLY_MESSAGE_V2 } from './requests/reply.js';
export { CONSUMER_SEND_MSG_BACK, SEND_BATCH_MESSAGE, SEND_MESSAGE, SEND_MESSAGE_V2 } from './requests/send.js';
export { RECALL_MESSAGE } from './requests/recall.js';
export { END_TRANSACTION } from './requests/transaction.js';
export { type DataVersion, decodeDataVersion, encodeDataVersion, readDataVersion } from './body/data-version.js';
export { readSubscriptionGroupConfig, readTopicConfig, type SubscriptionGroupConfig, type TopicConfig } from './body/topic-config.js';
export {
  decodeSubscriptionGroupConfig,
  decodeSubscriptionGroupTable,
  decodeTopicConfigTable,
  encodeSubscriptionGroupConfig,
  encodeSubscriptionGroupTable,
  encodeTopicConfigTable,
  type SubscriptionGroupTableBody,
  type TopicConfigTableBody,
} from './body/config-tables.js';
export {
  decodeRegisterBrokerBody,
  encodeRegisterBrokerBody,
  REGISTER_BODY_BYTES_MAX,
  type RegisterBrokerBody,
  type TopicConfigSerializeWrapper,
} from './body/register-broker-body.js';
export {
  type BrokerData,
  type BrokerMemberGroup,
  type ClusterInfo,
  decodeClusterInfo,
  decodeKVTable,
  decodeTopicList,
  decodeTopicRouteData,
  encodeBrokerMemberGroup,
  encodeClusterInfo,
  encodeKVTable,
  encodeTopicList,
  encodeTopicRouteData,
  type KVTable,
  type QueueData,
  type TopicList,
  type TopicRouteData,
} from './body/route.js';
export {
  type CheckClientRequest,
  type ConsumerData,
  type ConsumerList,
  type ConsumeType,
  decodeCheckClientRequest,
  decodeConsumerList,
  decodeHeartbeatData,
  decodeLockBatchRequest,
  decodeLockBatchResponse,
  encodeCheckClientRequest,
  encodeConsumerList,
  encodeHeartbeatData,
  encodeLockBatchRequest,
  encodeLockBatchResponse,
  type HeartbeatData,
  type LockBatchRequest,
  type LockBatchResponse,
  type MessageModel,
} from './body/heartbeat.js';
export {
  type ConsumeMessageDirectlyResult,
  type ConsumeResult,
  type ConsumerConnection,
  type ConsumerRunningInfo,
  type ConsumeStatus,
  decodeConsumerStatusBody,
  decodeResetOffsetBody,
  encodeConsumeMessageDirectlyResult,
  encodeConsumerConnection,
  encodeConsumerRunningInfo,
  encodeConsumerStatusBody,
  encodeResetOffsetBody,
  type ProcessQueueInfo,
} from './body/consumer-status.js';
export { FrameScan, type HotCodes, scanHeader, SCAN_FIELDS_MAX, unescapeJson } from './hot/frame-scan.js';
export { SendScan, UNIQ_KEY_MAX } from './hot/send-scan.js';
export { PULL_CLASS_FILTER, PULL_COMMIT_OFFSET, PULL_LITE, PULL_SUBSCRIPTION, PULL_SUSPEND, PullScan } from './hot/pull-scan.js';
export {
  PULL_REPLY_HEAD_MAX,
  type PullReplyFields,
  SEND_REPLY_MAX,
  type SendReplyFields,
  SendReplyTemplate,
  writePullReplyHead,
} from './hot/reply-template.js';
export type { SubscriptionData } from '../message/index.js';
