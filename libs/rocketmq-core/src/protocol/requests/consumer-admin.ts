// What an administrator asks a broker about consumers, and has it pass on to them: codes 203, 222, 223, 314. (307 and 309 are the client's rows.)
import { defineRequest } from '../define-request.js';
import { bool, i32, i64, str } from '../header-schema.js';
import { RPC_FIELDS, TOPIC_FIELDS } from './base-fields.js';

export const GET_CONSUMER_CONNECTION_LIST = defineRequest({
  code: 203,
  name: 'GET_CONSUMER_CONNECTION_LIST',
  family: 'admin',
  servedBy: ['broker'],
  action: 'GET',
  java: 'GetConsumerConnectionListRequestHeader',
  about: 'Members of a group, and what the group subscribes to.',
  request: { header: { consumerGroup: str({ resource: 'GROUP' }), ...RPC_FIELDS } },
  response: { body: 'json', codes: ['SUCCESS', 'SYSTEM_ERROR', 'CONSUMER_NOT_ONLINE'] },
});

export const INVOKE_BROKER_TO_RESET_OFFSET = defineRequest({
  code: 222,
  name: 'INVOKE_BROKER_TO_RESET_OFFSET',
  family: 'admin',
  servedBy: ['broker'],
  action: 'UPDATE',
  java: 'ResetOffsetRequestHeader',
  about: 'Sets the offsets of a group on a topic, to a time or to a place.',
  request: {
    header: {
      topic: str({ resource: 'TOPIC' }),
      group: str({ resource: 'GROUP' }),
      timestamp: i64({ unit: 'ms', about: '-1: the end.' }),
      isForce: bool(),
      queueId: i32({ optional: true, about: '-1: every queue.' }),
      offset: i64({ optional: true, unit: 'queueOffset', about: '-1: by time.' }),
      ...TOPIC_FIELDS,
    },
  },
  response: {
    body: 'json',
    codes: ['SUCCESS', 'SYSTEM_ERROR', 'TOPIC_NOT_EXIST', 'SUBSCRIPTION_GROUP_NOT_EXIST', 'CONSUMER_NOT_ONLINE'],
  },
});

export const INVOKE_BROKER_TO_GET_CONSUMER_STATUS = defineRequest({
  code: 223,
  name: 'INVOKE_BROKER_TO_GET_CONSUMER_STATUS',
  family: 'admin',
  servedBy: ['broker'],
  action: 'GET',
  java: 'GetConsumerStatusRequestHeader',
  about: 'Offsets that the members of a group hold in memory.',
  request: {
    header: { topic: str({ resource: 'TOPIC' }), group: str({ resource: 'GROUP' }), clientAddr: str({ optional: true }), ...TOPIC_FIELDS },
  },
  response: { body: 'json', codes: ['SUCCESS', 'SYSTEM_ERROR'] },
});

export const CLONE_GROUP_OFFSET = defineRequest({
  code: 314,
  name: 'CLONE_GROUP_OFFSET',
  family: 'admin',
  servedBy: ['broker'],
  action: 'UPDATE',
  java: 'CloneGroupOffsetRequestHeader',
  about: 'Gives a group the offsets of another one.',
  request: {
    header: {
      srcGroup: str({ resource: 'GROUP' }),
      destGroup: str({ resource: 'GROUP' }),
      topic: str({ optional: true, resource: 'TOPIC', about: 'Absent or blank: every topic of the source.' }),
      offline: bool({ optional: true, about: 'True: also topics the running source does not subscribe to.' }),
      ...RPC_FIELDS,
    },
  },
  response: { codes: ['SUCCESS', 'SYSTEM_ERROR'] },
});
