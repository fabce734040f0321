// POP consumption: codes 200050 to 200056, 200151, and the assignment of queues by the broker, 400 to 402. The codes do not fit the
// binary header, which has 16 bits for them: such requests always come as JSON.
import { defineRequest } from '../define-request.js';
import { bool, i32, i64, str } from '../header-schema.js';
import { TOPIC_FIELDS } from './base-fields.js';

const GROUP_AND_QUEUE = {
  consumerGroup: str({ resource: 'GROUP' }),
  topic: str({ resource: 'TOPIC' }),
  queueId: i32({ about: 'Below 0: any queue.' }),
} as const;

const POP_RESPONSE = {
  popTime: i64({ unit: 'ms' }),
  invisibleTime: i64({ unit: 'ms' }),
  reviveQid: i32({ about: 'Revive queue of the checkpoint; 999: orderly, there is none.' }),
  restNum: i64({ about: 'Messages left in the queues looked at.' }),
  startOffsetInfo: str({ optional: true, about: '`type queueId startOffset` of each queue, separated by semicolons.' }),
  msgOffsetInfo: str({ optional: true, about: '`type queueId offset,offset` of each queue, separated by semicolons.' }),
  orderCountInfo: str({ optional: true, about: 'Earlier deliveries by queue (`0 0 2`) and by offset (`0 qo0%5 2`).' }),
} as const;

const POP_CODES = [
  'SUCCESS',
  'SYSTEM_ERROR',
  'NO_PERMISSION',
  'TOPIC_NOT_EXIST',
  'SUBSCRIPTION_PARSE_FAILED',
  'SUBSCRIPTION_GROUP_NOT_EXIST',
  'INVALID_PARAMETER',
] as const;

/** What names one delivered message. */
const HANDLE = {
  consumerGroup: str({ resource: 'GROUP' }),
  topic: str({ resource: 'TOPIC', about: 'Where the message lies: the retry topic for a retried one.' }),
  queueId: i32(),
  extraInfo: str({ about: 'The handle, POP_CK of the message.' }),
  offset: i64({ unit: 'queueOffset' }),
} as const;

const HANDLE_CODES = ['SUCCESS', 'SYSTEM_ERROR', 'MESSAGE_ILLEGAL', 'TOPIC_NOT_EXIST', 'NO_MESSAGE', 'INVALID_PARAMETER'] as const;

export const POP_MESSAGE = defineRequest({
  code: 200050,
  name: 'POP_MESSAGE',
  family: 'pop',
  servedBy: ['broker'],
  ports: ['main'],
  lane: 'pull',
  action: 'SUB',
  java: 'PopMessageRequestHeader',
  about: 'Messages nobody else of the group has, for a time; held while there are none (long polling).',
  request: {
    header: {
      ...GROUP_AND_QUEUE,
      maxMsgNums: i32({ about: '1 to 32.' }),
      invisibleTime: i64({ unit: 'ms' }),
      pollTime: i64({ unit: 'ms' }),
      bornTime: i64({ optional: true, unit: 'ms', about: 'The wait ends at bornTime + pollTime.' }),
      initMode: i32({ about: 'Where a group without offset begins: 0 at the first message, 1 at the last.' }),
      expType: str({ optional: true }),
      exp: str({ optional: true }),
      order: bool({ optional: true }),
      attemptId: str({ optional: true, about: 'The same orderly POP asked again is answered again.' }),
      liteTopic: str({ optional: true }),
      ...TOPIC_FIELDS,
    },
  },
  response: { header: POP_RESPONSE, body: 'records', codes: [...POP_CODES, 'POLLING_FULL', 'POLLING_TIMEOUT'] },
});

export const ACK_MESSAGE = defineRequest({
  code: 200051,
  name: 'ACK_MESSAGE',
  family: 'pop',
  servedBy: ['broker'],
  lane: 'ack',
  action: 'SUB',
  java: 'AckMessageRequestHeader',
  about: 'One delivered message is done with.',
  request: { header: { ...HANDLE, liteTopic: str({ optional: true }), ...TOPIC_FIELDS } },
  response: { codes: HANDLE_CODES },
});

export const PEEK_MESSAGE = defineRequest({
  code: 200052,
  name: 'PEEK_MESSAGE',
  family: 'pop',
  servedBy: ['broker'],
  ports: ['main'],
  lane: 'pull',
  action: 'SUB',
  java: 'PeekMessageRequestHeader',
  about: 'The messages a POP would bring, which stay where they are.',
  request: { header: { ...GROUP_AND_QUEUE, maxMsgNums: i32(), ...TOPIC_FIELDS } },
  response: { header: POP_RESPONSE, body: 'records', codes: [...POP_CODES, 'PULL_NOT_FOUND'] },
});

