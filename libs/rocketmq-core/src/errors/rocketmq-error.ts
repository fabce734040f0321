// The root of every error this product throws. Must never import a response type or a layer above.
import { ERROR_TABLE, type RocketMQErrorCode } from './error-table.js';

export abstract class RocketMQError extends Error {
  readonly code: RocketMQErrorCode;
  /** The values the message is about: address, topic, offset, limit. */
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: RocketMQErrorCode, message: string, context: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.context = context;
  }

  get retryable(): boolean {
    return ERROR_TABLE[this.code].retryable;
  }

  /** What to do next, in one sentence. */
  get nextStep(): string {
    return ERROR_TABLE[this.code].nextStep;
  }
}
