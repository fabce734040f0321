// The keys of broker.conf that this broker uses: Apache's names, defaults, ranges. Keys that Apache has and we do not use yet are
// accepted by the loader with one line; must never hold logic.
import type { ConfigOf } from 'nest-rocketmq/server';
import { bool, int, list, long, oneOf, path, ratio, text } from 'nest-rocketmq/server';

/** An address, or the name of a host, or nothing. */
const HOST = /^([a-zA-Z0-9_]([a-zA-Z0-9_.-]*[a-zA-Z0-9_])?|\[?[0-9a-fA-F:.]+(%[a-zA-Z0-9]+)?\]?)?$/;
const HOST_EXPECTED = 'address or host name';
const NAME = /^[%|a-zA-Z0-9_.-]+$/;
const NAME_EXPECTED = 'name of letters, digits, . _ - % and |, 1 to 127 long';

const identity = {
  brokerClusterName: text({
    default: 'DefaultCluster',
    pattern: NAME,
    expected: NAME_EXPECTED,
    maxLength: 100,
    important: true,
    doc: 'Cluster this broker registers in; also the name of a template topic.',
  }),
  brokerName: text({
    default: '',
    maxLength: 100,
    important: true,
    doc: 'Name of the broker set; equal for a master and its slaves. Empty: the host name.',
  }),
  brokerId: long({ default: 0, important: true, doc: '0 = master, above = slave. A master role forces 0.' }),
  brokerRole: oneOf(['ASYNC_MASTER', 'SYNC_MASTER', 'SLAVE'], {
    default: 'ASYNC_MASTER',
    important: true,
    doc: 'Replication role; only masters are served so far.',
  }),
  brokerIP1: text({
    default: '',
    maxLength: 64,
    pattern: HOST,
    expected: HOST_EXPECTED,
    important: true,
    doc: 'Address clients are told and that message ids carry. Empty: bindAddress when it is one address, else the first usable one.',
  }),
  brokerIP2: text({
    default: '',
    maxLength: 64,
    pattern: HOST,
    expected: HOST_EXPECTED,
    doc: 'Address slaves replicate from. Empty: brokerIP1.',
  }),
  regionId: text({ default: 'DefaultRegion', maxLength: 255, doc: 'Value of MSG_REGION.' }),
};

const network = {
  listenPort: int({ default: 10911, max: 65_535, important: true, doc: 'Main port; the VIP port is this minus 2. 0 picks free ports.' }),
  bindAddress: text({
    default: '127.0.0.1',
    maxLength: 64,
    pattern: HOST,
    expected: HOST_EXPECTED,
    doc: 'Address to listen on. Loopback unless set (Apache: 0.0.0.0).',
  }),
  haListenPort: int({ default: 10912, max: 65_535, doc: 'Replication port; told to name servers.' }),
  namesrvAddr: list({ default: [], maxItems: 64, important: true, doc: 'Name servers, host:port, separated by semicolons.' }),
  serverChannelMaxIdleTimeSeconds: int({ default: 120, min: 1, unit: 's', doc: 'A connection idle for this long is closed.' }),
  channelExpiredTimeout: long({ default: 120_000, min: 1000, unit: 'ms', doc: 'A client without heartbeat for this long is closed.' }),
  maxConnections: int({ default: 20_000, min: 1, doc: 'Ours: connections above this are refused.' }),
};

const registration = {
  registerNameServerPeriod: int({ default: 30_000, unit: 'ms', doc: 'Period of registration, kept within 10000 and 60000.' }),
  registerBrokerTimeoutMills: int({ default: 24_000, min: 100, unit: 'ms', doc: 'How long a name server may take to answer.' }),
  forceRegister: bool({ default: true, doc: 'Register every period even when nothing changed.' }),
  compressedRegister: bool({ default: false, doc: 'Accepted; the registration is always sent uncompressed.' }),
};

