// What a name server answers about routes, clusters and topics: codes 105, 106, 205, 206, 216, 217, 224, 304, 311, 312, 313, 318, 319, 327, 901.
import { defineRequest } from '../define-request.js';
import { bool, i32, str } from '../header-schema.js';
import { TOPIC_FIELDS } from './base-fields.js';

export const GET_ROUTEINFO_BY_TOPIC = defineRequest({
  code: 105,
  name: 'GET_ROUTEINFO_BY_TOPIC',
  family: 'namesrv-route',
  servedBy: ['namesrv'],
  lane: 'route',
  action: 'GET',
  java: 'GetRouteInfoRequestHeader',
  about: 'Queues of a topic and the brokers that serve them.',
  request: { header: { topic: str({ resource: 'TOPIC' }), acceptStandardJsonOnly: bool({ optional: true }), ...TOPIC_FIELDS } },
  response: { body: 'json', codes: ['SUCCESS', 'TOPIC_NOT_EXIST', 'SYSTEM_ERROR'] },
});

export const GET_BROKER_CLUSTER_INFO = defineRequest({
  code: 106,
  name: 'GET_BROKER_CLUSTER_INFO',
  family: 'namesrv-route',
  servedBy: ['namesrv'],
  about: 'All clusters and brokers.',
  response: { body: 'json' },
});

export const WIPE_WRITE_PERM_OF_BROKER = defineRequest({
  code: 205,
  name: 'WIPE_WRITE_PERM_OF_BROKER',
  family: 'namesrv-route',
  servedBy: ['namesrv'],
  java: 'WipeWritePermOfBrokerRequestHeader',
  about: 'Takes the write permission from every topic of a broker, in this name server only.',
  request: { header: { brokerName: str() } },
  response: { header: { wipeTopicCount: i32() } },
});

export const GET_ALL_TOPIC_LIST_FROM_NAMESERVER = defineRequest({
  code: 206,
  name: 'GET_ALL_TOPIC_LIST_FROM_NAMESERVER',
  family: 'namesrv-route',
  servedBy: ['namesrv'],
  about: 'All topics.',
  response: { body: 'json' },
});

export const DELETE_TOPIC_IN_NAMESRV = defineRequest({
  code: 216,
  name: 'DELETE_TOPIC_IN_NAMESRV',
  family: 'namesrv-route',
  servedBy: ['namesrv'],
  java: 'DeleteTopicFromNamesrvRequestHeader',
  about: 'Forgets the route of a topic.',
  request: { header: { topic: str({ resource: 'TOPIC' }), clusterName: str({ optional: true }) } },
});

export const REGISTER_TOPIC_IN_NAMESRV = defineRequest({
  code: 217,
  name: 'REGISTER_TOPIC_IN_NAMESRV',
  family: 'namesrv-route',
  servedBy: ['namesrv'],
  java: 'RegisterTopicRequestHeader',
  about: 'Sets the queues of a topic.',
  request: { header: { topic: str({ resource: 'TOPIC' }), ...TOPIC_FIELDS }, body: 'json' },
});

export const GET_TOPICS_BY_CLUSTER = defineRequest({
  code: 224,
  name: 'GET_TOPICS_BY_CLUSTER',
  family: 'namesrv-route',
  servedBy: ['namesrv'],
  java: 'GetTopicsByClusterRequestHeader',
  about: 'Topics of one cluster.',
  request: { header: { cluster: str() } },
  response: { body: 'json' },
});

export const GET_SYSTEM_TOPIC_LIST_FROM_NS = defineRequest({
  code: 304,
  name: 'GET_SYSTEM_TOPIC_LIST_FROM_NS',
  family: 'namesrv-route',
  servedBy: ['namesrv'],
  about: 'Cluster and broker names, which are topics too, and one broker to ask for more.',
  response: { body: 'json' },
});

export const GET_UNIT_TOPIC_LIST = defineRequest({
  code: 311,
  name: 'GET_UNIT_TOPIC_LIST',
  family: 'namesrv-route',
  servedBy: ['namesrv'],
  about: 'Unit topics.',
  response: { body: 'json' },
});

export const GET_HAS_UNIT_SUB_TOPIC_LIST = defineRequest({
  code: 312,
  name: 'GET_HAS_UNIT_SUB_TOPIC_LIST',
  family: 'namesrv-route',
  servedBy: ['namesrv'],
  about: 'Topics with unit subscriptions.',
  response: { body: 'json' },
});

export const GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST = defineRequest({
  code: 313,
  name: 'GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST',
  family: 'namesrv-route',
  servedBy: ['namesrv'],
  about: 'Topics with unit subscriptions that are no unit topics.',
  response: { body: 'json' },
});

export const UPDATE_NAMESRV_CONFIG = defineRequest({
  code: 318,
  name: 'UPDATE_NAMESRV_CONFIG',
  family: 'namesrv-route',
  servedBy: ['namesrv'],
  action: 'UPDATE',
  about: 'Changes configuration keys while running.',
  request: { body: 'properties' },
});

export const GET_NAMESRV_CONFIG = defineRequest({
  code: 319,
  name: 'GET_NAMESRV_CONFIG',
  family: 'namesrv-route',
  servedBy: ['namesrv'],
  action: 'GET',
  about: 'Configuration as properties text.',
  response: { body: 'properties' },
});

export const ADD_WRITE_PERM_OF_BROKER = defineRequest({
  code: 327,
  name: 'ADD_WRITE_PERM_OF_BROKER',
  family: 'namesrv-route',
  servedBy: ['namesrv'],
  java: 'AddWritePermOfBrokerRequestHeader',
  about: 'Gives the write permission back.',
  request: { header: { brokerName: str() } },
  response: { header: { addTopicCount: i32() } },
});

export const GET_BROKER_MEMBER_GROUP = defineRequest({
  code: 901,
  name: 'GET_BROKER_MEMBER_GROUP',
  family: 'namesrv-route',
  servedBy: ['namesrv'],
  java: 'GetBrokerMemberGroupRequestHeader',
  about: 'Members of one broker name.',
  request: { header: { clusterName: str(), brokerName: str() } },
  response: { body: 'json' },
});
