// The name server's key-value configuration: codes 100, 101, 102, 219.
import { defineRequest } from '../define-request.js';
import { str } from '../header-schema.js';

export const PUT_KV_CONFIG = defineRequest({
  code: 100,
  name: 'PUT_KV_CONFIG',
  family: 'namesrv-kv',
  servedBy: ['namesrv'],
  java: 'PutKVConfigRequestHeader',
  about: 'Sets a value.',
  request: { header: { namespace: str(), key: str(), value: str() } },
});

export const GET_KV_CONFIG = defineRequest({
  code: 101,
  name: 'GET_KV_CONFIG',
  family: 'namesrv-kv',
  servedBy: ['namesrv'],
  java: 'GetKVConfigRequestHeader',
  about: 'Reads a value.',
  request: { header: { namespace: str(), key: str() } },
  response: { header: { value: str({ optional: true }) }, codes: ['SUCCESS', 'QUERY_NOT_FOUND'] },
});

export const DELETE_KV_CONFIG = defineRequest({
  code: 102,
  name: 'DELETE_KV_CONFIG',
  family: 'namesrv-kv',
  servedBy: ['namesrv'],
  java: 'DeleteKVConfigRequestHeader',
  about: 'Removes a value.',
  request: { header: { namespace: str(), key: str() } },
});

export const GET_KVLIST_BY_NAMESPACE = defineRequest({
  code: 219,
  name: 'GET_KVLIST_BY_NAMESPACE',
  family: 'namesrv-kv',
  servedBy: ['namesrv'],
  java: 'GetKVListByNamespaceRequestHeader',
  about: 'All values of a namespace.',
  request: { header: { namespace: str() } },
  response: { body: 'json', codes: ['SUCCESS', 'QUERY_NOT_FOUND'] },
});
