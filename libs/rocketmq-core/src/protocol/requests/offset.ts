// Consumer offsets and queue bounds: codes 14, 15, 29, 30, 31, 32.
import { defineRequest } from '../define-request.js';
import { bool, i32, i64, str } from '../header-schema.js';
import { TOPIC_FIELDS } from './base-fields.js';

const QUEUE = { topic: str({ resource: 'TOPIC' }), queueId: i32() } as const;

export const QUERY_CONSUMER_OFFSET = defineRequest({
  code: 14,
  name: 'QUERY_CONSUMER_OFFSET',
  family: 'offset',
  servedBy: ['broker'],
  lane: 'consumerManage',
  action: 'GET',
  java: 'QueryConsumerOffsetRequestHeader',
  about: 'Committed offset of one group on one queue.',
  request: {
    header: { consumerGroup: str({ resource: 'GROUP' }), ...QUEUE, setZeroIfNotFound: bool({ optional: true }), ...TOPIC_FIELDS },
  },
  response: { header: { offset: i64({ unit: 'queueOffset' }) }, codes: ['SUCCESS', 'QUERY_NOT_FOUND'] },
});

export const UPDATE_CONSUMER_OFFSET = defineRequest({
  code: 15,
  name: 'UPDATE_CONSUMER_OFFSET',
  family: 'offset',
  servedBy: ['broker'],
  lane: 'consumerManage',
  mode: 'oneWay',
  action: 'SUB',
  java: 'UpdateConsumerOffsetRequestHeader',
  about: 'Commits the offset of one group on one queue; it may go backwards.',
  request: { header: { consumerGroup: str({ resource: 'GROUP' }), ...QUEUE, commitOffset: i64({ unit: 'queueOffset' }), ...TOPIC_FIELDS } },
  response: { codes: ['SUCCESS', 'SUBSCRIPTION_GROUP_NOT_EXIST', 'TOPIC_NOT_EXIST', 'INVALID_PARAMETER'] },
});

export const SEARCH_OFFSET_BY_TIMESTAMP = defineRequest({
  code: 29,
  name: 'SEARCH_OFFSET_BY_TIMESTAMP',
  family: 'offset',
  servedBy: ['broker'],
  action: 'GET',
  java: 'SearchOffsetRequestHeader',
  about: 'Offset of the first message stored at or after a time (LOWER), or of the last one stored at or before it (UPPER).',
  request: {
    header: {
      ...QUEUE,
      timestamp: i64({ unit: 'ms' }),
      boundaryType: str({ optional: true }),
      liteTopic: str({ optional: true }),
      ...TOPIC_FIELDS,
    },
  },
  response: { header: { offset: i64({ unit: 'queueOffset' }) } },
});

export const GET_MAX_OFFSET = defineRequest({
  code: 30,
  name: 'GET_MAX_OFFSET',
  family: 'offset',
  servedBy: ['broker'],
  action: 'GET',
  java: 'GetMaxOffsetRequestHeader',
  about: 'Next offset to be written in a queue; 0 for an unknown one.',
  request: { header: { ...QUEUE, committed: bool({ optional: true }), ...TOPIC_FIELDS } },
  response: { header: { offset: i64({ unit: 'queueOffset' }) } },
});

export const GET_MIN_OFFSET = defineRequest({
  code: 31,
  name: 'GET_MIN_OFFSET',
  family: 'offset',
  servedBy: ['broker'],
  action: 'GET',
  java: 'GetMinOffsetRequestHeader',
  about: 'First readable offset of a queue.',
  request: { header: { ...QUEUE, ...TOPIC_FIELDS } },
  response: { header: { offset: i64({ unit: 'queueOffset' }) } },
});

export const GET_EARLIEST_MSG_STORETIME = defineRequest({
  code: 32,
  name: 'GET_EARLIEST_MSG_STORETIME',
  family: 'offset',
  servedBy: ['broker'],
  action: 'GET',
  java: 'GetEarliestMsgStoretimeRequestHeader',
  about: 'Store time of the first readable message of a queue, -1 when there is none.',
  request: { header: { ...QUEUE, ...TOPIC_FIELDS } },
  response: { header: { timestamp: i64({ unit: 'ms' }) } },
});
