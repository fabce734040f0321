// What the store promises to the broker. The store knows neither protocol nor sockets: it speaks statuses, offsets and bytes.

/** One consume queue of one topic, interned: the data plane passes it around instead of names. */
export interface QueueRef {
  readonly topic: string;
  readonly queueId: number;
  /** Dense index within the store, for typed-array counters. */
  readonly index: number;
  /** First readable ordinal. */
  readonly minOffset: number;
  /** Next ordinal to become readable: everything below is confirmed and dispatched. */
  readonly maxOffset: number;
}

/** Result of staging, as a number so that the hot path stays free of objects. */
export const STAGE_OK = 0;
export const STAGE_MESSAGE_ILLEGAL = 1;
export const STAGE_PROPERTIES_SIZE_EXCEEDED = 2;
export const STAGE_SERVICE_NOT_AVAILABLE = 3;
/** More is waiting for its flush than `maxUnconfirmedBytes` allows. */
export const STAGE_BUSY = 4;
export const STAGE_CREATE_FILE_FAILED = 5;
export type StageStatus = 0 | 1 | 2 | 3 | 4 | 5;

/**
 * A message on its way into the log. One object is reused for every message by each caller; all fields keep their kind.
 * Byte ranges are copied by stage().
 */
export interface StagedMessage {
  queue: QueueRef;
  flag: number;
  sysFlag: number;
  bornTimestamp: number;
  /** 4- or 16-byte address followed by a 4-byte port; the length must agree with sysFlag bits 0x10 / 0x20. */
  bornHost: Uint8Array;
  storeHost: Uint8Array;
  reconsumeTimes: number;
  preparedTransactionOffset: number;
  body: Uint8Array;
  bodyStart: number;
  bodyLength: number;
  /** Property text as received: `key 0x01 value 0x02 …`; the last 0x02 may be absent. */
  properties: Uint8Array;
  propertiesStart: number;
  propertiesLength: number;
  /** Property text to append after the received one (CLUSTER, MSG_REGION, TRACE_ON …); a missing separator is added between. */
  extraProperties: Uint8Array;
  extraPropertiesLength: number;
  /** Consume-queue tag code, high and low 32 bits: Java hash of TAGS sign-extended, or the deliver time in the schedule topic. */
  tagsCodeHigh: number;
  tagsCodeLow: number;
  /** Out: set by stage() when it returns STAGE_OK. */
  physicalOffset: number;
  queueOffset: number;
  recordSize: number;
  storeTimestamp: number;
}

export type PutMessageStatus =
  | 'PUT_OK'
  | 'FLUSH_DISK_TIMEOUT'
  | 'SLAVE_NOT_AVAILABLE'
  | 'FLUSH_SLAVE_TIMEOUT'
  | 'SERVICE_NOT_AVAILABLE'
  | 'MESSAGE_ILLEGAL'
  | 'PROPERTIES_SIZE_EXCEEDED'
  | 'CREATE_MAPPED_FILE_FAILED'
  | 'OS_PAGE_CACHE_BUSY';

/** A message off the hot path (send-back, batch member, half message, delayed delivery). */
export interface PutMessage {
  topic: string;
  queueId: number;
  flag: number;
  sysFlag: number;
  bornTimestamp: number;
  bornHost: Uint8Array;
  storeHost: Uint8Array;
  reconsumeTimes: number;
  preparedTransactionOffset: number;
  body: Uint8Array;
  properties: ReadonlyMap<string, string>;
  /** Default: Java hash of the TAGS property, 0 without one. */
  tagsCode?: bigint | undefined;
}

export interface PutMessageResult {
  readonly status: PutMessageStatus;
  /** One entry per stored record, in order; empty when nothing was stored. */
  readonly records: ReadonlyArray<{ physicalOffset: number; queueOffset: number; size: number; storeTimestamp: number }>;
  /** Why, when not stored: names the limit and the number. */
  readonly reason?: string | undefined;
}

