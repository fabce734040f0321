// Lets outcomes that a handler throws (ReconsumeLater, DeadLetter, Discard) through Nest's RPC filters, which turn every error that is no
// RpcException into "Internal server error". Must never change what an outcome means outside of RPC handlers.
import { RpcException } from '@nestjs/microservices';
import { ConsumeOutcome } from '../listener/index.js';

/**
 * Makes outcomes RpcExceptions whose error is the outcome itself. By prototype, since the main door, where they are defined, must not need
 * @nestjs/microservices, and a transport has no say in which filters an application uses. Doing it again changes nothing.
 */
export function letOutcomesPass(): void {
  const prototype = ConsumeOutcome.prototype as object;
  if (prototype instanceof RpcException) return;
  Object.setPrototypeOf(prototype, RpcException.prototype);
  Object.defineProperty(prototype, 'getError', {
    configurable: true,
    writable: true,
    value(this: ConsumeOutcome): ConsumeOutcome {
      return this;
    },
  });
}
