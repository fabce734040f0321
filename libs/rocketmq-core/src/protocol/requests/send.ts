// Sending: codes 10, 310, 320 and 36.
import { aliasOf, defineRequest } from '../define-request.js';
import { bool, i32, i64, str } from '../header-schema.js';
import { RPC_FIELDS, TOPIC_FIELDS } from './base-fields.js';

const SEND_CODES = [
  'SUCCESS',
  'SYSTEM_ERROR',
  'SYSTEM_BUSY',
  'FLUSH_DISK_TIMEOUT',
  'SLAVE_NOT_AVAILABLE',
  'FLUSH_SLAVE_TIMEOUT',
  'MESSAGE_ILLEGAL',
  'SERVICE_NOT_AVAILABLE',
  'NO_PERMISSION',
  'TOPIC_NOT_EXIST',
  'SUBSCRIPTION_GROUP_NOT_EXIST',
  'INVALID_PARAMETER',
] as const;

export const SEND_MESSAGE = defineRequest({
  code: 10,
  name: 'SEND_MESSAGE',
  family: 'send',
  servedBy: ['broker'],
  lane: 'send',
  action: 'PUB',
  java: 'SendMessageRequestHeader',
  about: 'One message, field names in full.',
  request: {
    header: {
      producerGroup: str(),
      topic: str({ resource: 'TOPIC' }),
      defaultTopic: str({ about: 'Template for a topic that does not exist yet.' }),
      defaultTopicQueueNums: i32(),
      queueId: i32({ about: 'Negative: the broker picks one.' }),
      sysFlag: i32(),
      bornTimestamp: i64({ unit: 'ms' }),
      flag: i32(),
      properties: str({ optional: true }),
      reconsumeTimes: i32({ optional: true }),
      unitMode: bool({ optional: true }),
      batch: bool({ optional: true }),
      maxReconsumeTimes: i32({ optional: true }),
      ...TOPIC_FIELDS,
    },
    body: 'message',
  },
  response: {
    header: {
      msgId: str({ about: 'Offset message id; comma-joined for a batch.' }),
      queueId: i32(),
      queueOffset: i64({ unit: 'queueOffset' }),
      transactionId: str({ optional: true }),
      batchUniqId: str({ optional: true }),
      recallHandle: str({ optional: true }),
    },
    codes: SEND_CODES,
  },
});

const V2_NAMES = {
  producerGroup: 'a',
  topic: 'b',
  defaultTopic: 'c',
  defaultTopicQueueNums: 'd',
  queueId: 'e',
  sysFlag: 'f',
  bornTimestamp: 'g',
  flag: 'h',
  properties: 'i',
  reconsumeTimes: 'j',
  unitMode: 'k',
  maxReconsumeTimes: 'l',
  batch: 'm',
  brokerName: 'n',
} as const;

export const SEND_MESSAGE_V2 = aliasOf(SEND_MESSAGE, {
  code: 310,
  name: 'SEND_MESSAGE_V2',
  java: 'SendMessageRequestHeaderV2',
  about: 'One message, one-letter field names.',
  wireNames: V2_NAMES,
});

export const SEND_BATCH_MESSAGE = aliasOf(SEND_MESSAGE, {
  code: 320,
  name: 'SEND_BATCH_MESSAGE',
  java: 'SendMessageRequestHeaderV2',
  about: 'Several messages of one topic and queue in one body.',
  wireNames: V2_NAMES,
});

export const CONSUMER_SEND_MSG_BACK = defineRequest({
  code: 36,
  name: 'CONSUMER_SEND_MSG_BACK',
  family: 'send',
  servedBy: ['broker'],
  lane: 'send',
  action: 'SUB',
  java: 'ConsumerSendMsgBackRequestHeader',
  about: 'Puts a message whose consumption failed into %RETRY%group, or %DLQ%group when it failed too often.',
  request: {
    header: {
      offset: i64({ unit: 'physicalOffset' }),
      group: str({ resource: 'GROUP' }),
      delayLevel: i32({ about: '0: the broker decides; negative: dead letter now.' }),
      originMsgId: str({ optional: true }),
      originTopic: str({ optional: true, resource: 'TOPIC' }),
      unitMode: bool({ optional: true }),
      maxReconsumeTimes: i32({ optional: true }),
      ...RPC_FIELDS,
    },
  },
  response: { codes: ['SUCCESS', 'SYSTEM_ERROR', 'NO_PERMISSION', 'SUBSCRIPTION_GROUP_NOT_EXIST'] },
});