const topics = {
  brokerPermission: int({ default: 6, max: 7, hot: true, doc: '4 = readable, 2 = writeable.' }),
  defaultTopicQueueNums: int({ default: 8, min: 1, max: 65_535, doc: 'Queues of TBW102, the most an auto-created topic gets.' }),
  autoCreateTopicEnable: bool({ default: true, important: true, doc: 'Topics come into being by sending to them.' }),
  autoCreateSubscriptionGroup: bool({ default: true, important: true, doc: 'Consumer groups come into being by using them.' }),
  clusterTopicEnable: bool({ default: true, doc: 'The topic named after the cluster may be used.' }),
  brokerTopicEnable: bool({ default: true, doc: 'The topic named after the broker may be used.' }),
  traceTopicEnable: bool({ default: false, important: true, doc: 'Makes the message trace topic at start.' }),
  msgTraceTopicName: text({ default: 'RMQ_SYS_TRACE_TOPIC', pattern: NAME, expected: NAME_EXPECTED, important: true, doc: 'Its name.' }),
  storeReplyMessageEnable: bool({ default: true, doc: 'Keep replies in the reply topic besides handing them to who asked.' }),
  traceOn: bool({ default: true, doc: 'Value of TRACE_ON told to producers.' }),
  reviveQueueNum: int({ default: 8, min: 1, max: 1024, doc: 'Queues of the topic POP revives from.' }),
  messageDelayLevel: text({
    default: '1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h',
    doc: 'The delay levels from 1 on; units s, m, h, d.',
  }),
};

const serving = {
  startAcceptSendRequestTimeStamp: long({ default: 0, unit: 'ms', doc: 'Sends before this moment (ms since 1970) are refused.' }),
  litePullMessageEnable: bool({ default: true, doc: 'LITE_PULL_MESSAGE is served.' }),
  longPollingEnable: bool({ default: true, doc: 'Pulls that find nothing wait for messages.' }),
  shortPollingTimeMills: long({ default: 1000, min: 1, unit: 'ms', doc: 'How long they wait when long polling is off.' }),
  useServerSideResetOffset: bool({
    default: true,
    doc: 'An offset reset is told by the answer to the next pull, else by a request to each member.',
  }),
  slaveReadEnable: bool({ default: false, doc: 'Consumers that lag are told to read from a slave.' }),
  notifyConsumerIdsChangedEnable: bool({ default: true, doc: 'Members are told when their group changes.' }),
  pullBatchMaxMessageCount: int({ default: 160, min: 1, max: 10_000, doc: 'Most messages of one pull.' }),
  flushConsumerOffsetInterval: int({ default: 5000, min: 10, unit: 'ms', doc: 'Period of writing consumerOffset.json.' }),
  consumerOffsetUpdateVersionStep: long({ default: 500, min: 1, doc: 'Commits between two steps of the offsets data version.' }),
  flushDelayOffsetInterval: long({ default: 10_000, min: 10, unit: 'ms', doc: 'Period of writing delayOffset.json.' }),
  delayOffsetUpdateVersionStep: long({ default: 200, min: 1, doc: 'Deliveries between two steps of the delay offsets data version.' }),
  maxHeldPulls: int({ default: 100_000, doc: 'Ours: pulls waiting for messages on the whole broker.' }),
  maxHeldPullsPerTopic: int({ default: 50_000, doc: 'Ours: the same for one topic.' }),
  maxHeldPullsPerConnection: int({ default: 8192, doc: 'Ours: the same for one connection.' }),
};

const filters = {
  enablePropertyFilter: bool({ default: false, important: true, doc: 'Consumers may filter by SQL92.' }),
  filterSupportRetry: bool({ default: false, doc: 'A SQL92 subscription of a retry topic is filtered as the topic a message came from.' }),
  filterDataCleanTimeSpan: long({ default: 86_400_000, min: 0, unit: 'ms', doc: 'How long the filter of a group that has gone is kept.' }),
  maxErrorRateOfBloomFilter: int({ default: 20, min: 1, max: 99, unit: '%', doc: 'Shape of the bit positions in consumerFilter.json.' }),
  expectConsumerNumUseFilter: int({ default: 32, min: 1, max: 100_000, doc: 'The same.' }),
};

