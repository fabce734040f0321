// Property names a message may carry, and the text form of properties in records and headers [java MessageConst, MessageDecoder].

/** Names as Java calls its constants, without PROPERTY_. */
export const PROPERTY = {
  KEYS: 'KEYS',
  TAGS: 'TAGS',
  WAIT: 'WAIT',
  DELAY_TIME_LEVEL: 'DELAY',
  RETRY_TOPIC: 'RETRY_TOPIC',
  REAL_TOPIC: 'REAL_TOPIC',
  REAL_QUEUE_ID: 'REAL_QID',
  TRANSACTION_PREPARED: 'TRAN_MSG',
  PRODUCER_GROUP: 'PGROUP',
  MIN_OFFSET: 'MIN_OFFSET',
  MAX_OFFSET: 'MAX_OFFSET',
  ORIGIN_MESSAGE_ID: 'ORIGIN_MESSAGE_ID',
  RECONSUME_TIME: 'RECONSUME_TIME',
  MAX_RECONSUME_TIMES: 'MAX_RECONSUME_TIMES',
  CONSUME_START_TIMESTAMP: 'CONSUME_START_TIME',
  MSG_REGION: 'MSG_REGION',
  TRACE_SWITCH: 'TRACE_ON',
  UNIQUE_KEY: 'UNIQ_KEY',
  TRANSACTION_ID: '__transactionId__',
  TRANSACTION_CHECK_TIMES: 'TRANSACTION_CHECK_TIMES',
  CHECK_IMMUNITY_TIME_IN_SECONDS: 'CHECK_IMMUNITY_TIME_IN_SECONDS',
  INSTANCE_ID: 'INSTANCE_ID',
  CORRELATION_ID: 'CORRELATION_ID',
  REPLY_TO_CLIENT: 'REPLY_TO_CLIENT',
  MESSAGE_TTL: 'TTL',
  MESSAGE_TYPE: 'MSG_TYPE',
  PUSH_REPLY_TIME: 'PUSH_REPLY_TIME',
  REPLY_MESSAGE_ARRIVE_TIME: 'ARRIVE_TIME',
  CLUSTER: 'CLUSTER',
  POP_CK: 'POP_CK',
  SHARDING_KEY: '__SHARDINGKEY',
  TIMER_DELIVER_MS: 'TIMER_DELIVER_MS',
  TIMER_DELAY_MS: 'TIMER_DELAY_MS',
  TIMER_DELAY_SEC: 'TIMER_DELAY_SEC',
  TIMER_OUT_MS: 'TIMER_OUT_MS',
  TIMER_ENQUEUE_MS: 'TIMER_ENQUEUE_MS',
  TIMER_DEQUEUE_MS: 'TIMER_DEQUEUE_MS',
  TIMER_ROLL_TIMES: 'TIMER_ROLL_TIMES',
  TIMER_DELETE_UNIQUE_KEY: 'TIMER_DEL_UNIQKEY',
  BORN_TIMESTAMP: 'BORN_TIMESTAMP',
} as const;

/** Names a user may not set with putUserProperty [java MessageConst#STRING_HASH_SET]. */
export const RESERVED_PROPERTIES: ReadonlySet<string> = new Set([
  '1ST_POP_TIME',
  'ARRIVE_TIME',
  'BORN_TIMESTAMP',
  'BUYER_ID',
  'CLUSTER',
  'CONSUME_START_TIME',
  'CORRECTION_FLAG',
  'CORRELATION_ID',
  'DELAY',
  'DLQ_ORIGIN_MESSAGE_ID',
  'DLQ_ORIGIN_TOPIC',
  'DUP_INFO',
  'EXTEND_UNIQ_INFO',
  'INNER_MULTI_QUEUE_OFFSET',
  'INSTANCE_ID',
  'KEYS',
  'MAX_OFFSET',
  'MAX_RECONSUME_TIMES',
  'MIN_OFFSET',
  'MQ2_FLAG',
  'MSG_REGION',
  'MSG_TYPE',
  'ORIGIN_GROUP',
  'ORIGIN_MESSAGE_ID',
  'PGROUP',
  'POP_CK',
  'POP_CK_OFFSET',
  'PUSH_REPLY_TIME',
  'REAL_QID',
  'REAL_TOPIC',
  'RECONSUME_TIME',
  'REPLY_TO_CLIENT',
  'RETRY_TOPIC',
  'TAGS',
  'TIMER_DELAY_LEVEL',
  'TIMER_DELAY_MS',
  'TIMER_DELAY_SEC',
  'TIMER_DELIVER_MS',
  'TIMER_DEL_UNIQKEY',
  'TIMER_DEQUEUE_MS',
  'TIMER_ENQUEUE_MS',
  'TIMER_OUT_MS',
  'TIMER_ROLL_TIMES',
  'TRACE_ON',
  'TRANSFER_FLAG',
  'TRAN_MSG',
  'TRAN_PREPARED_QUEUE_OFFSET',
  'TTL',
  'UNIQ_KEY',
  'WAIT',
  '_SYS_MSG_PRIORITY_',
  '__BORNHOST',
  '__CRC32#',
  '__LITE_TOPIC',
]); // prettier-ignore

const NAME_END = '\u0001';
const VALUE_END = '\u0002';

/** Longest property text of a record in bytes. */
export const PROPERTIES_BYTES_MAX = 32_767;

/** `key 0x01 value 0x02 …`, as 5.x writes it: every value ends with 0x02. */
export function encodeProperties(properties: ReadonlyMap<string, string>): string {
  let text = '';
  for (const [name, value] of properties) text += `${name}${NAME_END}${value}${VALUE_END}`;
  return text;
}

/** Reads property text of any version; pairs with an empty name or value are dropped, of two equal names the later wins. */
export function decodeProperties(text: string | null | undefined): Map<string, string> {
  const properties = new Map<string, string>();
  if (!text) return properties;
  for (const pair of text.split(VALUE_END)) {
    const at = pair.indexOf(NAME_END);
    if (at > 0 && at < pair.length - 1) properties.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return properties;
}

/** True when a name or value holds a separator byte: it would come out as other properties. */
export function holdsSeparator(text: string): boolean {
  return text.includes(NAME_END) || text.includes(VALUE_END);
}
