// What a SQL92 subscription lets through, asked of each record a pull comes upon [java ExpressionMessageFilter, ExpressionForRetryMessageFilter].
// Must never let a message through whose properties cannot be compared as the expression asks.
import type { SqlExpression } from 'rocketmq-core/filter';
import { PROPERTY } from 'rocketmq-core/message';
import type { TagCodeFilter } from 'rocketmq-core/store';
import { RecordProperties } from './record-properties.js';

/** Told of each message that was left out because a value does not compare. */
export type FilterFailed = () => void;

abstract class RecordFilter implements TagCodeFilter {
  protected readonly properties = new RecordProperties();

  constructor(private readonly failed: FilterFailed) {}

  /** The tag code says nothing about properties. */
  matches(): boolean {
    return true;
  }

  matchesRecord(bytes: Uint8Array, start: number, length: number): boolean {
    if (!this.properties.read(bytes, start, length)) return false;
    const expression = this.expressionFor();
    if (expression === undefined) return true;
    const outcome = expression.evaluate(this.properties);
    if (outcome === 'error') this.failed();
    return outcome === true;
  }

  /** For the record read last; undefined lets it pass. */
  protected abstract expressionFor(): SqlExpression | undefined;
}

export class SqlMessageFilter extends RecordFilter {
  constructor(
    private readonly expression: SqlExpression,
    failed: FilterFailed,
  ) {
    super(failed);
  }

  protected expressionFor(): SqlExpression {
    return this.expression;
  }
}

/** For a retry topic: the filter of the topic a message was sent to; what has none passes. */
export class RetrySqlMessageFilter extends RecordFilter {
  constructor(
    private readonly expressionOf: (topic: string) => SqlExpression | undefined,
    failed: FilterFailed,
  ) {
    super(failed);
  }

  protected expressionFor(): SqlExpression | undefined {
    const topic = this.properties.get(PROPERTY.RETRY_TOPIC);
    return topic === undefined ? undefined : this.expressionOf(topic);
  }
}