export type GetMessageStatus =
  | 'FOUND'
  | 'NO_MATCHED_MESSAGE'
  | 'MESSAGE_WAS_REMOVING'
  | 'OFFSET_FOUND_NULL'
  | 'OFFSET_OVERFLOW_BADLY'
  | 'OFFSET_OVERFLOW_ONE'
  | 'OFFSET_TOO_SMALL'
  | 'NO_MATCHED_LOGIC_QUEUE'
  | 'NO_MESSAGE_IN_QUEUE';

/** Where get() gathers records: an output buffer that can grow. */
export interface GatherTarget {
  /** After the call, `outBytes` has at least `length` free bytes at `outEnd`. */
  reserve(length: number): void;
  readonly outBytes: Uint8Array;
  readonly outEnd: number;
  advance(length: number): void;
}

/** Reused by callers of get(); every field is written by each call. */
export interface GetMessageResult {
  status: GetMessageStatus;
  nextBeginOffset: number;
  minOffset: number;
  maxOffset: number;
  messageCount: number;
  /** Bytes gathered into the target. */
  byteCount: number;
  /** True when what is left behind exceeds what memory holds (40 % of RAM). */
  suggestPullingFromSlave: boolean;
}

/** Broker-side filter on the 64-bit tag code of a consume-queue entry; absent = everything. */
export interface TagCodeFilter {
  matches(tagsCodeHigh: number, tagsCodeLow: number): boolean;
  /** Asked of the record itself after `matches` said yes; absent: the tag code decides. The bytes are the store's, for this call only. */
  readonly matchesRecord?: ((bytes: Uint8Array, start: number, length: number) => boolean) | undefined;
}

/** Told once per turn which queues gained readable messages. */
export type ArrivalListener = (queue: QueueRef, tagsCodeHigh: number, tagsCodeLow: number) => void;

/** Messages of a topic by key. */
export interface MessageQuery {
  readonly topic: string;
  readonly key: string;
  /** 'key': unique id or word of KEYS; 'tag': TAGS. */
  readonly type: 'key' | 'tag';
  /** At most; the store's own limit `maxMsgsNumBatch` counts as well. */
  readonly maxMessages: number;
  /** Bytes of records, at least one record. */
  readonly maxBytes: number;
  /** Store time within [begin, end]. */
  readonly begin: number;
  readonly end: number;
}

export interface MessageQueryResult {
  /** The newest that fit, oldest first. */
  readonly records: readonly Uint8Array[];
  /** Of the newest indexed message; 0 when nothing was found. */
  readonly indexLastUpdateTimestamp: number;
  readonly indexLastUpdatePhysicalOffset: number;
}

export interface MessageIndex {
  query(query: MessageQuery): Promise<MessageQueryResult>;
}

export interface MessageStore {
  /** Finds messages by key; built behind the writing, some milliseconds later under load. */
  readonly index: MessageIndex;

  /** Opens, recovers, takes the lock. Throws StoreError (LockHeld, Corrupt, Io) or ConfigError; a store that failed to open is unchanged. */
  open(): Promise<void>;
  /** Flushes, writes the checkpoint, removes `abort`, frees the lock. */
  close(): Promise<void>;

  /** The queue for a name, created on first use by stage/put only: get() on an unknown one answers NO_MATCHED_LOGIC_QUEUE. Names are validated. */
  queue(topic: string, queueId: number): QueueRef;
  findQueue(topic: string, queueId: number): QueueRef | undefined;
  queuesOf(topic: string): QueueRef[];
  topics(): string[];

