// Consumer offsets and queue bounds: codes 14, 15, 29, 30, 31, 32.
import { defineRequest } from '../define-request.js';
import { bool, i32, i64, str } from '../header-schema.js';

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
    header: {
      consumerGroup: str({ resource: 'GROUP' }),
      topic: str({ resource: 'TOPIC' }),
      queueId: i32(),
      setZeroIfNotFound: bool({ optional: true }),
    },
  },
  response: { header: { offset: i64({ unit: 'queueOffset', optional: true }) }, codes: ['SUCCESS', 'QUERY_NOT_FOUND'] },
});
