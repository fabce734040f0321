// What the captured table does not show: limits, places in errors, Java's way of reading numbers, and that nothing a user writes can hurt.
import fc from 'fast-check';
import { IllegalSubscriptionError } from '../errors/index.js';
import { compileSql } from './sql-expression.js';
import { SQL_LIMITS } from './sql-tree.js';

const ask = (text: string, properties: Record<string, string> = {}) => compileSql(text).evaluate(new Map(Object.entries(properties)));

function refusal(text: string): string {
  try {
    compileSql(text);
  } catch (error) {
    expect(error).toBeInstanceOf(IllegalSubscriptionError);
    return (error as Error).message;
  }
  throw new Error(`compiled: ${text}`);
}

describe('numbers', () => {
  it.each([
    // As int, long and double read them.
    ['a = 2147483647', '2147483647', true],
    ['a < 2147483647', '2147483648', 'error'],
    ['a < 2147483648', '2147483647', true],
    ['a = -2147483648', '-2147483648', true],
    ['a = 1', '+1', true],
    ['a = 1', '-', 'error'],
    ['a = 1', '', 'error'],
    ['a = -9223372036854775807', '-9223372036854775807', true],
    ['a < 3000000000', '000000000000000000000000000000001', true],
    ['a < 3000000000', '99999999999999999999', 'error'],
    ['a > 1.5', ' 2 ', true],
    ['a > 1.5', '2d', true],
    ['a > 1.5', '2F', true],
    ['a > 1.5', '.5e1', true],
    ['a > 1.5', '5e', 'error'],
    ['a > 1.5', '.', 'error'],
    ['a > 1.5', 'NaN', true],
    ['a < 1.5', '-Infinity', true],
    ['a > 1.5', '0x10', 'error'],
    ['a > 1.5', '1 2', 'error'],
  ])('%s with a=%j is %s', (text, a, outcome) => {
    expect(ask(text, { a })).toBe(outcome);
  });

  it('long and double do not compare, double and long do', () => {
    expect(ask('3000000000 > 1.5')).toBe('error');
    expect(ask('1.5 < 3000000000')).toBe(true);
    expect(refusal('a BETWEEN 1.5 AND 3000000000')).toMatch(/BETWEEN/);
  });

  it('an evaluation error is not unknown, and is not asked for when the outcome is known before', () => {
    expect(ask('a > 1 OR b IS NULL', { a: 'x' })).toBe('error');
    expect(ask('b IS NULL OR a > 1', { a: 'x' })).toBe(true);
    expect(ask('b IS NOT NULL AND a > 1', { a: 'x' })).toBe(false);
    expect(ask('NOT (a > 1)', { a: 'x' })).toBe('error');
    expect(ask('TRUE = flag', { flag: 'true' })).toBe('error');
  });
});

describe('lexer', () => {
  it.each([
    ["s = 'a''b'", { s: "a'b" }, true],
    ["s = 'a\nb'", { s: 'a\nb' }, true],
    ['a = 1 -- one\nAND b = 2', { a: '1', b: '2' }, true],
    ['a = --1', { a: '1' }, true],
    ['a /* x * y */ = 1 /* never ends', { a: '1' }, 'refused'],
    ['notes = 1', { notes: '1' }, true],
    ['a = 1 b ; c', { a: '1' }, true],
    ['a = 1 ;', { a: '1' }, 'refused'],
    ['nOt (A iS nUlL)', { A: '1' }, true],
  ])('%j', (text, properties, outcome) => {
    if (outcome === 'refused') refusal(text);
    else expect(ask(text, properties as Record<string, string>)).toBe(outcome);
  });

  it('says what is not read', () => {
    expect(compileSql("a > 1\n AND s LIKE 'x%'").unread).toEqual({ line: 2, column: 8, text: "LIKE 'x%'" });
    expect(compileSql('a > 1 -- all of it\n').unread).toBeUndefined();
    expect([...compileSql("a > 1 AND b IN ('c') OR NOT a = 2").propertyNames]).toEqual(['a', 'b']);
  });
});

describe('errors', () => {
  it.each([
    ['', 1, 1, 'found the end of the text, expected a property, a number'],
    ['a > > 1', 1, 5, 'found ">", expected a property, a number'],
    ['a > 1 AND\n  b !=  2', 2, 5, '"!" means nothing here; write <>'],
    ['a == 1', 1, 4, 'found "="'],
    ['s = "x"', 1, 5, '"\\"" means nothing here; strings stand in single quotes'],
    ['s = 😀', 1, 5, '"😀" means nothing here'],
    ["s = 'abc", 1, 5, 'a string begins here and never ends'],
    ['a BETWEEN 1 OR 2', 1, 13, 'found "OR", expected AND'],
    ['a BETWEEN 5 AND 1', 1, 3, 'the first limit of BETWEEN must not be above'],
    ['NOT a > 1', 1, 7, 'write NOT (a > 1)'],
    ["s > 'a'", 1, 3, 'only numbers and properties are ordered'],
    ['a = NULL', 1, 3, 'write IS NULL'],
    ['a IN (1)', 1, 7, 'expected a string in single quotes'],
    ['a NOT NULL', 1, 7, 'expected BETWEEN, IN, CONTAINS'],
    ['1', 1, 1, 'a value stands where a condition is needed'],
    ['(a = 1', 1, 7, 'found the end of the text, expected ")"'],
    ['a > 0.0', 1, 5, '"0.0" is out of range'],
    ['a > 99999999999999999999', 1, 5, 'out of range'],
    ["'x' IN ('x')", 1, 5, 'IN takes a property'],
  ])('%j', (text, line, column, problem) => {
    expect(refusal(text)).toContain(`line ${line}, column ${column}: `);
    expect(refusal(text)).toContain(problem);
  });
});

