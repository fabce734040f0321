// Fields any request header of a 5.x client may carry: one shared fragment, readable names inside, short names on the wire
// [java RpcRequestHeader, TopicRequestHeader].
import { bool, str } from '../header-schema.js';

export const RPC_FIELDS = {
  /** Broker name the request is meant for. */
  brokerName: str({ optional: true, wire: 'bname' }),
  namespace: str({ optional: true, wire: 'ns' }),
  namespaced: bool({ optional: true, wire: 'nsd' }),
  oneWayMark: bool({ optional: true, wire: 'oway' }),
} as const;

export const TOPIC_FIELDS = {
  ...RPC_FIELDS,
  /** Logical queue of a static topic. */
  logical: bool({ optional: true, wire: 'lo' }),
} as const;