export const CHANGE_MESSAGE_INVISIBLETIME = defineRequest({
  code: 200053,
  name: 'CHANGE_MESSAGE_INVISIBLETIME',
  family: 'pop',
  servedBy: ['broker'],
  lane: 'ack',
  action: 'SUB',
  java: 'ChangeInvisibleTimeRequestHeader',
  about: 'One delivered message stays away for another time, counted from now; the answer makes its new handle.',
  request: {
    header: {
      ...HANDLE,
      invisibleTime: i64({ unit: 'ms' }),
      suspend: bool({ optional: true, about: 'The delivery that follows does not count as a retry.' }),
      liteTopic: str({ optional: true }),
      ...TOPIC_FIELDS,
    },
  },
  response: {
    header: { popTime: i64({ unit: 'ms' }), invisibleTime: i64({ unit: 'ms' }), reviveQid: i32() },
    codes: HANDLE_CODES,
  },
});

export const NOTIFICATION = defineRequest({
  code: 200054,
  name: 'NOTIFICATION',
  family: 'pop',
  servedBy: ['broker'],
  ports: ['main'],
  lane: 'pull',
  action: 'SUB',
  java: 'NotificationRequestHeader',
  about: 'Whether a POP would find something; held while it would not.',
  request: {
    header: {
      ...GROUP_AND_QUEUE,
      pollTime: i64({ unit: 'ms' }),
      bornTime: i64({ optional: true, unit: 'ms' }),
      order: bool({ optional: true }),
      attemptId: str({ optional: true }),
      expType: str({ optional: true }),
      exp: str({ optional: true }),
      ...TOPIC_FIELDS,
    },
  },
  response: { header: { hasMsg: bool(), pollingFull: bool({ optional: true }) }, codes: POP_CODES },
});

export const POLLING_INFO = defineRequest({
  code: 200055,
  name: 'POLLING_INFO',
  family: 'pop',
  servedBy: ['broker'],
  ports: ['main'],
  lane: 'pull',
  action: 'GET',
  java: 'PollingInfoRequestHeader',
  about: 'How many POPs of a group wait.',
  request: { header: { ...GROUP_AND_QUEUE, ...TOPIC_FIELDS } },
  response: { header: { pollingNum: i32() }, codes: POP_CODES },
});

export const POP_ROLLBACK = defineRequest({
  code: 200056,
  name: 'POP_ROLLBACK',
  family: 'pop',
  servedBy: ['broker'],
  action: 'UPDATE',
  about: 'Moves POP records out of the key-value store into the revive topic.',
});

export const BATCH_ACK_MESSAGE = defineRequest({
  code: 200151,
  name: 'BATCH_ACK_MESSAGE',
  family: 'pop',
  servedBy: ['broker'],
  lane: 'ack',
  action: 'SUB',
  about: 'Several delivered messages are done with.',
  request: { header: { ...TOPIC_FIELDS }, body: 'json' },
  response: { codes: HANDLE_CODES },
});

export const QUERY_ASSIGNMENT = defineRequest({
  code: 400,
  name: 'QUERY_ASSIGNMENT',
  family: 'pop',
  servedBy: ['broker'],
  lane: 'loadBalance',
  action: 'GET',
  about: 'Which queues a member consumes, and whether it pulls or pops them.',
  request: { header: { ...TOPIC_FIELDS }, body: 'json' },
  response: { body: 'json' },
});

export const SET_MESSAGE_REQUEST_MODE = defineRequest({
  code: 401,
  name: 'SET_MESSAGE_REQUEST_MODE',
  family: 'pop',
  servedBy: ['broker'],
  lane: 'loadBalance',
  action: 'UPDATE',
  about: 'Makes a group pull or pop a topic.',
  request: { header: { ...TOPIC_FIELDS }, body: 'json' },
  response: { codes: ['SUCCESS', 'SYSTEM_ERROR', 'NO_PERMISSION', 'TOPIC_NOT_EXIST', 'SUBSCRIPTION_GROUP_NOT_EXIST'] },
});

export const GET_ALL_MESSAGE_REQUEST_MODE = defineRequest({
  code: 402,
  name: 'GET_ALL_MESSAGE_REQUEST_MODE',
  family: 'pop',
  servedBy: ['broker'],
  action: 'LIST',
  about: 'What 401 has set, for slaves and tools.',
  response: { body: 'json' },
});
