// Reads a SQL92 filter by recursive descent, with the precedence of Apache's grammar [java SelectorParser.jj]: OR, AND, equality, order,
// unary, primary. Must never recurse deeper than SQL_LIMITS.depth allows. What follows a complete expression is left unread, as there.
import { sqlError, SqlLexer, type SqlToken } from './sql-lexer.js';
import { SQL_LIMITS, type SqlNode, SqlTreeBuilder } from './sql-tree.js';
import { floatLiteral, integerLiteral } from './sql-value.js';

const A_VALUE = 'a property, a number, a string, TRUE, FALSE, NULL, NOT, "+", "-" or "("';

export interface ParsedSql {
  readonly tree: SqlNode;
  readonly propertyNames: ReadonlySet<string>;
  /** Where the unread rest begins; undefined when there is none. */
  readonly restAt: number | undefined;
}

/** Throws IllegalSubscriptionError that says where, what is there and what was expected. */
export function parseSql(text: string): ParsedSql {
  if (text.length > SQL_LIMITS.textLength) {
    throw sqlError(text, SQL_LIMITS.textLength, `the text has ${text.length} characters, the limit is ${SQL_LIMITS.textLength}`);
  }
  return new SqlParser(text).parse();
}

class SqlParser {
  private readonly text: string;
  private readonly lexer: SqlLexer;
  private readonly builder: SqlTreeBuilder;
  private token: SqlToken;
  private nesting = 0;

  constructor(text: string) {
    this.text = text;
    this.lexer = new SqlLexer(text);
    this.builder = new SqlTreeBuilder((at, problem) => this.fail(at, problem));
    this.token = this.lexer.next();
  }

  parse(): ParsedSql {
    const { start } = this.token;
    const tree = this.builder.condition(this.disjunction(), start);
    const restAt = this.token.kind === 'end' ? undefined : this.token.start;
    return { tree, propertyNames: this.builder.propertyNames, restAt };
  }

  private disjunction(): SqlNode {
    return this.chain('or', 'OR', () => this.conjunction());
  }

  private conjunction(): SqlNode {
    return this.chain('and', 'AND', () => this.equality());
  }

  private chain(kind: 'and' | 'or', keyword: 'AND' | 'OR', part: () => SqlNode): SqlNode {
    const { start } = this.token;
    const first = part();
    if (this.token.kind !== keyword) return first;
    const operands = [this.builder.condition(first, start)];
    while (this.token.kind === keyword) {
      this.advance();
      const at = this.token.start;
      operands.push(this.builder.condition(part(), at));
    }
    return this.builder.all(kind, operands, start);
  }

  private equality(): SqlNode {
    const { builder } = this;
    let left = this.comparison();
    for (;;) {
      const { kind, start } = this.token;
      if (kind === '=' || kind === '<>') {
        this.advance();
        const equal = builder.equal(left, this.comparison(), start);
        left = kind === '=' ? equal : builder.not(equal, start);
      } else if (kind === 'IS') {
        this.advance();
        const negated = this.skip('NOT');
        this.expect('NULL', negated ? 'NULL' : 'NULL or NOT NULL');
        const isNull = builder.isNull(left, start);
        left = negated ? builder.not(isNull, start) : isNull;
      } else {
        return left;
      }
    }
  }

  private comparison(): SqlNode {
    let left = this.unary();
    for (;;) {
      const { kind, start } = this.token;
      switch (kind) {
        case '>':
        case '>=':
        case '<':
        case '<=':
          this.advance();
          left = this.builder.order(kind, left, this.unary(), start);
          break;
        case 'NOT':
          this.advance();
          left = this.test(left, true, start) ?? this.unexpected('BETWEEN, IN, CONTAINS, STARTSWITH or ENDSWITH after NOT');
          break;
        default: {
          const tested = this.test(left, false, start);
          if (tested === undefined) return left;
          left = tested;
        }
      }
    }
  }

