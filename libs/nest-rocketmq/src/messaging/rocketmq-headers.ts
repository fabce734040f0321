// The header names an application writes, as in Spring. Must never list a name the client keeps to itself.

/** Headers with a meaning of their own; every other header travels as a user property under its own name. */
export const RocketMQHeaders = {
  /** Index words of the message: a string (words separated by a space) or an array of words. */
  KEYS: 'KEYS',
  /** The tag, when the destination has none. */
  TAGS: 'TAGS',
  /** Delay level, when the call gives none. */
  DELAY: 'DELAY',
  /** The 32-bit flag of the message. */
  FLAG: 'FLAG',
  /** `false`: the broker answers before the message is stored as configured. */
  WAIT_STORE_MSG_OK: 'WAIT_STORE_MSG_OK',
  /** A plain user property; not the id of a transaction. */
  TRANSACTION_ID: 'TRANSACTION_ID',
  CONTENT_TYPE: 'contentType',
  ID: 'id',
  TIMESTAMP: 'timestamp',
  /** Prefix of the names Spring gives to a message's own fields. */
  PREFIX: 'rocketmq_',
} as const;
