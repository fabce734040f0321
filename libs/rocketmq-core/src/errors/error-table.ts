// One row per error code: class, retryable, log level, what to do next. Docs and alert texts derive from it; a test ties rows to classes.

export interface ErrorRow {
  readonly className: string;
  /** The same call may succeed later without any change. */
  readonly retryable: boolean;
  readonly level: 'warn' | 'error';
  /** One sentence for the person who reads the message. */
  readonly nextStep: string;
}

export const ERROR_TABLE = {
  RMQ_CONNECT: {
    className: 'ConnectError',
    retryable: true,
    level: 'warn',
    nextStep: 'Check the address and that the server is running and reachable from here.',
  },
  RMQ_LISTEN: {
    className: 'ListenError',
    retryable: false,
    level: 'error',
    nextStep: 'Give an address of this machine and a port that is free.',
  },
  RMQ_SEND_REQUEST: {
    className: 'SendRequestError',
    retryable: true,
    level: 'warn',
    nextStep: 'The connection broke while the request was under way; the outcome is unknown, retry if the operation is idempotent.',
  },
  RMQ_TIMEOUT: {
    className: 'RequestTimeoutError',
    retryable: true,
    level: 'warn',
    nextStep: 'The peer did not answer in time; the outcome is unknown. Raise the time-out or look at the load of the peer.',
  },
  RMQ_TOO_MANY_REQUESTS: {
    className: 'TooManyRequestsError',
    retryable: true,
    level: 'warn',
    nextStep:
      'Nothing was sent. Slow down or raise the limit that the message names; where the peer does not read, find out what holds it up.',
  },
  RMQ_MALFORMED_COMMAND: {
    className: 'MalformedCommandError',
    retryable: false,
    level: 'warn',
    nextStep: 'The peer does not speak the remoting protocol; check the port.',
  },
  RMQ_UNSUPPORTED_REQUEST: {
    className: 'UnsupportedRequestError',
    retryable: false,
    level: 'warn',
    nextStep: 'The peer does not know this request; check its version in docs/compatibility.md.',
  },
  RMQ_BROKER_REPLY: {
    className: 'BrokerReplyError',
    retryable: false,
    level: 'warn',
    nextStep: 'Read the remark: the peer says why it refused.',
  },
  RMQ_NO_ROUTE: {
    className: 'NoRouteError',
    retryable: true,
    level: 'error',
    nextStep: 'Create the topic, or set autoCreateTopicEnable=true on a broker registered with this name server.',
  },
  RMQ_NO_NAME_SERVER: {
    className: 'NoNameServerError',
    retryable: false,
    level: 'error',
    nextStep: 'Set namesrvAddr (nameServer) or the environment variable NAMESRV_ADDR.',
  },
  RMQ_NOT_STARTED: {
    className: 'NotStartedError',
    retryable: false,
    level: 'error',
    nextStep: 'Do what the message asks for; else call start() first, and do not use the object after shutdown().',
  },
  RMQ_ILLEGAL_MESSAGE: {
    className: 'IllegalMessageError',
    retryable: false,
    level: 'error',
    nextStep: 'Correct the message; nothing was sent.',
  },
  RMQ_ILLEGAL_SUBSCRIPTION: {
    className: 'IllegalSubscriptionError',
    retryable: false,
    level: 'error',
    nextStep: 'Correct the topic, group or selector expression.',
  },
  RMQ_ILLEGAL_OFFSET: {
    className: 'IllegalOffsetError',
    retryable: false,
    level: 'error',
    nextStep: 'Give an offset between minOffset and maxOffset of the queue.',
  },
  RMQ_REPLY_TIMEOUT: {
    className: 'ReplyTimeoutError',
    retryable: false,
    level: 'warn',
    nextStep: 'The request is stored and may still be served; raise the time-out, or look at the group that answers.',
  },
  RMQ_OFFSET_NOT_FOUND: {
    className: 'OffsetNotFoundError',
    retryable: false,
    level: 'warn',
    nextStep: 'The group has no committed offset on this queue yet.',
  },
  RMQ_MESSAGE_NOT_FOUND: {
    className: 'MessageNotFoundError',
    retryable: false,
    level: 'warn',
    nextStep: 'Check topic, key and time range; old messages are deleted, and new ones are indexed some milliseconds after they are sent.',
  },
  RMQ_BATCH_PARTLY_SENT: {
    className: 'BatchPartlySentError',
    retryable: false,
    level: 'error',
    nextStep: 'Send the messages from sentCount on again; those before are stored.',
  },
  RMQ_NOT_STORED: {
    className: 'MessageNotStoredError',
    retryable: false,
    level: 'error',
    nextStep: 'The broker has the message, its disk or replica has not confirmed it: send again only where a duplicate does no harm.',
  },
  RMQ_STORE_IO: {
    className: 'StoreIoError',
    retryable: false,
    level: 'error',
    nextStep: 'The store is sealed. Repair the disk and restart: recovery keeps every acknowledged message.',
  },
  RMQ_STORE_CORRUPT: {
    className: 'StoreCorruptError',
    retryable: false,
    level: 'error',
    nextStep: 'Do not delete files. Restore the damaged file or run the store check named in docs/operations.',
  },
  RMQ_STORE_FULL: { className: 'StoreFullError', retryable: true, level: 'error', nextStep: 'Free disk space or lower fileReservedTime.' },
  RMQ_STORE_CLOSED: {
    className: 'StoreClosedError',
    retryable: false,
    level: 'error',
    nextStep: 'The store has been closed or sealed; restart the broker.',
  },
  RMQ_STORE_LOCK_HELD: {
    className: 'StoreLockHeldError',
    retryable: false,
    level: 'error',
    nextStep: 'Another process uses this store directory: stop it or choose another storePathRootDir.',
  },
  RMQ_CONFIG: { className: 'ConfigError', retryable: false, level: 'error', nextStep: 'Correct the keys listed.' },
} as const satisfies Record<string, ErrorRow>;

export type RocketMQErrorCode = keyof typeof ERROR_TABLE;
