// Reading: codes 11, 361, 12, 33.
import { aliasOf, defineRequest } from '../define-request.js';
import { bits64, i32, i64, str } from '../header-schema.js';
import { TOPIC_FIELDS } from './base-fields.js';

export const PULL_MESSAGE = defineRequest({
  code: 11,
  name: 'PULL_MESSAGE',
  family: 'pull',
  servedBy: ['broker'],
  ports: ['main'],
  lane: 'pull',
  action: 'SUB',
  java: 'PullMessageRequestHeader',
  about: 'Messages of one queue from an offset on; held while there is none (long polling).',
  request: {
    header: {
      consumerGroup: str({ resource: 'GROUP' }),
      topic: str({ resource: 'TOPIC' }),
      queueId: i32(),
      queueOffset: i64({ unit: 'queueOffset' }),
      maxMsgNums: i32(),
      sysFlag: i32({ about: '1 commitOffset, 2 may be held, 4 subscription present, 16 lite pull.' }),
      commitOffset: i64({ unit: 'queueOffset' }),
      suspendTimeoutMillis: i64({ unit: 'ms' }),
      subscription: str({ optional: true }),
      subVersion: i64({ unit: 'ms' }),
      expressionType: str({ optional: true }),
      maxMsgBytes: i32({ optional: true, unit: 'bytes' }),
      requestSource: i32({ optional: true }),
      proxyForwardClientId: str({ optional: true, wire: 'proxyFrowardClientId' }),
      liteTopic: str({ optional: true }),
      ...TOPIC_FIELDS,
    },
  },
  response: {
    header: {
      suggestWhichBrokerId: i64(),
      nextBeginOffset: i64({ unit: 'queueOffset' }),
      minOffset: i64({ unit: 'queueOffset' }),
      maxOffset: i64({ unit: 'queueOffset' }),
      offsetDelta: i64({ optional: true }),
      topicSysFlag: i32({ optional: true }),
      groupSysFlag: i32({ optional: true }),
      forbiddenType: i32({ optional: true }),
    },
    body: 'records',
    codes: [
      'SUCCESS',
      'SYSTEM_ERROR',
      'NO_PERMISSION',
      'TOPIC_NOT_EXIST',
      'PULL_NOT_FOUND',
      'PULL_RETRY_IMMEDIATELY',
      'PULL_OFFSET_MOVED',
      'SUBSCRIPTION_PARSE_FAILED',
      'SUBSCRIPTION_NOT_EXIST',
      'SUBSCRIPTION_NOT_LATEST',
      'SUBSCRIPTION_GROUP_NOT_EXIST',
      'FILTER_DATA_NOT_EXIST',
      'FILTER_DATA_NOT_LATEST',
      'INVALID_PARAMETER',
    ],
  },
});

export const LITE_PULL_MESSAGE = {
  ...aliasOf(PULL_MESSAGE, {
    code: 361,
    name: 'LITE_PULL_MESSAGE',
    java: 'PullMessageRequestHeader',
    about: 'A pull of DefaultLitePullConsumer; same header, a lane of its own.',
    wireNames: {},
  }),
  lane: 'litePull' as const,
};

export const QUERY_MESSAGE = defineRequest({
  code: 12,
  name: 'QUERY_MESSAGE',
  family: 'pull',
  servedBy: ['broker'],
  lane: 'query',
  action: 'GET',
  java: 'QueryMessageRequestHeader',
  about: 'Messages of a topic by key, from the index; may hold hash collisions.',
  request: {
    header: {
      topic: str({ resource: 'TOPIC' }),
      key: str(),
      maxNum: i32(),
      beginTimestamp: i64({ unit: 'ms' }),
      endTimestamp: bits64({ unit: 'ms', about: 'Long.MAX_VALUE is usual.' }),
      uniqueKeyQuery: str({ optional: true, wire: '_UNIQUE_KEY_QUERY' }),
      indexType: str({ optional: true }),
      lastKey: str({ optional: true }),
      ...TOPIC_FIELDS,
    },
  },
  response: {
    header: { indexLastUpdateTimestamp: i64({ unit: 'ms' }), indexLastUpdatePhyoffset: i64({ unit: 'physicalOffset' }) },
    body: 'records',
    codes: ['SUCCESS', 'QUERY_NOT_FOUND'],
  },
});

export const VIEW_MESSAGE_BY_ID = defineRequest({
  code: 33,
  name: 'VIEW_MESSAGE_BY_ID',
  family: 'pull',
  servedBy: ['broker'],
  lane: 'query',
  action: 'GET',
  java: 'ViewMessageRequestHeader',
  about: 'One message by its place in the log.',
  request: { header: { offset: i64({ unit: 'physicalOffset' }), topic: str({ optional: true, resource: 'TOPIC' }), ...TOPIC_FIELDS } },
  response: { body: 'records' },
});