  /** Data plane: copies one record into the turn's staging area and assigns its offsets. The turn's 'commit' phase writes the file. */
  stage(message: StagedMessage): StageStatus;
  /** Data plane, batch: all messages of one queue contiguous in one file or none (all-or-nothing). */
  stageBatch(messages: readonly StagedMessage[], count: number): StageStatus;
  /** End of what has been staged: an answer for records below it may be sent once confirmedOffset has reached it. */
  readonly stagedOffset: number;
  /** Everything below is kept as configured (written; flushed when SYNC_FLUSH) and dispatched to its consume queue. Monotonic. */
  readonly confirmedOffset: number;
  /** Called in the commit phase (ASYNC_FLUSH) or when a group flush ended (SYNC_FLUSH); also when syncFlushTimeout passed, then with `timedOut`. */
  onConfirmed(listener: (confirmedOffset: number, timedOut: boolean) => void): () => void;
  onArrival(listener: ArrivalListener): () => void;

  /** Control plane: stage + wait for confirmation. Never rejects for an expected outcome; rejects only when the store is sealed or closed. */
  put(message: PutMessage): Promise<PutMessageResult>;
  putBatch(messages: readonly PutMessage[]): Promise<PutMessageResult>;

  /** Gathers records from `queueOffset` on. Synchronous: reads come from memory or the page cache. Limits as [java DefaultMessageStore#getMessage]. */
  get(
    queue: QueueRef | undefined,
    queueOffset: number,
    maxMessages: number,
    filter: TagCodeFilter | undefined,
    target: GatherTarget,
    result: GetMessageResult,
  ): void;
  /** One record by its log position, or undefined when there is none there. The bytes are the caller's. */
  readRecord(physicalOffset: number): Uint8Array | undefined;
  /** First ordinal with storeTimestamp >= timestamp ('LOWER'), last one <= timestamp ('UPPER'); clamped to [min, max]. */
  searchOffset(queue: QueueRef, timestamp: number, boundary: 'LOWER' | 'UPPER'): number;
  /** Store time of the record at an ordinal, -1 when absent. */
  storeTimeOf(queue: QueueRef, queueOffset: number): number;
  /** True when the record at this ordinal is recent enough to be in memory (rule of QUERY_CONSUMER_OFFSET). */
  isInMemory(queue: QueueRef, queueOffset: number): boolean;
  /** Forgets the queues of a topic and deletes their files. */
  deleteTopic(topic: string): Promise<void>;

  readonly minPhysicalOffset: number;
  readonly maxPhysicalOffset: number;
  /** False when sealed, closed, or the disk is full; `reason` says which. */
  writability(): { writable: boolean; reason: string };
  /** Counters and gauges by name, for 28 and metrics. */
  counters(): Readonly<Record<string, number>>;
}

export interface MessageStoreConfig {
  storePathRootDir: string;
  /** Default `<root>/commitlog`. */
  storePathCommitLog: string;
  mappedFileSizeCommitLog: number;
  mappedFileSizeConsumeQueue: number;
  maxMessageSize: number;
  flushDiskType: 'ASYNC_FLUSH' | 'SYNC_FLUSH';
  flushIntervalCommitLog: number;
  flushCommitLogThoroughInterval: number;
  flushIntervalConsumeQueue: number;
  syncFlushTimeout: number;
  /** Zero-fills the next log file in the background. Default false, as Java's. */
  warmMapedFileEnable: boolean;
  maxTransferBytesOnMessageInMemory: number;
  maxTransferCountOnMessageInMemory: number;
  maxTransferBytesOnMessageInDisk: number;
  maxTransferCountOnMessageInDisk: number;
  accessMessageInMemoryMaxRatio: number;
  diskMaxUsedSpaceRatio: number;
  fileReservedTime: number;
  deleteWhen: string;
  /** Keys are indexed; off: queries find what was indexed before. */
  messageIndexEnable: boolean;
  /** Hash slots and entries of an index file. */
  maxHashSlotNum: number;
  maxIndexNum: number;
  /** Most messages of one query. */
  maxMsgsNumBatch: number;
  /** Ours: bytes staged but not yet confirmed before stage() answers STAGE_BUSY. Default 64 MiB. */
  maxUnconfirmedBytes: number;
}