describe('limits', () => {
  const MIB = 1024 * 1024;
  it.each([
    ['1 MiB of conditions', 'a = 1 OR '.repeat(MIB / 9) + 'a = 1', /1048574 characters|the limit is 32768/],
    ['1 MiB of "("', '('.repeat(MIB), /limit is 32768/],
    ['parentheses', `${'('.repeat(1000)}a = 1${')'.repeat(1000)}`, /nested deeper than 64 levels/],
    ['NOT', `${'NOT '.repeat(8000)}a`, /nested deeper than 64 levels/],
    ['minus', `a = ${'- '.repeat(8000)}1`, /nested deeper than 64 levels/],
    ['plus', `a = ${'+ '.repeat(8000)}1`, /nested deeper than 64 levels/],
    ['a chain of =', `a${' = 1'.repeat(5000)}`, /nested deeper than 64 levels/],
    ['a chain of IS NULL', `a${' IS NULL'.repeat(1000)}`, /nested deeper than 64 levels/],
    ['conditions', 'a = 1 OR '.repeat(3000) + 'a = 1', /more than 2048 parts/],
    ['an IN', `a IN (${"'x',".repeat(3000)}'x')`, /more than 1024 strings/],
  ])('refuses too much: %s', (_what, text, expected) => {
    const started = process.cpuUsage().user;
    expect(refusal(text)).toMatch(expected);
    expect((process.cpuUsage().user - started) / 1000).toBeLessThan(500);
  });

  it('serves what is just within them', () => {
    expect(ask(`${'('.repeat(SQL_LIMITS.depth)}a = 1${')'.repeat(SQL_LIMITS.depth)}`, { a: '1' })).toBe(true);
    expect(ask(`${'a = 1 OR '.repeat(600)}a = 2`, { a: '2' })).toBe(true);
    expect(ask(`a IN (${"'x',".repeat(1023)}'y')`, { a: 'y' })).toBe(true);
    expect(ask(`a = 1 ${' '.repeat(SQL_LIMITS.textLength - 6)}`, { a: '1' })).toBe(true);
  });
});

describe('any text', () => {
  const word = fc.constantFrom(
    'a', 'b', 'TAGS', '__proto__', 'AND', 'OR', 'NOT', 'BETWEEN', 'IN', 'IS', 'NULL', 'TRUE', 'FALSE', 'CONTAINS', 'STARTSWITH', 'ENDSWITH',
    '1', '2L', '3000000000', '1.5', '.5', '1e400', "'x'", "'it''s'", "''", '=', '<>', '>', '>=', '<', '<=', '(', ')', ',', '+', '-', '--', '/*',
    '*/', '\n', "'", '"', '!', '😀',
  ); // prettier-ignore
  const value = fc.oneof(fc.constantFrom('1', '1.5', 'true', 'x', '', ' 2', '3000000000', 'NaN'), fc.string());
  const properties = fc.dictionary(fc.constantFrom('a', 'b', 'TAGS', '__proto__'), value);

  it('compiles and answers, or is refused with a place', () => {
    const text = fc.oneof(
      { weight: 4, arbitrary: fc.array(word, { maxLength: 24 }).map((words) => words.join(' ')) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
    );
    let compiled = 0;
    fc.assert(
      fc.property(text, properties, (sql, given) => {
        let outcome;
        try {
          outcome = ask(sql, given);
        } catch (error) {
          expect(error).toBeInstanceOf(IllegalSubscriptionError);
          expect((error as IllegalSubscriptionError).context).toEqual({ line: expect.any(Number), column: expect.any(Number) });
          return;
        }
        compiled++;
        expect([true, false, null, 'error']).toContain(outcome);
      }),
      { numRuns: 10_000, seed: 92 },
    );
    expect(compiled).toBeGreaterThan(500);
  });

  // Texts that are expressions for sure, against a second evaluator that knows three-valued logic only.
  it('AND, OR and NOT follow three-valued logic', () => {
    type Tree = { sql: string; value: boolean | null };
    const leaf: fc.Arbitrary<Tree> = fc.constantFrom(
      { sql: 'TRUE', value: true },
      { sql: 'FALSE', value: false },
      { sql: 'gone = 1', value: null },
      { sql: 'a = 1', value: true },
      { sql: 'gone IS NULL', value: true },
    );
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.tuple(tie('tree'), tie('tree')).map(([l, r]) => ({ sql: `(${l.sql}) AND (${r.sql})`, value: and(l.value, r.value) })),
        fc
          .tuple(tie('tree'), tie('tree'))
          .map(([l, r]) => ({ sql: `(${l.sql}) OR (${r.sql})`, value: not(and(not(l.value), not(r.value))) })),
        tie('tree').map((t) => ({ sql: `NOT (${t.sql})`, value: not(t.value) })),
      ),
    }));
    const and = (l: boolean | null, r: boolean | null) => (l === false || r === false ? false : l === null || r === null ? null : true);
    const not = (v: boolean | null) => (v === null ? null : !v);
    fc.assert(
      fc.property(tree, ({ sql, value: expected }) => expect(ask(sql, { a: '1' })).toBe(expected)),
      { numRuns: 2000, seed: 5 },
    );
  });
});
