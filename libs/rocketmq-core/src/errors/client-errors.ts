// Errors of using the client wrongly or too early.
import { RocketMQError } from './rocketmq-error.js';

export class NoRouteError extends RocketMQError {
  constructor(topic: string, reason: string, cause?: unknown) {
    super('RMQ_NO_ROUTE', `no route for topic ${topic}: ${reason}`, { topic }, cause);
  }
}

export class NoNameServerError extends RocketMQError {
  constructor(reason = 'no name server address is set') {
    super('RMQ_NO_NAME_SERVER', reason);
  }
}

export class NotStartedError extends RocketMQError {
  constructor(what: string, state: string) {
    super('RMQ_NOT_STARTED', `${what} is ${state}`, { what, state });
  }
}

export class IllegalMessageError extends RocketMQError {
  constructor(reason: string, context: Readonly<Record<string, unknown>> = {}) {
    super('RMQ_ILLEGAL_MESSAGE', reason, context);
  }
}

export class IllegalSubscriptionError extends RocketMQError {
  constructor(reason: string, context: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super('RMQ_ILLEGAL_SUBSCRIPTION', reason, context, cause);
  }
}

/** An offset outside of what a queue holds, or of what it can hold at all. */
export class IllegalOffsetError extends RocketMQError {
  constructor(reason: string, context: Readonly<Record<string, unknown>> = {}) {
    super('RMQ_ILLEGAL_OFFSET', reason, context);
  }
}

/** No stored message is what was asked for [java ResponseCode.NO_MESSAGE]. */
export class MessageNotFoundError extends RocketMQError {
  readonly responseCode = 208;

  constructor(topic: string, reason: string, context: Readonly<Record<string, unknown>> = {}) {
    super('RMQ_MESSAGE_NOT_FOUND', reason, { topic, ...context });
  }
}

/** Of a list sent in several batches the first ones are stored, and one was refused or went astray. */
export class BatchPartlySentError extends RocketMQError {
  /** Messages of the list, from its beginning, that are stored. */
  readonly sentCount: number;
  /** Their SendResults. */
  readonly results: readonly unknown[];

  constructor(sentCount: number, total: number, results: readonly unknown[], cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super('RMQ_BATCH_PARTLY_SENT', `${sentCount} of ${total} messages are sent, then: ${why}`, { sentCount, total }, cause);
    this.sentCount = sentCount;
    this.results = results;
  }
}

/** A broker took the message and answered another status than SEND_OK; thrown only where that was asked for. */
export class MessageNotStoredError extends RocketMQError {
  /** FLUSH_DISK_TIMEOUT, FLUSH_SLAVE_TIMEOUT or SLAVE_NOT_AVAILABLE. */
  readonly sendStatus: string;

  constructor(topic: string, msgId: string, sendStatus: string) {
    super('RMQ_NOT_STORED', `message ${msgId} to ${topic} was answered ${sendStatus}`, { topic, msgId, sendStatus });
    this.sendStatus = sendStatus;
  }
}

export class OffsetNotFoundError extends RocketMQError {
  constructor(consumerGroup: string, queue: string) {
    super('RMQ_OFFSET_NOT_FOUND', `group ${consumerGroup} has no offset on ${queue}`, { consumerGroup, queue });
  }
}

/** The request was sent, its reply did not come in time: whoever served it may have done its work [java RequestTimeoutException, 10006]. */
export class ReplyTimeoutError extends RocketMQError {
  constructor(topic: string, timeoutMs: number, correlationId: string) {
    super('RMQ_REPLY_TIMEOUT', `send request message to <${topic}> OK, but wait reply message timeout, ${timeoutMs} ms.`, {
      topic,
      timeoutMs,
      correlationId,
    });
  }
}
