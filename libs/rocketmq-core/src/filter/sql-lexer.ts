// Cuts the text of a SQL92 filter into tokens, one at a time and by hand [java SelectorParser.jj]. Must never look further than asked:
// brokers of Apache do not read what follows a complete expression, so it may be anything.
import { IllegalSubscriptionError } from '../errors/index.js';

export const SQL_KEYWORDS = [
  'NOT',
  'AND',
  'OR',
  'BETWEEN',
  'IN',
  'TRUE',
  'FALSE',
  'NULL',
  'IS',
  'CONTAINS',
  'STARTSWITH',
  'ENDSWITH',
] as const;
export type SqlKeyword = (typeof SQL_KEYWORDS)[number];

const SYMBOLS = ['<>', '>=', '<=', '=', '>', '<', '(', ')', ',', '+', '-'] as const;
export type SqlSymbol = (typeof SYMBOLS)[number];

export interface SqlToken {
  readonly kind: SqlKeyword | SqlSymbol | 'property' | 'string' | 'integer' | 'float' | 'end';
  readonly start: number;
  readonly end: number;
}

const KEYWORDS: ReadonlyMap<string, SqlKeyword> = new Map(SQL_KEYWORDS.map((word) => [word, word]));
const KEYWORD_LENGTH_MAX = Math.max(...SQL_KEYWORDS.map((word) => word.length));

/** What people write out of habit, and what to write instead. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['!', 'write <> for "not equal"'],
  ['&', 'write AND'],
  ['|', 'write OR'],
  ['"', 'strings stand in single quotes'],
  ['`', 'property names are not quoted'],
  ['[', 'property names are not quoted'],
  ['.', 'property names have letters, digits, _ and $ only'],
  ['*', 'there is no arithmetic'],
  ['/', 'there is no arithmetic'],
  ['%', 'there is no arithmetic'],
]);

export class SqlLexer {
  readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Throws IllegalSubscriptionError where no token begins. */
  next(): SqlToken {
    this.skipBlanks();
    const { text } = this;
    const start = this.at;
    if (start >= text.length) return { kind: 'end', start, end: start };
    const char = text[start]!;
    if (char === "'") return this.string(start);
    if (isNameStart(char)) return this.word(start);
    if (isDigit(char) || (char === '.' && isDigit(text[start + 1]))) return this.number(start);
    const symbol = SYMBOLS.find((each) => text.startsWith(each, start));
    if (symbol !== undefined) return this.token(symbol, start, start + symbol.length);
    const hint = HINTS.get(char);
    throw sqlError(text, start, `${JSON.stringify(codePointAt(text, start))} means nothing here${hint === undefined ? '' : `; ${hint}`}`);
  }

  private token(kind: SqlToken['kind'], start: number, end: number): SqlToken {
    this.at = end;
    return { kind, start, end };
  }

  private skipBlanks(): void {
    for (;;) {
      while (' \t\n\r\f'.includes(this.text[this.at] ?? 'x')) this.at++;
      const end = this.commentEnd(this.at);
      if (end < 0) return;
      this.at = end;
    }
  }

  /** -1: no comment begins here. `--` without a line end is two minus signs, as it is for Apache. */
  private commentEnd(at: number): number {
    const { text } = this;
    if (text.startsWith('--', at)) {
      for (let i = at + 2; i < text.length; i++) if (text[i] === '\n' || text[i] === '\r') return i + 1;
      return -1;
    }
    if (!text.startsWith('/*', at)) return -1;
    const end = text.indexOf('*/', at + 2);
    if (end < 0) throw sqlError(text, at, 'a comment begins here and never ends');
    return end + 2;
  }

  /** Ends at the last quote that may end it: one followed by another is part of the text, unless then nothing ends it. */
  private string(start: number): SqlToken {
    const { text } = this;
    let ending = -1;
    for (let i = start + 1; i < text.length; i++) {
      if (text[i] !== "'") continue;
      ending = i + 1;
      if (text[i + 1] !== "'") return this.token('string', start, ending);
      i++;
    }
    if (ending >= 0) return this.token('string', start, ending);
    throw sqlError(text, start, 'a string begins here and never ends');
  }

  private word(start: number): SqlToken {
    let end = start + 1;
    while (isNamePart(this.text[end])) end++;
    const keyword = end - start > KEYWORD_LENGTH_MAX ? undefined : KEYWORDS.get(this.text.slice(start, end).toUpperCase());
    return this.token(keyword ?? 'property', start, end);
  }

  /** An integer has no leading zero: `010` is a 0 with something behind it. A float may. */
  private number(start: number): SqlToken {
    const { text } = this;
    const whole = this.digitsEnd(start);
    let end = whole;
    if (text[end] === '.') end = this.digitsEnd(end + 1);
    const exponentEnd = this.exponentEnd(end);
    if (exponentEnd > whole) return this.token('float', start, exponentEnd);
    if (text[start] === '0') return this.token('integer', start, start + 1);
    return this.token('integer', start, text[whole] === 'l' || text[whole] === 'L' ? whole + 1 : whole);
  }

  private exponentEnd(at: number): number {
    const { text } = this;
    if (text[at] !== 'e' && text[at] !== 'E') return at;
    const digits = text[at + 1] === '+' || text[at + 1] === '-' ? at + 2 : at + 1;
    const end = this.digitsEnd(digits);
    return end === digits ? at : end;
  }

  private digitsEnd(at: number): number {
    let end = at;
    while (isDigit(this.text[end])) end++;
    return end;
  }
}

/** The error of a filter text at a place in it; its context has line and column, both from 1. */
export function sqlError(text: string, at: number, problem: string): IllegalSubscriptionError {
  const { line, column } = placeOf(text, at);
  return new IllegalSubscriptionError(`SQL92 expression, line ${line}, column ${column}: ${problem}`, { line, column });
}

export function placeOf(text: string, at: number): { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  for (let i = text.indexOf('\n'); i >= 0 && i < at; i = text.indexOf('\n', i + 1)) {
    line++;
    lineStart = i + 1;
  }
  return { line, column: at - lineStart + 1 };
}

function codePointAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!);
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9';
}

function isNameStart(char: string | undefined): boolean {
  return char !== undefined && ((char >= 'a' && char <= 'z') || (char >= 'A' && char <= 'Z') || char === '_' || char === '$');
}

function isNamePart(char: string | undefined): boolean {
  return isNameStart(char) || isDigit(char);
}
