// What an administrator asks of a broker: topics, groups and configuration: codes 17, 21, 25, 26, 28, 200, 201.
import { defineRequest } from '../define-request.js';
import { bool, i32, str } from '../header-schema.js';
import { TOPIC_FIELDS } from './base-fields.js';

export const UPDATE_AND_CREATE_TOPIC = defineRequest({
  code: 17,
  name: 'UPDATE_AND_CREATE_TOPIC',
  family: 'admin',
  servedBy: ['broker'],
  action: 'CREATE',
  java: 'CreateTopicRequestHeader',
  about: 'Makes a topic on this broker, or changes it.',
  request: {
    header: {
      topic: str({ resource: 'TOPIC' }),
      defaultTopic: str(),
      readQueueNums: i32(),
      writeQueueNums: i32(),
      perm: i32({ about: '4 read, 2 write, 1 inherit.' }),
      topicFilterType: str(),
      topicSysFlag: i32({ optional: true }),
      order: bool(),
      attributes: str({ optional: true, about: '`+key=value,-key`.' }),
      force: bool({ optional: true }),
      ...TOPIC_FIELDS,
    },
  },
  response: { codes: ['SUCCESS', 'SYSTEM_ERROR', 'INVALID_PARAMETER'] },
});

export const GET_ALL_TOPIC_CONFIG = defineRequest({
  code: 21,
  name: 'GET_ALL_TOPIC_CONFIG',
  family: 'admin',
  servedBy: ['broker'],
  action: 'LIST',
  java: 'GetAllTopicConfigRequestHeader',
  about: 'All topics of this broker, in pages when asked so.',
  request: { header: { topicSeq: i32({ optional: true }), dataVersion: str({ optional: true }), maxTopicNum: i32({ optional: true }) } },
  response: { header: { totalTopicNum: i32({ optional: true }) }, body: 'json' },
});

export const UPDATE_BROKER_CONFIG = defineRequest({
  code: 25,
  name: 'UPDATE_BROKER_CONFIG',
  family: 'admin',
  servedBy: ['broker'],
  action: 'UPDATE',
  about: 'Changes configuration keys while running.',
  request: { body: 'properties' },
});

export const GET_BROKER_CONFIG = defineRequest({
  code: 26,
  name: 'GET_BROKER_CONFIG',
  family: 'admin',
  servedBy: ['broker'],
  action: 'GET',
  java: 'GetBrokerConfigResponseHeader',
  about: 'Configuration as properties text.',
  response: { header: { version: str({ about: 'DataVersion as JSON.' }) }, body: 'properties' },
});

export const GET_BROKER_RUNTIME_INFO = defineRequest({
  code: 28,
  name: 'GET_BROKER_RUNTIME_INFO',
  family: 'admin',
  servedBy: ['broker'],
  action: 'GET',
  about: 'What the broker measures about itself, as a table of texts.',
  response: { body: 'json' },
});

export const UPDATE_AND_CREATE_SUBSCRIPTIONGROUP = defineRequest({
  code: 200,
  name: 'UPDATE_AND_CREATE_SUBSCRIPTIONGROUP',
  family: 'admin',
  servedBy: ['broker'],
  action: 'CREATE',
  about: 'Makes a consumer group on this broker, or changes it.',
  request: { body: 'json' },
  response: { codes: ['SUCCESS', 'SYSTEM_ERROR', 'INVALID_PARAMETER'] },
});

export const GET_ALL_SUBSCRIPTIONGROUP_CONFIG = defineRequest({
  code: 201,
  name: 'GET_ALL_SUBSCRIPTIONGROUP_CONFIG',
  family: 'admin',
  servedBy: ['broker'],
  action: 'LIST',
  java: 'GetAllSubscriptionGroupRequestHeader',
  about: 'All consumer groups of this broker, in pages when asked so.',
  request: { header: { groupSeq: i32({ optional: true }), dataVersion: str({ optional: true }), maxGroupNum: i32({ optional: true }) } },
  response: { header: { totalGroupNum: i32({ optional: true }) }, body: 'json' },
});