const transactions = {
  rejectTransactionMessage: bool({ default: false, important: true, doc: 'Half messages are refused.' }),
  transactionTimeOut: long({
    default: 6000,
    min: 0,
    unit: 'ms',
    important: true,
    doc: 'Age at which a producer is first asked about a half message.',
  }),
  transactionCheckInterval: long({ default: 30_000, min: 10, unit: 'ms', important: true, doc: 'Period of asking.' }),
  transactionCheckMax: int({
    default: 15,
    min: 1,
    important: true,
    doc: 'Checks before a half message nobody decided goes to TRANS_CHECK_MAX_TIME_TOPIC.',
  }),
  transactionOpMsgMaxSize: int({ default: 4096, min: 1, unit: 'bytes', doc: 'Accepted; an op record names one half message.' }),
  transactionOpBatchInterval: int({
    default: 3000,
    min: 0,
    unit: 'ms',
    doc: 'Accepted; an op record is written together with its decision.',
  }),
  maxOpenTransactions: int({ default: 1_000_000, min: 1, doc: 'Ours: undecided half messages before more are refused as busy.' }),
};

const timers = {
  timerWheelEnable: bool({ default: true, important: true, doc: 'Messages may ask to be delivered at any moment.' }),
  timerMaxDelaySec: long({ default: 259_200, min: 1, unit: 's', important: true, doc: 'Furthest such moment from now.' }),
  timerPrecisionMs: int({ default: 1000, min: 1, unit: 'ms', important: true, doc: 'Width of a slot of the timer wheel.' }),
  timerRollWindowSlot: int({
    default: 172_800,
    min: 2,
    important: true,
    doc: 'Slots after which a message is looked at again when its moment is further away.',
  }),
  timerCongestNumEachSlot: int({
    default: 2_147_483_647,
    min: 1,
    important: true,
    doc: 'Messages of one slot above which some, above twice as many all are refused.',
  }),
  timerFlushIntervalMs: int({ default: 1000, min: 10, unit: 'ms', important: true, doc: 'Period of flushing the timer files.' }),
  mappedFileSizeTimerLog: int({ default: 104_857_600, min: 1024, unit: 'bytes', important: true, doc: 'Size of a timer log file.' }),
  appendTopicForTimerDeleteKey: bool({
    default: false,
    important: true,
    doc: 'A recall names topic and message, as brokers before 5.4 expect; both forms are understood.',
  }),
  recallMessageEnable: bool({ default: false, important: true, doc: 'Messages that wait for their moment may be taken back.' }),
  allowRecallWhenBrokerNotWriteable: bool({ default: true, important: true, doc: 'The same while brokerPermission forbids writing.' }),
};

const pop = {
  popPollingSize: int({ default: 1024, min: 1, doc: 'POP requests waiting for messages, of one group on one queue or on all.' }),
  maxPopPollingSize: long({ default: 100_000, min: 1, doc: 'The same on the whole broker.' }),
  popPollingMapSize: int({ default: 100_000, min: 1, doc: 'Groups and queues that may have waiting POP requests.' }),
  popFromRetryProbability: int({ default: 20, min: 0, max: 100, unit: '%', doc: 'POP requests that look into the retry topic first.' }),
  initPopOffsetByCheckMsgInMem: bool({
    default: true,
    doc: 'A new group that is to start at the end takes a young topic from its beginning.',
  }),
  enableRetryTopicV2: bool({ default: false, doc: 'Retry topics of POP are named with + between group and topic, instead of _.' }),
  retrieveMessageFromPopRetryTopicV1: bool({ default: true, doc: 'With the above, those named with _ are still read.' }),
  popResponseReturnActualRetryTopic: bool({ default: false, doc: 'Retried messages come under the name of the retry topic.' }),
  reviveInterval: long({ default: 1000, min: 10, unit: 'ms', doc: 'Period of looking for deliveries that were not acknowledged.' }),
  serverLoadBalancerEnable: bool({ default: true, doc: 'Members that ask for their queues (400) get a share; off: all of them.' }),
  defaultMessageRequestMode: oneOf(['PULL', 'POP'], { default: 'PULL', doc: 'How groups consume that 401 says nothing about.' }),
  defaultPopShareQueueNum: int({
    default: -1,
    min: -1,
    doc: 'Members that share the queues of one, for those that POP by default; -1: all.',
  }),
  loadBalancePollNameServerInterval: long({
    default: 30_000,
    min: 100,
    unit: 'ms',
    doc: 'How long a route is believed that queues are shared out by.',
  }),
  loadBalanceThreadPoolQueueCapacity: int({ default: 100_000, min: 1, doc: 'Requests about assignments that may wait.' }),
  ackThreadPoolQueueCapacity: int({ default: 100_000, min: 1, doc: 'Acknowledgements that may wait.' }),
  waitTimeMillsInAckQueue: long({ default: 3000, min: 1, unit: 'ms', doc: 'How long one may wait.' }),
};

