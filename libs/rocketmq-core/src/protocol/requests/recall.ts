// Taking back a message that waits for its moment: code 370.
import { defineRequest } from '../define-request.js';
import { str } from '../header-schema.js';
import { TOPIC_FIELDS } from './base-fields.js';

export const RECALL_MESSAGE = defineRequest({
  code: 370,
  name: 'RECALL_MESSAGE',
  family: 'recall',
  servedBy: ['broker'],
  lane: 'send',
  action: 'PUB',
  java: 'RecallMessageRequestHeader',
  about: 'A timer message is not to be delivered.',
  request: {
    header: {
      producerGroup: str({ optional: true }),
      topic: str({ resource: 'TOPIC' }),
      recallHandle: str({ about: 'From the answer of the send.' }),
      ...TOPIC_FIELDS,
    },
  },
  response: {
    header: { msgId: str({ about: 'UNIQ_KEY of the message taken back.' }) },
    codes: [
      'SUCCESS',
      'SYSTEM_ERROR',
      'SLAVE_NOT_AVAILABLE',
      'SERVICE_NOT_AVAILABLE',
      'NO_PERMISSION',
      'TOPIC_NOT_EXIST',
      'ILLEGAL_OPERATION',
    ],
  },
});
