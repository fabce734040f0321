// Which messages of a topic a subscription wants [java MessageSelector].
import { IllegalSubscriptionError } from '../../errors/index.js';
import { compileSql } from '../../filter/index.js';
import { type ExpressionType, SUBSCRIBE_ALL } from '../../message/index.js';

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
    requireText('an SQL92 expression', sql);
    compileSql(sql);
    return new MessageSelector('SQL92', sql);
  }

  /** `TagA || TagB`, or `*`. */
  static byTag(tags: string): MessageSelector {
    requireText('a tag expression', tags);
    return new MessageSelector('TAG', tags);
  }
}

function requireText(what: string, given: unknown): void {
  if (typeof given !== 'string')
    throw new IllegalSubscriptionError(`${what} must be text, found ${given === null ? 'null' : typeof given}`);
}

/** What was given to say which messages, as a selector: all when nothing was [java FilterAPI]. Throws IllegalSubscriptionError for what is none. */
export function selectorOf(given: string | MessageSelector | null | undefined): MessageSelector {
  if (given === undefined || given === null) return MessageSelector.byTag(SUBSCRIBE_ALL);
  const isSelector = typeof given === 'object' && typeof given.expression === 'string' && typeof given.type === 'string';
  return isSelector ? given : MessageSelector.byTag(given as string);
}
