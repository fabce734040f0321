// The consumer groups every broker has from its first start [java SubscriptionGroupManager#init]. Data only.

export const SYSTEM_GROUPS = [
  'TOOLS_CONSUMER',
  'FILTERSRV_CONSUMER',
  'SELF_TEST_C_GROUP',
  'CID_ONS-HTTP-PROXY',
  'CID_ONSAPI_PULL',
  'CID_ONSAPI_PERMISSION',
  'CID_ONSAPI_OWNER',
  'CID_RMQ_SYS_TRANS',
] as const;

/** Groups with this prefix are made on demand even when autoCreateSubscriptionGroup is off. */
export const SYSTEM_GROUP_PREFIX = 'CID_RMQ_SYS_';
