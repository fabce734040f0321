// What a failed handler answers: one place for all errors. Must never let a stack, a path or an unknown error's text leave the process.
import type { Logger } from '../common/index.js';
import { RocketMQError, StoreClosedError, StoreFullError, StoreIoError } from '../errors/index.js';
import { BodyDecodeError, HeaderDecodeError, JsonSyntaxError } from '../protocol/index.js';
import type { Reply } from './remoting-types.js';

export function replyToError(error: unknown, request: string, logger: Logger): Reply {
  if (error instanceof HeaderDecodeError || error instanceof BodyDecodeError || error instanceof JsonSyntaxError) {
    logger.warn('request refused', { request, reason: error.message });
    return { code: 'SYSTEM_ERROR', remark: error.message };
  }
  if (error instanceof StoreClosedError || error instanceof StoreFullError || error instanceof StoreIoError) {
    logger.error('request failed in the store', { request, code: error.code, error });
    return { code: 'SERVICE_NOT_AVAILABLE', remark: `the store is not writable (${error.code}); ${error.nextStep}` };
  }
  if (error instanceof RocketMQError) {
    logger.warn('request failed', { request, code: error.code, reason: error.message });
    return { code: 'SYSTEM_ERROR', remark: error.message };
  }
  logger.error('request handler failed', { request, error });
  return { code: 'SYSTEM_ERROR', remark: `internal error while serving ${request}; the log of this server has the cause` };
}
