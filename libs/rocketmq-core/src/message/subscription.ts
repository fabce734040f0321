// A subscription: topic and filter expression, with the tag codes a broker matches and the tags a client re-checks.
import { javaStringHashCode } from '../common/index.js';
import { IllegalSubscriptionError } from '../errors/index.js';

export type ExpressionType = 'TAG' | 'SQL92';

/** [java SubscriptionData]. `tagsSet` and `codeSet` are empty for `*` and for SQL92. */
export interface SubscriptionData {
  topic: string;
  subString: string;
  tagsSet: string[];
  codeSet: number[];
  /** Time of creation in ms: of two, the greater one is newer. */
  subVersion: number;
  expressionType: string;
  classFilterMode: boolean;
}

export const SUBSCRIBE_ALL = '*';

/** Parses a tag expression (`a || b`, `*`) or takes a SQL92 text as it is; throws IllegalSubscriptionError for an expression without a tag [java FilterAPI#build]. */
export function buildSubscriptionData(
  topic: string,
  expression: string | null | undefined,
  type: string = 'TAG',
  subVersion = 0,
): SubscriptionData {
  if (type !== 'TAG') {
    if (expression === null || expression === undefined || expression.trim() === '') {
      throw new IllegalSubscriptionError(`subscription of ${topic}: a ${type} expression must not be empty`, { topic, type });
    }
    return { topic, subString: expression, tagsSet: [], codeSet: [], subVersion, expressionType: type, classFilterMode: false };
  }
  const subscription: SubscriptionData = {
    topic,
    subString: SUBSCRIBE_ALL,
    tagsSet: [],
    codeSet: [],
    subVersion,
    expressionType: 'TAG',
    classFilterMode: false,
  };
  if (expression === null || expression === undefined || expression === SUBSCRIBE_ALL || expression === '') return subscription;
  // Blanks alone mean everything too, but the text stays as it was written.
  if (expression.trim() === '') return { ...subscription, subString: expression };
  const tags = [
    ...new Set(
      expression
        .split('||')
        .map((tag) => tag.trim())
        .filter((tag) => tag !== ''),
    ),
  ];
  if (tags.length === 0)
    throw new IllegalSubscriptionError(`subscription of ${topic}: "${expression}" names no tag`, { topic, expression });
  return { ...subscription, subString: expression, tagsSet: tags, codeSet: [...new Set(tags.map(javaStringHashCode))] };
}

/** The code a consume queue stores for a tag: Java's hash, 0 without a tag. */
export function tagsCodeOf(tag: string | null | undefined): number {
  return tag === null || tag === undefined || tag === '' ? 0 : javaStringHashCode(tag);
}
