// What a failed handler answers: one place for all errors. Must never let a stack, a path or an unknown error's text leave the process.
import type { Logger } from '../common/index.js';
import { IllegalMessageError, RocketMQError, TooManyRequestsError } from '../errors/index.js';
import { BodyDecodeError, HeaderDecodeError, JsonSyntaxError, type ResponseCodeName } from '../protocol/index.js';
import type { Reply } from './remoting-types.js';

export function replyToError(error: unknown, request: string, logger: Logger): Reply {
  if (error instanceof HeaderDecodeError || error instanceof BodyDecodeError || error instanceof JsonSyntaxError) {
    return { code: 'SYSTEM_ERROR', remark: error.message };
  }
  if (!(error instanceof RocketMQError)) {
    logger.error('request handler failed', { request, error });
    return { code: 'SYSTEM_ERROR', remark: `internal error while serving ${request}; the log of this server has the cause` };
  }
  if (error.code.startsWith('RMQ_STORE_')) {
    // Their messages name files.
    logger.error('request failed in the store', { request, code: error.code, error });
    return { code: 'SERVICE_NOT_AVAILABLE', remark: `the store does not serve ${request} (${error.code}); ${error.nextStep}` };
  }
  if (error.code === 'RMQ_CONFIG') return { code: 'SYSTEM_ERROR', remark: `${error.code}; ${error.nextStep}` };
  return { code: responseCodeOf(error), remark: error.message };
}

function responseCodeOf(error: RocketMQError): ResponseCodeName {
  if (error instanceof IllegalMessageError) return 'MESSAGE_ILLEGAL';
  return error instanceof TooManyRequestsError ? 'SYSTEM_BUSY' : 'SYSTEM_ERROR';
}
