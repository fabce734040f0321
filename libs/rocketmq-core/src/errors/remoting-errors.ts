// Errors of talking to a peer.
import { RocketMQError } from './rocketmq-error.js';

export class ConnectError extends RocketMQError {
  constructor(address: string, reason: string, cause?: unknown) {
    super('RMQ_CONNECT', `cannot connect to ${address}: ${reason}`, { address }, cause);
  }
}

/** A server cannot take the address it should listen on. */
export class ListenError extends RocketMQError {
  constructor(address: string, reason: string, cause?: unknown) {
    super('RMQ_LISTEN', `cannot listen on ${address}: ${reason}`, { address }, cause);
  }
}

export class SendRequestError extends RocketMQError {
  constructor(address: string, request: string, reason: string, cause?: unknown) {
    super('RMQ_SEND_REQUEST', `${request} to ${address}: ${reason}`, { address, request }, cause);
  }
}

export class RequestTimeoutError extends RocketMQError {
  constructor(address: string, request: string, timeoutMs: number) {
    super('RMQ_TIMEOUT', `${request} to ${address}: no answer within ${Math.round(timeoutMs)} ms`, { address, request, timeoutMs });
  }
}

export class TooManyRequestsError extends RocketMQError {
  /** `what`: of what there are `limit` already. */
  constructor(address: string, request: string, limit: number, what = 'requests are in flight already') {
    super('RMQ_TOO_MANY_REQUESTS', `${request} to ${address}: ${limit} ${what}`, { address, request, limit });
  }
}

export class MalformedCommandError extends RocketMQError {
  constructor(reason: string, context: Readonly<Record<string, unknown>> = {}) {
    super('RMQ_MALFORMED_COMMAND', `malformed command: ${reason}`, context);
  }
}

export class UnsupportedRequestError extends RocketMQError {
  constructor(address: string, request: string) {
    super('RMQ_UNSUPPORTED_REQUEST', `${address} does not support ${request}`, { address, request });
  }
}

/** The peer answered with a code other than SUCCESS. */
export class BrokerReplyError extends RocketMQError {
  readonly responseCode: number;
  readonly remark: string | undefined;
  readonly address: string;

  constructor(address: string, request: string, responseCode: number, codeName: string, remark: string | undefined) {
    super('RMQ_BROKER_REPLY', `${request} to ${address} was answered ${responseCode} ${codeName}${remark ? `: ${remark}` : ''}`, {
      address,
      request,
      responseCode,
    });
    this.responseCode = responseCode;
    this.remark = remark;
    this.address = address;
  }
}
