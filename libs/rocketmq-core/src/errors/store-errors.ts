// Errors of the store. The first I/O error seals it (D7).
import { RocketMQError } from './rocketmq-error.js';

export class StoreIoError extends RocketMQError {
  constructor(operation: string, path: string, cause?: unknown) {
    super('RMQ_STORE_IO', `${operation} ${path}: ${cause instanceof Error ? cause.message : 'failed'}`, { operation, path }, cause);
  }
}

export class StoreCorruptError extends RocketMQError {
  constructor(path: string, reason: string, physicalOffset?: number) {
    super('RMQ_STORE_CORRUPT', `${path}${physicalOffset === undefined ? '' : ` at physicalOffset=${physicalOffset}`}: ${reason}`, {
      path,
      physicalOffset,
    });
  }
}

export class StoreFullError extends RocketMQError {
  constructor(path: string, usedPercent: number) {
    super('RMQ_STORE_FULL', `${path}: disk ${usedPercent} % used`, { path, usedPercent });
  }
}

export class StoreClosedError extends RocketMQError {
  constructor(reason: string) {
    super('RMQ_STORE_CLOSED', `store is closed: ${reason}`);
  }
}

export class StoreLockHeldError extends RocketMQError {
  constructor(path: string, holder: string) {
    super('RMQ_STORE_LOCK_HELD', `${path} is locked by ${holder}`, { path, holder });
  }
}
