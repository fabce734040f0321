// The names both sides of the transport agree on. Must never contain behaviour.

/** Identifies this transport: `@EventPattern('orders:paid', ROCKETMQ_TRANSPORT)` keeps a handler out of a hybrid application's other transports. */
export const ROCKETMQ_TRANSPORT = Symbol.for('ROCKETMQ');

/** What the status streams of server and client emit. */
export const RocketMQStatus = { CONNECTING: 'connecting', CONNECTED: 'connected', DISCONNECTED: 'disconnected' } as const;
export type RocketMQStatus = (typeof RocketMQStatus)[keyof typeof RocketMQStatus];

/** What `on()` of server and client takes. A type, not an interface: Nest wants an index signature. */
export type RocketMQTransportEvents = {
  connected: () => void;
  disconnected: () => void;
  /** What went wrong where no caller waits: a start that is tried again, an answer nobody took, an event that was not sent. */
  error: (error: unknown) => void;
};

/** User property of an answer that is no payload; answers of Java applications never have it. */
export const ANSWER_STATUS = 'nestStatus';
/** The handler failed: the body is the error as JSON. */
export const ANSWER_ERROR = 'error';
/** The handler completed without a value. */
export const ANSWER_EMPTY = 'empty';

export const CONTENT_TYPE = 'contentType';
export const JSON_CONTENT_TYPE = 'application/json';
