// What brokers tell a name server: codes 103, 104, 322, 904.
import { defineRequest } from '../define-request.js';
import { bool, i32, i64, str } from '../header-schema.js';

const IDENTITY = { brokerName: str(), brokerAddr: str(), clusterName: str(), brokerId: i64() } as const;

export const REGISTER_BROKER = defineRequest({
  code: 103,
  name: 'REGISTER_BROKER',
  family: 'namesrv-broker',
  servedBy: ['namesrv'],
  java: 'RegisterBrokerRequestHeader',
  about: 'A broker announces itself and its topics.',
  request: {
    header: {
      ...IDENTITY,
      haServerAddr: str({ optional: true }),
      heartbeatTimeoutMillis: i64({ optional: true, unit: 'ms' }),
      enableActingMaster: bool({ optional: true }),
      compressed: bool({ optional: true }),
      bodyCrc32: i32({ optional: true }),
    },
    body: 'json',
  },
  response: { header: { haServerAddr: str({ optional: true }), masterAddr: str({ optional: true }) }, body: 'json' },
});

export const UNREGISTER_BROKER = defineRequest({
  code: 104,
  name: 'UNREGISTER_BROKER',
  family: 'namesrv-broker',
  servedBy: ['namesrv'],
  java: 'UnRegisterBrokerRequestHeader',
  about: 'A broker leaves.',
  request: { header: IDENTITY },
});

export const QUERY_DATA_VERSION = defineRequest({
  code: 322,
  name: 'QUERY_DATA_VERSION',
  family: 'namesrv-broker',
  servedBy: ['namesrv'],
  java: 'QueryDataVersionRequestHeader',
  about: 'Whether the name server has this version of a broker’s topics.',
  request: { header: IDENTITY, body: 'json' },
  response: { header: { changed: bool() }, body: 'json' },
});

export const BROKER_HEARTBEAT = defineRequest({
  code: 904,
  name: 'BROKER_HEARTBEAT',
  family: 'namesrv-broker',
  servedBy: ['namesrv'],
  java: 'BrokerHeartbeatRequestHeader',
  about: 'A broker is alive.',
  request: { header: { clusterName: str(), brokerAddr: str(), brokerName: str(), brokerId: i64({ optional: true }) } },
});
