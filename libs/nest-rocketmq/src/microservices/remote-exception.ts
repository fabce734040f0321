// What a request ends with when the handler on the other side failed. Must never carry a stack of the other side.
import { RpcException } from '@nestjs/microservices';

/** Members of an error object that belong to the exception itself. */
const KEPT = new Set(['__proto__', 'constructor', 'name', 'message', 'stack', 'cause', 'error', 'getError', 'initMessage']);

/**
 * The other side's error: `getError()` is what it sent, its members (`status`, `code`, ...) are members of this too, as with other transports.
 * Thrown on by a handler it passes Nest's default filter unchanged.
 */
export class RocketMQRemoteException extends RpcException {
  /** Any further member of the error the other side sent. */
  [member: string]: unknown;

  constructor(error: string | object) {
    super(error);
    this.name = 'RocketMQRemoteException';
    if (typeof error !== 'object') return;
    for (const [name, value] of Object.entries(error)) {
      if (!KEPT.has(name)) Object.defineProperty(this, name, { value, enumerable: true, configurable: true, writable: true });
    }
  }
}