  /** The tests that may have a NOT before them; undefined when none begins here. */
  private test(left: SqlNode, negated: boolean, at: number): SqlNode | undefined {
    const { kind } = this.token;
    switch (kind) {
      case 'CONTAINS':
      case 'STARTSWITH':
      case 'ENDSWITH':
        this.advance();
        return this.builder.textTest(kind, negated, left, this.string(), at);
      case 'BETWEEN': {
        this.advance();
        const low = this.unary();
        this.expect('AND', 'AND and the second limit of BETWEEN');
        return this.builder.between(negated, left, low, this.unary(), at);
      }
      case 'IN':
        this.advance();
        return this.builder.in(negated, left, this.strings(), at);
      default:
        return undefined;
    }
  }

  private strings(): string[] {
    this.expect('(', '"(" and the strings of IN');
    const values = [this.string()];
    while (this.skip(',')) {
      if (values.length === SQL_LIMITS.listItems) this.fail(this.token.start, `more than ${SQL_LIMITS.listItems} strings in one IN`);
      values.push(this.string());
    }
    this.expect(')', '"," or ")"');
    return values;
  }

  private unary(): SqlNode {
    const { kind, start } = this.token;
    if (kind !== '+' && kind !== '-' && kind !== 'NOT') return this.primary();
    this.advance();
    this.enter(start);
    const operandAt = this.token.start;
    const operand = this.unary();
    this.nesting--;
    if (kind === '+') return operand;
    return kind === '-' ? this.builder.negate(operand, start) : this.builder.not(this.builder.condition(operand, operandAt), start);
  }

  private primary(): SqlNode {
    const { kind, start, end } = this.token;
    switch (kind) {
      case 'string':
        return this.builder.constant(this.string(), start);
      case 'integer':
      case 'float':
        return this.number();
      case 'TRUE':
      case 'FALSE':
      case 'NULL':
        this.advance();
        return this.builder.constant(kind === 'NULL' ? null : kind === 'TRUE', start);
      case 'property':
        this.advance();
        return this.builder.property(this.text.slice(start, end), start);
      case '(': {
        this.advance();
        this.enter(start);
        const inner = this.disjunction();
        this.expect(')', '")"');
        this.nesting--;
        return inner;
      }
      default:
        return this.unexpected(A_VALUE);
    }
  }

  private number(): SqlNode {
    const { kind, start, end } = this.token;
    const image = this.text.slice(start, end);
    const value = kind === 'float' ? floatLiteral(image) : integerLiteral(/[lL]$/.test(image) ? image.slice(0, -1) : image);
    if (value === undefined) {
      const limit = kind === 'float' ? 'a finite number above 0, and 0.0 is none' : 'at most 9223372036854775807';
      return this.fail(start, `${shown(image)} is out of range: ${kind === 'float' ? 'a decimal' : 'an integer'} is ${limit}`);
    }
    this.advance();
    return this.builder.constant(value, start);
  }

  private string(): string {
    const { kind, start, end } = this.token;
    if (kind !== 'string') return this.unexpected("a string in single quotes, such as 'eu'");
    this.advance();
    return this.text.slice(start + 1, end - 1).replaceAll("''", "'");
  }

  private enter(at: number): void {
    if (++this.nesting > SQL_LIMITS.depth) this.fail(at, `nested deeper than ${SQL_LIMITS.depth} levels`);
  }

  private advance(): void {
    this.token = this.lexer.next();
  }

  private skip(kind: SqlToken['kind']): boolean {
    if (this.token.kind !== kind) return false;
    this.advance();
    return true;
  }

  private expect(kind: SqlToken['kind'], expected: string): void {
    if (!this.skip(kind)) this.unexpected(expected);
  }

  private unexpected(expected: string): never {
    const { kind, start, end } = this.token;
    return this.fail(start, `found ${kind === 'end' ? 'the end of the text' : shown(this.text.slice(start, end))}, expected ${expected}`);
  }

  private fail(at: number, problem: string): never {
    throw sqlError(this.text, at, problem);
  }
}

const SHOWN_LENGTH_MAX = 40;

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text);
}
