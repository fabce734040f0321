// A compiled SQL92 filter: asks the properties of one message and answers true, false or unknown. Must never throw for a message,
// and never run text: it walks a tree [java Expression#evaluate].
import { placeOf } from './sql-lexer.js';
import { parseSql } from './sql-parser.js';
import type { SqlNode, SqlOrder, SqlTextTest } from './sql-tree.js';
import { compareTextsAsNumbers, compareValues, negated, type SqlValue } from './sql-value.js';

/** Properties of a message. */
export interface SqlProperties {
  get(name: string): string | undefined;
}

/** Null: unknown, since something needed is not there. 'error': a value cannot be what it is compared with. Only true matches. */
export type SqlOutcome = boolean | null | 'error';

const FAILED: unique symbol = Symbol('not to be evaluated');
type Evaluated = SqlValue | typeof FAILED;

/** Text behind a complete expression, which brokers do not read. */
export interface UnreadText {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

export class SqlExpression {
  readonly text: string;
  readonly propertyNames: ReadonlySet<string>;
  readonly unread: UnreadText | undefined;
  private readonly tree: SqlNode;

  /** Throws IllegalSubscriptionError with line and column. */
  constructor(text: string) {
    const { tree, propertyNames, restAt } = parseSql(text);
    this.text = text;
    this.tree = tree;
    this.propertyNames = propertyNames;
    this.unread = restAt === undefined ? undefined : { ...placeOf(text, restAt), text: text.slice(restAt) };
  }

  evaluate(properties: SqlProperties): SqlOutcome {
    const value = evaluate(this.tree, properties);
    if (value === FAILED) return 'error';
    return value === true || value === null ? value : false;
  }

  matches(properties: SqlProperties): boolean {
    return evaluate(this.tree, properties) === true;
  }
}

/** Compiles the text of a SQL92 filter; throws IllegalSubscriptionError that names line, column and what was expected. */
export function compileSql(text: string): SqlExpression {
  return new SqlExpression(text);
}

function evaluate(node: SqlNode, properties: SqlProperties): Evaluated {
  switch (node.kind) {
    case 'constant':
      return node.value;
    case 'property':
      return properties.get(node.name) ?? null;
    case 'negate':
      return negate(evaluate(node.operand, properties));
    case 'not': {
      const value = evaluate(node.operand, properties);
      return value === FAILED || value === null ? value : value !== true;
    }
    case 'condition': {
      // A property is text, and text is not true.
      const value = evaluate(node.operand, properties);
      return value === FAILED || value === null ? value : value === true;
    }
    case 'and':
      return connect(node.operands, properties, false);
    case 'or':
      return connect(node.operands, properties, true);
    case 'equal':
      return equal(evaluate(node.left, properties), evaluate(node.right, properties));
    case 'order':
      return order(node.operator, node.left, node.right, properties);
    case 'text':
      return testText(node.operator, node.negated, evaluate(node.operand, properties), node.search);
    case 'in': {
      const value = properties.get(node.name);
      return value === undefined ? null : node.values.has(value) !== node.negated;
    }
  }
}

/** AND stops at the first false, OR at the first true; what comes later is not asked, so it cannot fail. */
function connect(operands: readonly SqlNode[], properties: SqlProperties, stop: boolean): Evaluated {
  let unknown = false;
  for (const operand of operands) {
    const value = evaluate(operand, properties);
    if (value === FAILED || value === stop) return value;
    if (value === null) unknown = true;
  }
  return unknown ? null : !stop;
}

/** Both unknown: equal, which is how IS NULL works. */
function equal(left: Evaluated, right: Evaluated): Evaluated {
  if (left === FAILED || right === FAILED) return FAILED;
  if (left === null) return right === null ? true : null;
  if (right === null) return false;
  const result = compareValues(left, right);
  return Number.isNaN(result) ? FAILED : result === 0;
}

function order(operator: SqlOrder, leftNode: SqlNode, rightNode: SqlNode, properties: SqlProperties): Evaluated {
  const left = evaluate(leftNode, properties);
  if (left === FAILED || left === null) return left;
  const right = evaluate(rightNode, properties);
  if (right === FAILED || right === null) return right;
  const texts = typeof left === 'string' && typeof right === 'string';
  const result = texts ? compareTextsAsNumbers(left, right) : compareValues(left, right);
  if (Number.isNaN(result)) return FAILED;
  if (operator === '>') return result > 0;
  if (operator === '>=') return result >= 0;
  return operator === '<' ? result < 0 : result <= 0;
}

function negate(value: Evaluated): Evaluated {
  if (value === FAILED) return FAILED;
  return typeof value === 'object' && value !== null ? negated(value) : null;
}

/** False for what is no text and for an empty search, with NOT too. */
function testText(operator: SqlTextTest, isNegated: boolean, value: Evaluated, search: string): Evaluated {
  if (search === '') return false;
  if (value === FAILED) return FAILED;
  if (typeof value !== 'string') return false;
  const holds =
    operator === 'CONTAINS' ? value.includes(search) : operator === 'STARTSWITH' ? value.startsWith(search) : value.endsWith(search);
  return holds !== isNegated;
}
