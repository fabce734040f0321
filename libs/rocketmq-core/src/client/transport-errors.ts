// Which failures mean that another server may still answer.
import { ConnectError, RequestTimeoutError, SendRequestError, TooManyRequestsError } from '../errors/index.js';

/** The request did not get an answer: refused connection, broken connection, time-out, too many in flight. */
export function isTransportError(error: unknown): boolean {
  return (
    error instanceof ConnectError ||
    error instanceof SendRequestError ||
    error instanceof RequestTimeoutError ||
    error instanceof TooManyRequestsError
  );
}
