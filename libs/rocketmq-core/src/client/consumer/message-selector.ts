// Which messages of a topic a subscription wants [java MessageSelector].
import { compileSql } from '../../filter/index.js';
import type { ExpressionType } from '../../message/index.js';

export class MessageSelector {
  readonly type: ExpressionType;
  readonly expression: string;

  private constructor(type: ExpressionType, expression: string) {
    this.type = type;
    this.expression = expression;
  }

  /**
   * `a > 10 AND region = 'eu'`; the broker must have enablePropertyFilter=true. Throws IllegalSubscriptionError with line and column when
   * the text is no expression.
   */
  static bySql(sql: string): MessageSelector {
    compileSql(sql);
    return new MessageSelector('SQL92', sql);
  }

  /** `TagA || TagB`, or `*`. */
  static byTag(tags: string): MessageSelector {
    return new MessageSelector('TAG', tags);
  }
}