const lanes = {
  brokerFastFailureEnable: bool({ default: true, doc: 'Requests that waited too long are refused instead of served.' }),
  waitTimeMillsInSendQueue: long({ default: 200, min: 1, unit: 'ms', doc: 'How long a send may wait.' }),
  waitTimeMillsInPullQueue: long({ default: 5000, min: 1, unit: 'ms', doc: 'How long a pull may wait.' }),
  waitTimeMillsInLitePullQueue: long({ default: 5000, min: 1, unit: 'ms', doc: 'How long a lite pull may wait.' }),
  waitTimeMillsInHeartbeatQueue: long({ default: 31_000, min: 1, unit: 'ms', doc: 'How long a heartbeat may wait.' }),
  waitTimeMillsInTransactionQueue: long({ default: 3000, min: 1, unit: 'ms', doc: 'How long the end of a transaction may wait.' }),
  waitTimeMillsInAdminBrokerQueue: long({ default: 5000, min: 1, unit: 'ms', doc: 'How long an admin request may wait.' }),
  sendThreadPoolQueueCapacity: int({ default: 10_000, min: 1, doc: 'Sends that may wait.' }),
  replyThreadPoolQueueCapacity: int({ default: 10_000, min: 1, doc: 'Replies that may wait.' }),
  pullThreadPoolQueueCapacity: int({ default: 100_000, min: 1, doc: 'Pulls that may wait.' }),
  litePullThreadPoolQueueCapacity: int({ default: 100_000, min: 1, doc: 'Lite pulls that may wait.' }),
  queryThreadPoolQueueCapacity: int({ default: 20_000, min: 1, doc: 'Queries that may wait.' }),
  heartbeatThreadPoolQueueCapacity: int({ default: 50_000, min: 1, doc: 'Heartbeats that may wait.' }),
  clientManagerThreadPoolQueueCapacity: int({ default: 1_000_000, min: 1, doc: 'Client requests that may wait.' }),
  consumerManagerThreadPoolQueueCapacity: int({ default: 1_000_000, min: 1, doc: 'Offset and membership requests that may wait.' }),
  endTransactionPoolQueueCapacity: int({ default: 100_000, min: 1, doc: 'Ends of transactions that may wait.' }),
  adminBrokerThreadPoolQueueCapacity: int({ default: 10_000, min: 1, doc: 'Admin requests that may wait.' }),
};

