// Request and reply over topics: codes 324, 325, and 326, which hands the reply to the client that asked.
import { aliasOf, defineRequest } from '../define-request.js';
import { bool, i32, i64, str } from '../header-schema.js';
import { TOPIC_FIELDS } from './base-fields.js';
import { SEND_MESSAGE, SEND_MESSAGE_V2 } from './send.js';

export const SEND_REPLY_MESSAGE = {
  ...aliasOf(SEND_MESSAGE, {
    code: 324,
    name: 'SEND_REPLY_MESSAGE',
    java: 'ReplyMessageRequestHeader',
    about: 'A reply for the client that asked, field names in full.',
    wireNames: {},
  }),
  family: 'reply',
  lane: 'reply' as const,
};

export const SEND_REPLY_MESSAGE_V2 = {
  ...aliasOf(SEND_MESSAGE_V2, {
    code: 325,
    name: 'SEND_REPLY_MESSAGE_V2',
    java: 'SendMessageRequestHeaderV2',
    about: 'A reply for the client that asked, one-letter field names.',
    wireNames: {},
  }),
  family: 'reply',
  lane: 'reply' as const,
};

export const PUSH_REPLY_MESSAGE_TO_CLIENT = defineRequest({
  code: 326,
  name: 'PUSH_REPLY_MESSAGE_TO_CLIENT',
  family: 'reply',
  servedBy: ['client'],
  lane: 'client',
  java: 'ReplyMessageRequestHeader',
  about: 'A reply arrives at the client that asked; its answer decides what the replier is told.',
  request: {
    header: {
      producerGroup: str(),
      topic: str(),
      defaultTopic: str(),
      defaultTopicQueueNums: i32(),
      queueId: i32(),
      sysFlag: i32(),
      bornTimestamp: i64({ unit: 'ms' }),
      flag: i32(),
      properties: str({ optional: true }),
      reconsumeTimes: i32({ optional: true }),
      unitMode: bool({ optional: true }),
      bornHost: str(),
      storeHost: str(),
      storeTimestamp: i64({ unit: 'ms' }),
      ...TOPIC_FIELDS,
    },
    body: 'message',
  },
});
