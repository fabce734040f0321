// A payload that cannot become bytes, or bytes that are no valid payload.
import { RocketMQError } from 'rocketmq-core/errors';

export class MessageConversionError extends RocketMQError {
  /** What validation found, one line each; empty when the body itself was unreadable. */
  readonly issues: readonly string[];

  constructor(reason: string, cause?: unknown, issues: readonly string[] = []) {
    super('RMQ_ILLEGAL_MESSAGE', issues.length === 0 ? reason : `${reason}: ${issues.join('; ')}`, {}, cause);
    this.issues = issues;
  }
}
