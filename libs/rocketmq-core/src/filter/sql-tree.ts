// The tree of a SQL92 filter and the rules of which parts go together [java ComparisonExpression, UnaryExpression, LogicExpression].
// Must never become deeper or larger than SQL_LIMITS: who evaluates it relies on that.
import { compareValues, type SqlValue } from './sql-value.js';

/** Limits of one filter expression. Apache has none. */
export const SQL_LIMITS = {
  /** UTF-16 units of text. */
  textLength: 32 * 1024,
  /** Parts within parts. */
  depth: 64,
  /** Parts of the tree. */
  nodes: 2048,
  /** Strings of one IN. */
  listItems: 1024,
} as const;

export type SqlOrder = '>' | '>=' | '<' | '<=';
export type SqlTextTest = 'CONTAINS' | 'STARTSWITH' | 'ENDSWITH';

export type SqlNode = { readonly depth: number } & (
  | { readonly kind: 'constant'; readonly value: SqlValue }
  | { readonly kind: 'property'; readonly name: string }
  | { readonly kind: 'negate' | 'not' | 'condition'; readonly operand: SqlNode }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly SqlNode[] }
  | { readonly kind: 'equal'; readonly left: SqlNode; readonly right: SqlNode }
  | { readonly kind: 'order'; readonly operator: SqlOrder; readonly left: SqlNode; readonly right: SqlNode }
  | {
      readonly kind: 'text';
      readonly operator: SqlTextTest;
      readonly negated: boolean;
      readonly operand: SqlNode;
      readonly search: string;
    }
  | { readonly kind: 'in'; readonly negated: boolean; readonly name: string; readonly values: ReadonlySet<string> }
);

/** Throws the error of a place in the text. */
export type Fail = (at: number, problem: string) => never;

type Shape = SqlNode extends infer Node ? (Node extends SqlNode ? Omit<Node, 'depth'> : never) : never;

export class SqlTreeBuilder {
  readonly propertyNames = new Set<string>();
  private readonly fail: Fail;
  private nodes = 0;

  constructor(fail: Fail) {
    this.fail = fail;
  }

  constant(value: SqlValue, at: number): SqlNode {
    return this.make({ kind: 'constant', value }, 0, at);
  }

  property(name: string, at: number): SqlNode {
    this.propertyNames.add(name);
    return this.make({ kind: 'property', name }, 0, at);
  }

  negate(operand: SqlNode, at: number): SqlNode {
    return this.make({ kind: 'negate', operand }, operand.depth, at);
  }

  not(operand: SqlNode, at: number): SqlNode {
    return this.make({ kind: 'not', operand }, operand.depth, at);
  }

  /** AND or OR of several conditions. */
  all(kind: 'and' | 'or', operands: readonly SqlNode[], at: number): SqlNode {
    return this.make({ kind, operands }, Math.max(...operands.map(({ depth }) => depth)), at);
  }

  /** What stands where true or false is needed. A bare property is never true, whatever its text is. */
  condition(node: SqlNode, at: number): SqlNode {
    if (isCondition(node)) return node;
    if (node.kind === 'property') return this.make({ kind: 'condition', operand: node }, node.depth, at);
    return this.fail(at, 'a value stands where a condition is needed; compare it with something');
  }

  equal(left: SqlNode, right: SqlNode, at: number): SqlNode {
    for (const side of [left, right]) {
      if (side.kind === 'constant' && side.value === null) this.fail(at, '= and <> do not compare with NULL; write IS NULL or IS NOT NULL');
    }
    if (left.kind === 'constant' && right.kind === 'constant' && typeof left.value === 'boolean' && typeof right.value !== 'boolean') {
      this.fail(at, 'TRUE and FALSE compare with each other and with properties only');
    }
    return this.equalUnchecked(left, right, at);
  }

  isNull(operand: SqlNode, at: number): SqlNode {
    return this.equalUnchecked(operand, this.constant(null, at), at);
  }

  order(operator: SqlOrder, left: SqlNode, right: SqlNode, at: number): SqlNode {
    for (const side of [left, right]) this.checkOrdered(side, at);
    return this.make({ kind: 'order', operator, left, right }, Math.max(left.depth, right.depth), at);
  }

  between(negated: boolean, value: SqlNode, low: SqlNode, high: SqlNode, at: number): SqlNode {
    if (negated) return this.all('or', [this.order('<', value, low, at), this.order('>', value, high, at)], at);
    const both = this.all('and', [this.order('>=', value, low, at), this.order('<=', value, high, at)], at);
    if (low.kind === 'constant' && high.kind === 'constant' && low.value !== null && high.value !== null) {
      const order = compareValues(high.value, low.value);
      if (!(order >= 0)) this.fail(at, 'the first limit of BETWEEN must not be above the second, and both need the same type');
    }
    return both;
  }

  textTest(operator: SqlTextTest, negated: boolean, operand: SqlNode, search: string, at: number): SqlNode {
    return this.make({ kind: 'text', operator, negated, operand, search }, operand.depth, at);
  }

  in(negated: boolean, operand: SqlNode, values: readonly string[], at: number): SqlNode {
    if (operand.kind !== 'property') return this.fail(at, 'IN takes a property on its left');
    return this.make({ kind: 'in', negated, name: operand.name, values: new Set(values) }, 0, at);
  }

  private equalUnchecked(left: SqlNode, right: SqlNode, at: number): SqlNode {
    return this.make({ kind: 'equal', left, right }, Math.max(left.depth, right.depth), at);
  }

  private checkOrdered(side: SqlNode, at: number): void {
    if (side.kind === 'constant' && (side.value === null || typeof side.value !== 'object')) {
      this.fail(at, 'only numbers and properties are ordered; strings, TRUE, FALSE and NULL are not');
    }
    if (isCondition(side)) this.fail(at, 'a condition cannot be ordered; NOT takes the next value only, write NOT (a > 1)');
  }

  private make(shape: Shape, below: number, at: number): SqlNode {
    if (++this.nodes > SQL_LIMITS.nodes) this.fail(at, `more than ${SQL_LIMITS.nodes} parts`);
    if (below + 1 > SQL_LIMITS.depth) this.fail(at, `nested deeper than ${SQL_LIMITS.depth} levels`);
    return { ...shape, depth: below + 1 } as SqlNode;
  }
}

function isCondition(node: SqlNode): boolean {
  if (node.kind === 'constant') return node.value === null || typeof node.value === 'boolean';
  return node.kind !== 'property' && node.kind !== 'negate';
}
