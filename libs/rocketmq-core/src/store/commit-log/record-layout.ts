// Where the fields of a log record are (docs/store/commitlog.md). Numbers only; encoding and checking stand beside it.

/** The topic's length takes one byte. */
export const MAGIC_V1 = -626843481;
/** The topic's length takes two bytes: topics longer than 127. */
export const MAGIC_V2 = -626843477;
/** Rest of a file that a record did not fit into. */
export const MAGIC_BLANK = -875286124;

export const SIZE_AT = 0;
export const MAGIC_AT = 4;
export const BODY_CRC_AT = 8;
export const QUEUE_ID_AT = 12;
export const FLAG_AT = 16;
export const QUEUE_OFFSET_AT = 20;
export const PHYSICAL_OFFSET_AT = 28;
export const SYS_FLAG_AT = 36;
export const BORN_TIMESTAMP_AT = 40;
export const BORN_HOST_AT = 48;

/** Bytes of a record besides hosts, body, topic, its length, and properties. */
export const FIXED_BYTES = 48 + 8 + 4 + 8 + 4 + 2;
export const BLANK_BYTES = 8;
/** Hosts of 4 address bytes, empty body and properties, a topic of one byte. */
export const RECORD_BYTES_MIN = FIXED_BYTES + 8 + 8 + 1;

export const V1_TOPIC_BYTES_MAX = 127;
export const PROPERTIES_BYTES_MAX = 32_767;

export const SYS_FLAG_BORN_HOST_V6 = 0x10;
export const SYS_FLAG_STORE_HOST_V6 = 0x20;
export const SYS_FLAG_INNER_BATCH = 0x80;
export const SYS_FLAG_TRANSACTION_MASK = 0x0c;
export const SYS_FLAG_TRANSACTION_PREPARED = 0x04;
export const SYS_FLAG_TRANSACTION_ROLLBACK = 0x0c;

export const PROPERTY_END = 0x02;

/** Java keeps 31 bits of the check sum. */
export const CRC_MASK = 0x7fffffff;

/** Half and rolled-back messages stay out of the consume queue [java CommitLogDispatcherBuildConsumeQueue]; so do inner batches. */
export function isQueued(sysFlag: number): boolean {
  const transaction = sysFlag & SYS_FLAG_TRANSACTION_MASK;
  if ((sysFlag & SYS_FLAG_INNER_BATCH) !== 0) return false;
  return transaction !== SYS_FLAG_TRANSACTION_PREPARED && transaction !== SYS_FLAG_TRANSACTION_ROLLBACK;
}

export const hostBytesOf = (sysFlag: number, v6Bit: number): number => ((sysFlag & v6Bit) === 0 ? 8 : 20);

export const storeTimestampAt = (sysFlag: number): number => BORN_HOST_AT + hostBytesOf(sysFlag, SYS_FLAG_BORN_HOST_V6);
