// Membership: heartbeats, leaving, member lists, queue locks: codes 34, 35, 38, 41, 42, 46; and what a broker asks of a client: 39, 40, 220, 221, 307, 309, 326.
import { defineRequest } from '../define-request.js';
import { bool, i32, i64, str } from '../header-schema.js';
import { RPC_FIELDS, TOPIC_FIELDS } from './base-fields.js';

export const HEART_BEAT = defineRequest({
  code: 34,
  name: 'HEART_BEAT',
  family: 'client',
  servedBy: ['broker'],
  lane: 'heartbeat',
  java: 'HeartbeatRequestHeader',
  about: 'A client says which groups it serves and what they subscribe to.',
  request: { header: { ...RPC_FIELDS }, body: 'json' },
});

export const UNREGISTER_CLIENT = defineRequest({
  code: 35,
  name: 'UNREGISTER_CLIENT',
  family: 'client',
  servedBy: ['broker'],
  lane: 'clientManage',
  java: 'UnregisterClientRequestHeader',
  about: 'A client leaves a group.',
  request: {
    header: {
      clientID: str(),
      producerGroup: str({ optional: true }),
      consumerGroup: str({ optional: true, resource: 'GROUP' }),
      ...RPC_FIELDS,
    },
  },
});

export const GET_CONSUMER_LIST_BY_GROUP = defineRequest({
  code: 38,
  name: 'GET_CONSUMER_LIST_BY_GROUP',
  family: 'client',
  servedBy: ['broker'],
  lane: 'consumerManage',
  action: 'SUB',
  java: 'GetConsumerListByGroupRequestHeader',
  about: 'Client ids of a group, as this broker sees it.',
  request: { header: { consumerGroup: str({ resource: 'GROUP' }), ...RPC_FIELDS } },
  response: { body: 'json' },
});

export const LOCK_BATCH_MQ = defineRequest({
  code: 41,
  name: 'LOCK_BATCH_MQ',
  family: 'client',
  servedBy: ['broker'],
  action: 'SUB',
  java: 'LockBatchMqRequestHeader',
  about: 'Takes or renews the locks of queues for an orderly consumer; answers those held.',
  request: { header: { ...RPC_FIELDS }, body: 'json' },
  response: { body: 'json' },
});

export const UNLOCK_BATCH_MQ = defineRequest({
  code: 42,
  name: 'UNLOCK_BATCH_MQ',
  family: 'client',
  servedBy: ['broker'],
  action: 'SUB',
  java: 'UnlockBatchMqRequestHeader',
  about: 'Gives queue locks back.',
  request: { header: { ...RPC_FIELDS }, body: 'json' },
});

export const CHECK_CLIENT_CONFIG = defineRequest({
  code: 46,
  name: 'CHECK_CLIENT_CONFIG',
  family: 'client',
  servedBy: ['broker'],
  lane: 'clientManage',
  action: 'SUB',
  about: 'Whether the broker can serve a subscription that is no tag expression.',
  request: { body: 'json' },
  response: { codes: ['SUCCESS', 'SYSTEM_ERROR', 'SUBSCRIPTION_PARSE_FAILED'] },
});

export const CHECK_TRANSACTION_STATE = defineRequest({
  code: 39,
  name: 'CHECK_TRANSACTION_STATE',
  family: 'client',
  servedBy: ['client'],
  lane: 'client',
  mode: 'oneWay',
  java: 'CheckTransactionStateRequestHeader',
  about: 'A broker asks what became of a half message.',
  request: {
    header: {
      topic: str({ optional: true }),
      tranStateTableOffset: i64({ unit: 'queueOffset' }),
      commitLogOffset: i64({ unit: 'physicalOffset' }),
      msgId: str({ optional: true }),
      transactionId: str({ optional: true }),
      offsetMsgId: str({ optional: true }),
      ...RPC_FIELDS,
    },
    body: 'records',
  },
});

export const NOTIFY_CONSUMER_IDS_CHANGED = defineRequest({
  code: 40,
  name: 'NOTIFY_CONSUMER_IDS_CHANGED',
  family: 'client',
  servedBy: ['client'],
  lane: 'client',
  mode: 'oneWay',
  java: 'NotifyConsumerIdsChangedRequestHeader',
  about: 'The members of a group changed: rebalance.',
  request: { header: { consumerGroup: str(), ...RPC_FIELDS } },
});

export const RESET_CONSUMER_CLIENT_OFFSET = defineRequest({
  code: 220,
  name: 'RESET_CONSUMER_CLIENT_OFFSET',
  family: 'client',
  servedBy: ['client'],
  lane: 'client',
  mode: 'oneWay',
  java: 'ResetOffsetRequestHeader',
  about: 'Sets the offsets of a running consumer.',
  request: {
    header: {
      topic: str(),
      group: str(),
      timestamp: i64({ unit: 'ms' }),
      isForce: bool(),
      queueId: i32({ optional: true }),
      offset: i64({ optional: true, unit: 'queueOffset' }),
      ...TOPIC_FIELDS,
    },
    body: 'json',
  },
});

export const GET_CONSUMER_STATUS_FROM_CLIENT = defineRequest({
  code: 221,
  name: 'GET_CONSUMER_STATUS_FROM_CLIENT',
  family: 'client',
  servedBy: ['client'],
  lane: 'client',
  java: 'GetConsumerStatusRequestHeader',
  about: 'Offsets a consumer holds in memory.',
  request: { header: { topic: str(), group: str(), clientAddr: str({ optional: true }), ...TOPIC_FIELDS } },
  response: { body: 'json' },
});

export const GET_CONSUMER_RUNNING_INFO = defineRequest({
  code: 307,
  name: 'GET_CONSUMER_RUNNING_INFO',
  family: 'client',
  servedBy: ['client', 'broker'],
  lane: 'client',
  java: 'GetConsumerRunningInfoRequestHeader',
  about: 'What a consumer is doing: queues, caches, rates.',
  request: { header: { consumerGroup: str(), clientId: str(), jstackEnable: bool({ optional: true }), ...RPC_FIELDS } },
  response: { body: 'json', codes: ['SUCCESS', 'SYSTEM_ERROR', 'CONSUME_MSG_TIMEOUT'] },
});

export const CONSUME_MESSAGE_DIRECTLY = defineRequest({
  code: 309,
  name: 'CONSUME_MESSAGE_DIRECTLY',
  family: 'client',
  servedBy: ['client', 'broker'],
  lane: 'client',
  java: 'ConsumeMessageDirectlyResultRequestHeader',
  about: 'Hands one message to the listener, outside queues and offsets.',
  request: {
    header: {
      consumerGroup: str(),
      clientId: str({ optional: true }),
      msgId: str({ optional: true }),
      brokerName: str({ optional: true }),
      topic: str({ optional: true }),
      topicSysFlag: i32({ optional: true }),
      groupSysFlag: i32({ optional: true }),
      namespace: RPC_FIELDS.namespace,
      namespaced: RPC_FIELDS.namespaced,
      oneWayMark: RPC_FIELDS.oneWayMark,
      logical: TOPIC_FIELDS.logical,
    },
    body: 'records',
  },
  response: { body: 'json', codes: ['SUCCESS', 'SYSTEM_ERROR', 'CONSUME_MSG_TIMEOUT'] },
});