const store = {
  storePathRootDir: path({ default: '${user.home}/store', important: true, doc: 'Directory of everything kept.' }),
  storePathCommitLog: path({ default: '', important: true, doc: 'Directory of the commit log. Empty: commitlog below the root.' }),
  flushDiskType: oneOf(['ASYNC_FLUSH', 'SYNC_FLUSH'], { default: 'ASYNC_FLUSH', important: true, doc: 'What SEND_OK means.' }),
  mappedFileSizeCommitLog: int({ default: 1_073_741_824, min: 1024, unit: 'bytes', doc: 'Size of a commit log file.' }),
  mappedFileSizeConsumeQueue: int({
    default: 6_000_000,
    min: 20,
    unit: 'bytes',
    doc: 'Size of a consume queue file, rounded up to whole 20-byte entries.',
  }),
  maxMessageSize: int({ default: 4_194_304, min: 1, max: 16_777_216, unit: 'bytes', doc: 'Largest message body.' }),
  flushIntervalCommitLog: int({ default: 500, min: 1, unit: 'ms', important: true, doc: 'Period of flushing the commit log.' }),
  flushCommitLogThoroughInterval: int({ default: 10_000, min: 1, unit: 'ms', doc: 'Period of flushing it whatever is dirty.' }),
  flushIntervalConsumeQueue: int({ default: 1000, min: 1, unit: 'ms', doc: 'Period of flushing consume queues.' }),
  syncFlushTimeout: int({ default: 5000, min: 1, unit: 'ms', doc: 'A SYNC_FLUSH send that waits longer is answered FLUSH_DISK_TIMEOUT.' }),
  warmMapedFileEnable: bool({ default: false, doc: 'Fills the next commit log file in the background.' }),
  maxTransferBytesOnMessageInMemory: int({
    default: 262_144,
    min: 1,
    unit: 'bytes',
    important: true,
    doc: 'Most bytes of one pull from memory.',
  }),
  maxTransferCountOnMessageInMemory: int({ default: 32, min: 1, important: true, doc: 'Most messages of one pull from memory.' }),
  maxTransferBytesOnMessageInDisk: int({
    default: 65_536,
    min: 1,
    unit: 'bytes',
    important: true,
    doc: 'Most bytes of one pull from disk.',
  }),
  maxTransferCountOnMessageInDisk: int({ default: 8, min: 1, important: true, doc: 'Most messages of one pull from disk.' }),
  accessMessageInMemoryMaxRatio: int({
    default: 40,
    max: 95,
    important: true,
    doc: 'Percent of memory that recent messages are taken to be in.',
  }),
  diskMaxUsedSpaceRatio: ratio({ default: 75, min: 10, max: 95, doc: 'Percent of the disk at which old files go.' }),
  fileReservedTime: int({ default: 72, min: 0, unit: 'h', important: true, doc: 'Hours that messages are kept.' }),
  deleteWhen: text({
    default: '04',
    pattern: /^([01]?\d|2[0-3])(;([01]?\d|2[0-3]))*$/,
    expected: 'list of hours within 00..23 such as 04 or 04;16',
    important: true,
    doc: 'Hours of deletion.',
  }),
  messageIndexEnable: bool({ default: true, important: true, doc: 'Messages are indexed by their keys.' }),
  messageIndexSafe: bool({ default: false, important: true, doc: 'Accepted; after any stop the index is completed from the log.' }),
  maxHashSlotNum: int({ default: 5_000_000, min: 1, max: 268_435_456, doc: 'Hash slots of an index file.' }),
  maxIndexNum: int({ default: 20_000_000, min: 2, max: 67_108_864, doc: 'Entries of an index file.' }),
  maxMsgsNumBatch: int({ default: 64, min: 1, max: 10_000, doc: 'Most messages of one query by key.' }),
  defaultQueryMaxNum: int({ default: 32, min: 1, max: 10_000, doc: 'Messages looked for in a query by unique key.' }),
  maxUnconfirmedBytes: int({
    default: 67_108_864,
    min: 1_048_576,
    unit: 'bytes',
    doc: 'Ours: messages waiting for their flush before sends are refused as busy.',
  }),
};

/** What a broker without these would do silently wrong: set, they refuse the start. */
const notServedYet = {
  aclEnable: bool({ default: false, important: true, doc: 'Access control of 4.x; not served yet, true refuses the start.' }),
  authenticationEnabled: bool({ default: false, doc: 'Access control of 5.x; not served yet, true refuses the start.' }),
  authorizationEnabled: bool({ default: false, doc: 'Access control of 5.x; not served yet, true refuses the start.' }),
  enableControllerMode: bool({ default: false, doc: 'Replication by controller; not served yet, true refuses the start.' }),
  enableDLegerCommitLog: bool({ default: false, doc: 'Replication by DLedger; not served, true refuses the start.' }),
  inSyncReplicas: int({ default: 1, min: 1, important: true, doc: 'Copies before SEND_OK with SYNC_MASTER; above 1 is not served yet.' }),
  storeType: text({ default: 'default', important: true, doc: 'Store engine; only the default one is served.' }),
};

export const BROKER_CONFIG_SCHEMA = {
  ...identity,
  ...network,
  ...registration,
  ...topics,
  ...serving,
  ...filters,
  ...transactions,
  ...pop,
  ...timers,
  ...lanes,
  ...store,
  ...notServedYet,
};

/** The keys as read: names and addresses may still be empty. */
export type BrokerConfigInput = Partial<ConfigOf<typeof BROKER_CONFIG_SCHEMA>>;
/** The broker's configuration, complete. */
export type BrokerConfig = ConfigOf<typeof BROKER_CONFIG_SCHEMA>;
